"""Serve every request from a WARC archive instead of the network, to replay a crawl."""

from functools import cache
from pathlib import Path

from scrapy import exceptions
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.http import Headers, Request, Response
from scrapy.responsetypes import responsetypes

from newscrawl.archive.warc import RENDERED, ArchiveIndex, Exchange, read_exchange
from newscrawl.errors import (
    BrowserError,
    BrowserMemoryError,
    BrowserMissingError,
    NotInArchiveError,
)
from newscrawl.fetching.headers import HeadersTooLargeError
from newscrawl.fetching.request_meta import ARCHIVED
from newscrawl.middlewares.archive import address
from newscrawl.state import files_of
from newscrawl.state.run import Run

_ERRORS = (
    exceptions.CannotResolveHostError,
    exceptions.DownloadCancelledError,
    exceptions.DownloadConnectionRefusedError,
    exceptions.DownloadFailedError,
    exceptions.DownloadTimeoutError,
    exceptions.NotSupported,
    exceptions.ResponseDataLossError,
    exceptions.UnsupportedURLSchemeError,
    HeadersTooLargeError,
    BrowserError,
    BrowserMemoryError,
    BrowserMissingError,
)
"""Errors of the downloader or the browser that replace a response."""


@cache
def _errors() -> dict[str, type[Exception]]:
    """Return the error classes by their names in the archive."""
    from scrapy.core.downloader.handlers.http11 import (
        TunnelError,
    )  # heavy to import, and rarely replayed

    return {error.__name__: error for error in (*_ERRORS, TunnelError)}


class ReplayMiddleware:
    """Middleware that returns archived responses; those to one URL in their original order.

    After the last one, it is repeated.
    """

    def __init__(self, crawler: Crawler) -> None:
        directory = crawler.settings.get("REPLAY")
        if not directory:
            raise NotConfigured
        run = Run.of(crawler)
        self._site = run.site
        self._index = ArchiveIndex(files_of(run.place, Path(directory)))
        self._index.update()
        self._given: dict[str, int] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "ReplayMiddleware":
        """Create the component for a crawler."""
        return cls(crawler)

    def process_request(self, request: Request) -> Response:
        """Return the archived response to a request.

        Raises:
            NotInArchiveError: there is none.
            StorageError: it is in object storage, which cannot be reached.
            Exception: the error that was archived in place of a response.
        """
        asked = address(request)
        responses = self._index.responses_to(asked, self._site)
        if not responses:
            raise NotInArchiveError
        turn = self._given.get(asked, 0)
        archived = responses[min(turn, len(responses) - 1)]
        if len(responses) > 1:
            self._given[asked] = turn + 1
        exchange = read_exchange(self._index.archive, archived.location)
        ARCHIVED.set(request, archived)
        return response_of(exchange)


def response_of(exchange: Exchange) -> Response:
    """Return an archived response as Scrapy's downloader would.

    Raises:
        Exception: the error that was archived in place of a response.
    """
    if exchange.error:
        if error := _errors().get(exchange.error):
            raise error(exchange.message)
        raise exceptions.DownloadFailedError(f"{exchange.error}: {exchange.message}")
    headers = Headers()
    for name, value in exchange.headers:
        headers.appendlist(name, value)
    url = exchange.url
    if url.startswith(RENDERED):
        url = headers.to_unicode_dict()["Content-Location"]
    kind = responsetypes.from_args(headers=headers, url=url, body=exchange.body)
    return kind(
        url=url,
        status=exchange.status,
        headers=headers,
        body=exchange.body,
        flags=["cached"],
        protocol=exchange.protocol,
    )
