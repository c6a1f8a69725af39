"""Replay: answer every request from an archive, without network."""

from functools import cache
from pathlib import Path

from scrapy import exceptions
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.http import Headers, Request, Response
from scrapy.responsetypes import responsetypes

from newscrawl.archive.warc import RENDERED, ArchiveIndex, Exchange, read_answer
from newscrawl.errors import (
    BrowserError,
    BrowserMemoryError,
    BrowserMissingError,
    NotInArchiveError,
)
from newscrawl.fetching.headers import HeadersTooLargeError
from newscrawl.middlewares.archive import address
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
"""What a downloader or the browser says when there is no answer."""


@cache
def _errors() -> dict[str, type[Exception]]:
    """The errors by the names that they have in the archive."""
    from scrapy.core.downloader.handlers.http11 import TunnelError  # heavy, and seldom replayed

    return {error.__name__: error for error in (*_ERRORS, TunnelError)}


class ReplayMiddleware:
    """Stands where the downloader would be asked; answers to one URL come in their old order.

    When they are used up, the last one is given again.
    """

    def __init__(self, crawler: Crawler) -> None:
        directory = crawler.settings.get("REPLAY")
        if not directory:
            raise NotConfigured
        self._site = Run.of(crawler).site
        self._index = ArchiveIndex(Path(directory).resolve())
        self._index.update()
        self._given: dict[str, int] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "ReplayMiddleware":
        """Create the component for a crawler."""
        return cls(crawler)

    def process_request(self, request: Request) -> Response:
        """Answer a request as it was answered before.

        Raises:
            NotInArchiveError: it never was.
            Exception: the error that came instead of an answer.
        """
        asked = address(request)
        answers = self._index.answers(asked, self._site)
        if not answers:
            raise NotInArchiveError
        turn = self._given.get(asked, 0)
        archived = answers[min(turn, len(answers) - 1)]
        if len(answers) > 1:
            self._given[asked] = turn + 1
        answer = read_answer(self._index.directory, archived.location)
        request.meta["archived"] = archived
        return response_of(answer)


def response_of(answer: Exchange) -> Response:
    """An archived answer as Scrapy's downloader would give it.

    Raises:
        Exception: the error that came instead of an answer.
    """
    if answer.error:
        if error := _errors().get(answer.error):
            raise error(answer.message)
        raise exceptions.DownloadFailedError(f"{answer.error}: {answer.message}")
    headers = Headers()
    for name, value in answer.headers:
        headers.appendlist(name, value)
    url = answer.url
    if url.startswith(RENDERED):
        url = headers.to_unicode_dict()["Content-Location"]
    kind = responsetypes.from_args(headers=headers, url=url, body=answer.body)
    return kind(
        url=url,
        status=answer.status,
        headers=headers,
        body=answer.body,
        flags=["cached"],
        protocol=answer.protocol,
    )
