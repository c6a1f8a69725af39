"""Typed keys for the project's entries in ``request.meta``.

Scrapy's own entries (``download_slot``, ``redirect_urls`` …) are accessed by name.
"""

from typing import TYPE_CHECKING, Generic, TypeVar, cast

from scrapy.http import Request, Response

if TYPE_CHECKING:
    from newscrawl.archive.warc import ArchivedResponse

Value = TypeVar("Value")


class MetaKey(Generic[Value]):
    """A typed key of ``request.meta``, to read and write its entry."""

    def __init__(self, name: str) -> None:
        self.name = name

    def get(self, message: Request | Response) -> Value | None:
        """Return the entry, ``None`` if it is missing."""
        return cast("Value | None", message.meta.get(self.name))

    def require(self, message: Request | Response) -> Value:
        """Return an entry that must exist.

        Raises:
            KeyError: it is missing.
        """
        return cast("Value", message.meta[self.name])

    def set(self, message: Request | Response, value: Value) -> None:
        """Add or replace the entry."""
        message.meta[self.name] = value

    def pop(self, request: Request) -> Value | None:
        """Remove the entry and return it, ``None`` if it is missing."""
        return cast("Value | None", request.meta.pop(self.name, None))


ARTICLE: MetaKey[str] = MetaKey("article")
"""Identifier of the article that a request is for."""

PLAIN_PAGE: MetaKey[Response] = MetaKey("render")
"""Response that the browser is to render; it marks a request for a rendered page."""

DIRECTIVES: MetaKey[list[str]] = MetaKey("directives")
"""Usage directives in robots.txt, for the record."""

ARCHIVED: "MetaKey[ArchivedResponse]" = MetaKey("archived")
"""Where the response is archived, and when it was received."""

ENTERED: MetaKey[float] = MetaKey("entered")
"""Monotonic time in seconds at which a request was passed to the downloader."""

REDIRECT_COOKIES: MetaKey[dict[str, dict[bytes, bytes]]] = MetaKey("redirect_cookies")
"""Cookies that redirects have set during this fetch, by origin and name."""

ROBOTS: MetaKey[bool] = MetaKey("robots")
"""Marks a request for robots.txt itself."""
