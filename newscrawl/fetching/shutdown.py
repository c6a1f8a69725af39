"""Close the spider cleanly after a fatal error."""

import asyncio
import logging

from scrapy.crawler import Crawler

from newscrawl.errors import NewscrawlError, ParserError
from newscrawl.state.run import Run

logger = logging.getLogger(__name__)

REASONS = {
    "store_error": "a file could not be written; see the log",
    "parser_error": "no parse worker could be started; see the log",
}
"""Close reasons, with an explanation for people."""


def stop(crawler: Crawler, error: NewscrawlError) -> None:
    """Close the spider after a fatal error; further calls have no effect."""
    run = Run.of(crawler)
    if run.end is None and crawler.engine is not None:
        logger.error("Shutting down after a fatal error: %s", error)
        # The engine waits for the caller, so the caller must not wait for the engine.
        reason = "parser_error" if isinstance(error, ParserError) else "store_error"
        run.end = asyncio.ensure_future(crawler.engine.close_spider_async(reason=reason))


def is_stopping(crawler: Crawler) -> bool:
    """Return whether a fatal error has occurred."""
    return Run.of(crawler).end is not None
