"""Follow redirects without a ``Referer``, and send back the cookies that they set."""

from typing import Self

from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.redirect import BaseRedirectMiddleware, RedirectMiddleware
from scrapy.http import Request, Response
from scrapy.utils.httpobj import urlparse_cached

from newscrawl.fetching.request_meta import REDIRECT_COOKIES

_MOST_COOKIES = 10
_LONGEST_COOKIE = 1000
"""Bytes of a cookie, with its name."""


class NoRefererMixin(BaseRedirectMiddleware):
    """Base of the redirect middlewares: follows redirects without a ``Referer``.

    Scrapy does the same without its RefererMiddleware, but logs a warning in each run.
    """

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Create the component for a crawler; no RefererMiddleware is looked for."""
        middleware = cls(crawler.settings)
        middleware.crawler = crawler
        return middleware


class NoRefererRedirectMiddleware(NoRefererMixin, RedirectMiddleware):
    """Redirect middleware that keeps cookies only until the page has been fetched.

    Some outlets redirect a page to itself until a cookie comes back. A cookie that a redirect sets
    is sent with the following requests to the same scheme, host and port, and then dropped.
    """

    def process_response(  # type: ignore[override]  # Scrapy's decorator hides the signature
        self, request: Request, response: Response
    ) -> Request | Response:
        """Return the response, or a request for the target of its redirect."""
        result: Request | Response = super().process_response(request, response)
        if not isinstance(result, Request):
            return result
        cookies = {
            origin: dict(pairs) for origin, pairs in (REDIRECT_COOKIES.get(request) or {}).items()
        }
        for header in response.headers.getlist("Set-Cookie"):
            pair = header.partition(b";")[0].strip()
            name, equals, _ = pair.partition(b"=")
            count = sum(map(len, cookies.values()))
            if name and equals and len(pair) <= _LONGEST_COOKIE and count < _MOST_COOKIES:
                cookies.setdefault(_origin(request), {})[name] = pair
        if cookies:
            REDIRECT_COOKIES.set(result, cookies)
        result.headers.pop("Cookie", None)
        if pairs := cookies.get(_origin(result)):
            result.headers["Cookie"] = b"; ".join(pairs.values())
        return result


def _origin(request: Request) -> str:
    """Scheme, host and port of a request."""
    parts = urlparse_cached(request)
    return f"{parts.scheme}://{parts.netloc}"
