"""Ends a run that can do its work no more: in order, and with one word of why."""

import asyncio
import logging
from weakref import WeakKeyDictionary

from scrapy.crawler import Crawler

from newscrawl.errors import NewscrawlError, ParserError

logger = logging.getLogger(__name__)

REASONS = {
    "store_error": "a file could not be written; see the log",
    "parser_error": "no parse worker could be started; see the log",
}
"""Why such a run ended: as Scrapy calls it, and for people."""

_ends: WeakKeyDictionary[Crawler, "asyncio.Future[None]"] = WeakKeyDictionary()


def stop(crawler: Crawler, error: NewscrawlError) -> None:
    """Fetch nothing more: nothing would come of it. Further calls change nothing."""
    if crawler not in _ends and crawler.engine is not None:
        logger.error("Stopping: %s", error)
        # The engine waits for who calls this, so that one must not wait for the engine.
        reason = "parser_error" if isinstance(error, ParserError) else "store_error"
        end = crawler.engine.close_spider_async(reason=reason)
        _ends[crawler] = asyncio.ensure_future(end)


def is_stopping(crawler: Crawler) -> bool:
    """Whether the run is at its end for that reason."""
    return crawler in _ends
