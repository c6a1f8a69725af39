"""Error handling of spider callbacks: fatal errors end the run, others fail one article."""

from collections.abc import AsyncIterator, Callable
from functools import wraps
from typing import Any, Protocol

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.http import Request, Response
from twisted.python.failure import Failure

from newscrawl.errors import ParserError, StoreError
from newscrawl.fetching.shutdown import stop
from newscrawl.items import Article

Results = AsyncIterator[Request | Article]


class _HasCrawler(Protocol):
    """Interface of objects with guarded callbacks."""

    crawler: Crawler


def guarded(handle: Callable[..., Results]) -> Callable[..., Results]:
    """Decorate a callback or errback so that an exception is passed to ``report_error``."""

    @wraps(handle)
    async def wrapper(self: _HasCrawler, response: Response | Failure, **kwargs: Any) -> Results:
        try:
            async for result in handle(self, response, **kwargs):
                yield result
        except Exception as error:  # noqa: BLE001 - any error affects one page, not the crawl
            report_error(self.crawler, response, error)

    return wrapper


def report_error(crawler: Crawler, response: Response | Failure, error: Exception) -> None:
    """End the run after a fatal error; signal any other as an error of that response alone."""
    if isinstance(error, StoreError | ParserError):
        stop(crawler, error)
        return
    assert crawler.stats
    assert crawler.spider
    request: Request = response.request  # type: ignore[assignment, union-attr]  # set by Scrapy
    crawler.spider.logger.error("%s", request, exc_info=error)
    crawler.stats.inc_value("spider_exceptions/count")
    crawler.signals.send_catch_log(
        signals.spider_error,
        failure=Failure(error),  # type: ignore[no-untyped-call]
        response=response,
        spider=crawler.spider,
    )
