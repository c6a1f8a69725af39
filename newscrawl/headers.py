"""Response headers: as text, and when they are too many."""

from scrapy.exceptions import DownloadCancelledError
from scrapy.http import Headers


def plain(headers: Headers) -> dict[str, list[str]]:
    """All values by name, names in lower case.

    >>> plain(Headers({"X-Robots-Tag": ["noai", "noindex"]}))
    {'x-robots-tag': ['noai', 'noindex']}
    """
    return {
        name.decode("latin-1").lower(): [value.decode("latin-1") for value in headers.getlist(name)]
        for name in headers
    }


class HeadersTooLargeError(DownloadCancelledError):
    """The headers of an answer do not end.

    Raised by ``HeaderLimitHandler``; it reaches the request's errback and is not retried.
    """
