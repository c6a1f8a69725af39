"""Map download errors to a source status and a reason for the record."""

from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    NotSupported,
    UnsupportedURLSchemeError,
)

from newscrawl.fetching.headers import HeadersTooLargeError
from newscrawl.items import Status

_BY_ERROR: tuple[tuple[type[Exception], Status, str], ...] = (
    (CannotResolveHostError, "unreachable", "host name not found"),
    (DownloadConnectionRefusedError, "unreachable", "connection refused"),
    (DownloadTimeoutError, "unreachable", "timed out"),
    (HeadersTooLargeError, "too_large", "headers without end"),
    (DownloadCancelledError, "too_large", "larger than DOWNLOAD_MAXSIZE"),
    (DownloadFailedError, "unreachable", "connection failed"),
    (UnsupportedURLSchemeError, "unsafe", "not an http or https URL"),
    (NotSupported, "unsafe", "not an http or https URL"),
)


def of_error(error: BaseException | None) -> tuple[Status, str] | None:
    """Return the source status and reason for a download error; ``None`` for other errors."""
    return next(((status, why) for kind, status, why in _BY_ERROR if isinstance(error, kind)), None)
