"""Extension that shuts a run down cleanly on a signal at any time."""

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.utils.defer import deferred_from_coro

if TYPE_CHECKING:
    from twisted.internet.defer import Deferred

logger = logging.getLogger(__name__)

_SECONDS = 10
"""Longest wait for open requests after a second signal."""


class OrderlyShutdown:
    """Extension that closes the spider before the reactor stops.

    Scrapy's signal handler does not close a spider that is still opening, and at a second signal it
    abandons one that is closing: the run report would stay ``running`` forever.
    """

    def __init__(self, crawler: Crawler) -> None:
        from twisted.internet import reactor  # already installed

        self._crawler = crawler
        self._opened = asyncio.Event()
        self._closed = asyncio.Event()
        crawler.signals.connect(self.spider_opened, signals.spider_opened)
        crawler.signals.connect(self.spider_closed, signals.spider_closed)
        trigger: Any = reactor.addSystemEventTrigger
        trigger("before", "shutdown", self._before_shutdown)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "OrderlyShutdown":
        """Create the extension from a crawler."""
        return cls(crawler)

    def spider_opened(self) -> None:
        """Record that the spider can be closed."""
        self._opened.set()

    def spider_closed(self) -> None:
        """Record that the spider is closed."""
        self._closed.set()

    def _before_shutdown(self) -> "Deferred[None]":
        return deferred_from_coro(self._close())

    async def _close(self) -> None:
        """Close the spider, if it is open or opening."""
        try:
            engine = self._crawler.engine
        except RuntimeError:  # it could not be made: a component of its raised an exception
            return
        if self._closed.is_set() or engine is None or engine.spider is None:
            return

        async def close() -> None:
            await self._opened.wait()
            await engine.close_async()
            await self._closed.wait()

        # Not cancelled: the engine would treat that as an error.
        _, unfinished = await asyncio.wait({asyncio.ensure_future(close())}, timeout=_SECONDS)
        if unfinished:
            logger.warning("Open requests are abandoned; the next run repeats them")
            await self._crawler.signals.send_catch_log_async(
                signals.spider_closed, spider=self._crawler.spider, reason="shutdown"
            )
