"""Makes sure that every article found has an outcome, and that a broken store ends the run."""

import logging
from typing import Any

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.http import Response
from twisted.python.failure import Failure

from newscrawl.errors import StoreError
from newscrawl.run import Run

logger = logging.getLogger(__name__)


class Outcomes:
    """Names articles as failed whose reading ended in an error nobody expected."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._run = Run.of(crawler)
        crawler.signals.connect(self.spider_error, signals.spider_error)
        crawler.signals.connect(self.item_error, signals.item_error)
        crawler.signals.connect(self.spider_closed, signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "Outcomes":
        """Built by Scrapy."""
        return cls(crawler)

    async def spider_error(self, failure: Failure, response: Response) -> None:
        """A callback raised: a fault of the program, or a store that cannot be used."""
        article = response.meta.get("article")
        if isinstance(failure.value, StoreError):
            await self._stop(failure.value)
        elif article:
            self._fail(article, failure)

    async def item_error(self, item: Any, failure: Failure) -> None:
        """A pipeline raised."""
        if isinstance(failure.value, StoreError):
            await self._stop(failure.value)
        else:
            self._fail(item.id, failure)

    def spider_closed(self, reason: str) -> None:
        """A run that came to its end leaves nothing without a word."""
        if reason == "finished":
            self._run.ledger.fail_unfinished(self._run.job, "no outcome; see the log")

    def _fail(self, article: str, failure: Failure) -> None:
        self._run.ledger.settle(
            article, "failed", reason=f"{type(failure.value).__name__}: {failure.value}"
        )

    async def _stop(self, error: StoreError) -> None:
        """Nothing can be written any more, so nothing more is fetched."""
        logger.error("Stopping: %s", error)
        if self._crawler.engine:
            await self._crawler.engine.close_spider_async(reason="store_error")
