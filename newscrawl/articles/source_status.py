"""Map the response to a source link, or the download error, to the record's source status."""

import re
from dataclasses import dataclass

from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response, TextResponse
from scrapy.spidermiddlewares.httperror import HttpError
from twisted.python.failure import Failure

from newscrawl.errors import (
    BrowserError,
    BrowserMemoryError,
    DecompressedTooLargeError,
    ForbiddenByRobotsError,
    HostBudgetError,
    HostRestsError,
    NotInArchiveError,
    RequestDroppedError,
    RobotsUnreachableError,
    StorageError,
    StoreError,
)
from newscrawl.fetching.block_pages import challenge, refusal
from newscrawl.fetching.failures import of_error
from newscrawl.fetching.guard import UnsafeUrlError
from newscrawl.fetching.headers import plain
from newscrawl.items import Status
from newscrawl.text.urls import is_front_page


@dataclass(frozen=True, slots=True)
class SourceOutcome:
    """Source status with its reason, for a record."""

    status: Status
    """``source.status`` of the record."""
    reason: str
    """``source.reason`` of the record."""
    asked: bool = True
    """Whether the request was sent; if not, nothing is known about the page."""


_SCHEME = re.compile(r"\s*([a-z][a-z0-9+.-]{0,20}):", re.IGNORECASE)

_BY_CODE: dict[int, Status] = {404: "gone", 410: "gone", 402: "paywalled"}


def page_of_error(failure: Failure) -> Response | None:
    """Return the page of a 404 or server error, as some servers send complete articles with it."""
    if not isinstance(failure.value, HttpError):
        return None
    response = failure.value.response
    faulty = response.status == 404 or response.status >= 500
    return response if faulty and isinstance(response, TextResponse) else None


def of_failure(failure: Failure) -> SourceOutcome:
    """Return the outcome of a request that ended in an error.

    Raises:
        StoreError: the error is of the archive that is replayed, not of the request.
    """
    error = failure.value
    if isinstance(error, StorageError):
        raise StoreError(f"the archive cannot be read: {error}") from error
    if isinstance(error, HttpError):
        return _of_error(error.response)
    if isinstance(error, UnsafeUrlError):
        return SourceOutcome("unsafe", str(error))
    if isinstance(error, ForbiddenByRobotsError):
        return SourceOutcome("refused", "robots.txt")
    if isinstance(error, RobotsUnreachableError | HostRestsError):
        return SourceOutcome("unreachable", str(error), asked=False)
    if isinstance(error, HostBudgetError):
        return SourceOutcome("not_followed", str(error), asked=False)
    if isinstance(error, DecompressedTooLargeError):
        return SourceOutcome("too_large", "larger than DOWNLOAD_MAXSIZE once decompressed")
    if isinstance(error, BrowserMemoryError):
        return SourceOutcome("unreadable", str(error))
    if isinstance(error, NotInArchiveError | BrowserError):
        return SourceOutcome("unreachable", str(error))
    if isinstance(error, IgnoreRequest | RequestDroppedError):
        message = str(error)
        if "max redirections" in message:  # Scrapy has no exception for it
            return SourceOutcome("unreachable", "redirects without end")
        return SourceOutcome("refused", message or "ignored")
    if known := of_error(error):
        return SourceOutcome(*known)
    return SourceOutcome("unreachable", f"{type(error).__name__}: {error}"[:200])


def _of_error(response: Response) -> SourceOutcome:
    """Return the outcome of a response with an unsuccessful HTTP status code."""
    code = response.status
    wall = _block_page(response) if code not in _BY_CODE else None
    if wall:
        return SourceOutcome("refused", f"HTTP {code}, {wall}")
    location = _SCHEME.match((response.headers.get("Location") or b"").decode("latin-1"))
    if 300 <= code < 400 and location and location[1].lower() not in ("http", "https"):
        return SourceOutcome("unsafe", f"redirected to a URL of the scheme {location[1].lower()}")
    if code in _BY_CODE:
        return SourceOutcome(_BY_CODE[code], f"HTTP {code}")
    return SourceOutcome("refused" if 400 <= code < 500 else "unreachable", f"HTTP {code}")


def _block_page(response: Response) -> str | None:
    """Return the kind of block page that a server sent, if it is one."""
    if response.status in (401, 403):
        return refusal_of(response, response.url, response.body)
    return challenge(plain(response.headers), response.body)


def refusal_of(response: Response, link: str, body: bytes) -> str | None:
    """Return the kind of block, consent or login page, by heuristics; ``None`` for others."""
    return refusal(link, response.url, plain(response.headers), body)


def block_page_of_site(response: Response, link: str) -> str | None:
    """Return the kind of block page that an aggregator sent: a challenge, or another site's page.

    A password field is no sign here: the site's regular pages may have one.
    """
    return refusal_of(response, link, b"") or challenge({}, response.body)


def of_response(response: Response, link: str) -> SourceOutcome | None:
    """Return the outcome of a response that is not parsed, or ``None`` if it is to be parsed."""
    if not isinstance(response, TextResponse):
        kind = (response.headers.get("Content-Type") or b"unknown").decode("latin-1")
        return SourceOutcome("not_html", f"content type {kind[:80]}")
    if is_front_page(response.url) and not is_front_page(link):
        return SourceOutcome("moved", "redirected to the front page")
    return None
