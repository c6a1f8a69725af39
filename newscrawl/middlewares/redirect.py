"""Follows redirects without a word about the page they come from."""

from typing import Self

from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.redirect import BaseRedirectMiddleware, RedirectMiddleware


class Unreferred(BaseRedirectMiddleware):
    """Takes the ``Referer`` off where a request is led on.

    So does Scrapy without its RefererMiddleware, but it warns of that in each run.
    """

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Built by Scrapy; what would look for a RefererMiddleware is not connected."""
        middleware = cls(crawler.settings)
        middleware.crawler = crawler
        return middleware


class UnreferredRedirectMiddleware(Unreferred, RedirectMiddleware):
    """Scrapy's, without its warning."""
