"""Downloader middleware that writes all traffic, robots.txt included, to the WARC archive."""

import logging
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest, NotConfigured
from scrapy.http import Headers, Request, Response
from scrapy.settings import BaseSettings

from newscrawl import __version__
from newscrawl.archive.warc import RENDERED, SUFFIX, ArchivedResponse, Exchange
from newscrawl.archive.warc import Headers as Pairs
from newscrawl.errors import RequestDroppedError, StoreError
from newscrawl.fetching.request_meta import ARCHIVED, PLAIN_PAGE
from newscrawl.fetching.shutdown import is_stopping, stop
from newscrawl.items import Location
from newscrawl.state.run import Run, RunListener

if TYPE_CHECKING:
    from newscrawl.archive.writer import WarcFile

logger = logging.getLogger(__name__)


class ArchiveMiddleware(RunListener):
    """Middleware that archives the raw traffic, directly above the downloader.

    A response is in the file before the spider sees it, and on the disk before a line that names
    it: the ledger knows how much of the file is valid, as it does of the feed. An archive that
    cannot be written ends the run; records of responses until then are still exported.
    """

    def __init__(self, crawler: Crawler) -> None:
        settings = crawler.settings
        if not settings.getbool("ARCHIVE") or settings.get("REPLAY"):
            raise NotConfigured
        self._crawler = crawler
        self._run = Run.of(crawler)
        self._about = _about(settings, self._run)
        self._max_size = settings.getint("ARCHIVE_FILE_SIZE")
        self._fsync = settings.getbool("FEED_FSYNC")
        self._file: WarcFile | None = None
        self._run.listeners.append(self)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "ArchiveMiddleware":
        """Create the component for a crawler."""
        return cls(crawler)

    def process_response(self, request: Request, response: Response) -> Response:
        """Archive a response and store its location in the request."""
        exchange = _exchange(request)
        exchange.status = response.status
        exchange.headers = _pairs(response.headers)
        exchange.body = response.body
        exchange.cut = "dataloss" in response.flags
        if (response.protocol or "").startswith("HTTP/"):
            exchange.protocol = str(response.protocol)
        if response.ip_address and "proxy" not in request.meta:
            exchange.ip = str(response.ip_address)
        self._write(request, exchange)
        return response

    def process_exception(self, request: Request, exception: Exception) -> None:
        """Archive a download error; requests that were never sent are not archived."""
        if not isinstance(exception, IgnoreRequest | RequestDroppedError):
            exchange = _exchange(request)
            exchange.error, exchange.message = type(exception).__name__, str(exception)
            self._write(request, exchange)

    def before_close(self) -> None:
        """Complete the last file; after a failure, the next run completes it."""
        try:
            self._finish()
        except StoreError as error:
            logger.error("%s", error)  # noqa: TRY400 - not a bug, no traceback

    def _write(self, request: Request, exchange: Exchange) -> None:
        ARCHIVED.pop(request)  # location of the redirected request
        if is_stopping(self._crawler):
            return
        try:
            file = self._file or self._open()
            offset = file.write(exchange)
            location = Location(self._name(file), offset)
            fetched = exchange.fetched.isoformat(timespec="seconds")
            ARCHIVED.set(request, ArchivedResponse(location, fetched, exchange.status))
            if file.size >= self._max_size:
                self._finish()
        except StoreError as error:
            stop(self._crawler, error)

    def _open(self) -> "WarcFile":
        """Begin the job's next file."""
        from newscrawl.archive.writer import WarcFile  # heavy, and most crawls archive nothing

        directory = self._run.data / "archive" / self._run.site
        paths = (directory / f"{self._run.stem}-{number:05}{SUFFIX}" for number in count())
        stored = self._run.ledger.stored_files
        path = next(
            path for path in paths if not (path.exists() or stored.find(self._run.relative(path)))
        )
        # Stored in the ledger before the file exists, so that torn records are always found.
        self._commit(path, 0)
        self._file = WarcFile(path, self._about)
        return self._file

    def before_lines(self) -> None:
        """Make the archived responses durable before records refer to them."""
        if self._file:
            if self._fsync:
                self._file.sync()
            self._commit(self._file.path, self._file.size)

    def _finish(self) -> None:
        """Complete the file."""
        if self._file:
            self.before_lines()
            self._file.close()
            self._run.ledger.files.close_file(self._run.relative(self._file.path))
            self._file = None

    def _commit(self, path: Path, length: int) -> None:
        self._run.ledger.files.commit_length(self._run.relative(path), self._run.site, length)

    def _name(self, file: "WarcFile") -> str:
        return f"{self._run.site}/{file.path.name}"


def _about(settings: BaseSettings, run: Run) -> dict[str, str]:
    """Return the fields of each file's ``warcinfo`` record."""
    return {
        "software": f"newscrawl/{__version__}",
        "format": "WARC File Format 1.1",
        "conformsTo": "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/",
        "operator": settings["CONTACT"],
        "http-header-user-agent": settings["USER_AGENT"],
        "robots": "obey",
        "isPartOf": run.job,
    }


def _exchange(request: Request) -> Exchange:
    return Exchange(address(request), request.method, _pairs(request.headers))


def address(request: Request) -> str:
    """Return the archive's key of a request."""
    return f"{RENDERED if PLAIN_PAGE.get(request) is not None else ''}{request.url}"


def _pairs(headers: Headers) -> Pairs:
    return [(name, value) for name in headers for value in headers.getlist(name)]
