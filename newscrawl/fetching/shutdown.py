"""Clean shutdown of a run after a fatal error."""

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
"""Close reasons, with an explanation for people."""

_ends: WeakKeyDictionary[Crawler, "asyncio.Future[None]"] = WeakKeyDictionary()


def stop(crawler: Crawler, error: NewscrawlError) -> None:
    """Close the spider after a fatal error; further calls have no effect."""
    if crawler not in _ends and crawler.engine is not None:
        logger.error("Stopping: %s", error)
        # The engine waits for who calls this, so that one must not wait for the engine.
        reason = "parser_error" if isinstance(error, ParserError) else "store_error"
        end = crawler.engine.close_spider_async(reason=reason)
        _ends[crawler] = asyncio.ensure_future(end)


def is_stopping(crawler: Crawler) -> bool:
    """Return whether a fatal error has occurred."""
    return crawler in _ends
