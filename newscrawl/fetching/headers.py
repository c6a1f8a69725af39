"""Response headers: as text, as moments, and when they are too many."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

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


def moment(value: bytes | str) -> datetime | None:
    """The moment that a header such as ``Date`` names, in UTC; ``None`` if it names none.

    >>> moment("Wed, 21 Oct 2026 07:28:00 GMT")
    datetime.datetime(2026, 10, 21, 7, 28, tzinfo=datetime.timezone.utc)
    >>> moment("Wed, 21 Oct 99999999999 07:28:00 GMT") is moment("soon") is None
    True
    """
    text = value.decode("latin-1") if isinstance(value, bytes) else value
    try:
        named = parsedate_to_datetime(text)
        return (named if named.tzinfo else named.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


class HeadersTooLargeError(DownloadCancelledError):
    """The headers of an answer do not end.

    Raised by ``HeaderLimitHandler``; it reaches the request's errback and is not retried.
    """
