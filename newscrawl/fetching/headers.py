"""Convert response headers to text and parse their timestamps."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from scrapy.exceptions import DownloadCancelledError
from scrapy.http import Headers


def plain(headers: Headers) -> dict[str, list[str]]:
    """Return all header values by lower-case name.

    >>> plain(Headers({"X-Robots-Tag": ["noai", "noindex"]}))
    {'x-robots-tag': ['noai', 'noindex']}
    """
    return {
        name.decode("latin-1").lower(): [value.decode("latin-1") for value in headers.getlist(name)]
        for name in headers
    }


def parse_timestamp(value: bytes | str) -> datetime | None:
    """Parse the timestamp of a header such as ``Date``, in UTC; ``None`` if it is invalid.

    >>> parse_timestamp("Wed, 21 Oct 2026 07:28:00 GMT")
    datetime.datetime(2026, 10, 21, 7, 28, tzinfo=datetime.timezone.utc)
    >>> parse_timestamp("Wed, 21 Oct 99999999999 07:28:00 GMT") is parse_timestamp("soon") is None
    True
    """
    text = value.decode("latin-1") if isinstance(value, bytes) else value
    try:
        named = parsedate_to_datetime(text)
        return (named if named.tzinfo else named.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


class HeadersTooLargeError(DownloadCancelledError):
    """The headers of a response exceed the size limit.

    Raised by ``HeaderLimitHandler``; it reaches the request's errback and is not retried.
    """
