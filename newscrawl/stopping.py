"""Ends a run whose files cannot be written any more: in order, and with one word of why."""

import asyncio
import logging
from weakref import WeakKeyDictionary

from scrapy.crawler import Crawler

from newscrawl.errors import StoreError

logger = logging.getLogger(__name__)

REASON = "store_error"
"""Why such a run ended, as Scrapy calls it."""

_ends: WeakKeyDictionary[Crawler, "asyncio.Future[None]"] = WeakKeyDictionary()


def stop(crawler: Crawler, error: StoreError) -> None:
    """Fetch nothing more: nothing can be written of it. Further calls change nothing."""
    if crawler not in _ends and crawler.engine is not None:
        logger.error("Stopping: %s", error)
        # The engine waits for who calls this, so that one must not wait for the engine.
        end = crawler.engine.close_spider_async(reason=REASON)
        _ends[crawler] = asyncio.ensure_future(end)


def is_stopping(crawler: Crawler) -> bool:
    """Whether the run is at its end for that reason."""
    return crawler in _ends
