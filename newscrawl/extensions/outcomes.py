"""Extension that marks articles as failed whose processing raised an exception."""

from typing import Any

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.http import Request, Response
from twisted.python.failure import Failure

from newscrawl.articles.recrawl import RecrawlPolicy
from newscrawl.errors import StoreError
from newscrawl.fetching.request_meta import ARTICLE
from newscrawl.fetching.shutdown import stop
from newscrawl.state.run import Run


class Outcomes:
    """Failure of articles after an exception or without an outcome; store errors end the run."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._run = Run.of(crawler)
        self._recrawl = RecrawlPolicy(crawler.settings)
        crawler.signals.connect(self.spider_error, signals.spider_error)
        crawler.signals.connect(self.item_error, signals.item_error)
        crawler.signals.connect(self.spider_closed, signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "Outcomes":
        """Create the extension from a crawler."""
        return cls(crawler)

    def spider_error(self, failure: Failure, response: Response | Failure) -> None:
        """Handle an exception in a callback: a bug, or a store that cannot be used."""
        request: Request = response.request  # type: ignore[assignment, union-attr]  # set by Scrapy
        self._note(failure, ARTICLE.get(request))

    def item_error(self, item: Any, failure: Failure) -> None:
        """Handle an exception in a pipeline."""
        self._note(failure, item.id)

    def spider_closed(self, reason: str) -> None:
        """Fail requested articles without an outcome; after a stopped run they stay ``found``."""
        if reason == "finished":
            for article in self._run.ledger.articles.claimed(self._run.job):
                self._fail(article, "no outcome; see the log")

    def _note(self, failure: Failure, article: str | None) -> None:
        if isinstance(failure.value, StoreError):
            stop(self._crawler, failure.value)
        elif article:
            reason = f"{type(failure.value).__name__}: {failure.value}"
            self._fail(article, reason)

    def _fail(self, article: str, reason: str) -> None:
        self._recrawl.fail(self._run.ledger.articles, article, reason)
