"""Times of the last check of each exported article's source, and its page's cache validators."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass

from newscrawl.state.database import Database


@dataclass(frozen=True, slots=True)
class CheckedPage:
    """A source as the last check found it, if it was alive and can be requested conditionally."""

    url: str
    """Final URL, after redirects."""
    etag: str | None
    """``ETag`` of the response."""
    modified: str | None
    """``Last-Modified`` of the response."""
    agreement: float | None
    """Agreement of its text with the copy."""
    words: int | None
    """Number of words of its text."""

    @property
    def conditions(self) -> dict[str, str]:
        """Request headers to which an unchanged page responds with 304."""
        given = {"If-None-Match": self.etag, "If-Modified-Since": self.modified}
        return {name: value for name, value in given.items() if value}


class SourceCheckTimes:
    """Store of the time and result of each source check, and of what to check next.

    Args:
        database: Database that holds them.

    Every method raises ``StoreError`` if the database cannot be read or written.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def due(
        self, site: str, before: str, limit: int, *, editions: Sequence[str], outlets: Sequence[str]
    ) -> list[str]:
        """Return exported articles that were not fetched after a time, the least recent first.

        Args:
            site: Name of the aggregator.
            before: Articles found or checked after this time (ISO 8601, UTC) are not due.
            limit: Maximum number of articles.
            editions: Language branches.
            outlets: Outlet slugs; empty means all.
        """
        scope, values = "", list[str]()
        for column, allowed in (("edition", editions), ("outlet", outlets)):
            if allowed:
                scope += f" AND a.{column} IN ({', '.join('?' * len(allowed))})"
                values += allowed
        rows = self._database.execute(
            "SELECT a.id FROM articles AS a LEFT JOIN source_checks AS c ON c.id = a.id"  # noqa: S608 - column names are literals, values are bound
            " WHERE a.site = ? AND a.version > 0 AND a.state = 'done'"
            f" AND coalesce(c.checked, a.found) <= ?{scope}"
            " ORDER BY coalesce(c.checked, a.found), a.id LIMIT ?",
            [site, before, *values, limit],
        ).fetchall()
        return [row[0] for row in rows]

    def page_of(self, article: str) -> CheckedPage | None:
        """Return the page that the last check found, if it was alive and has validators."""
        row = self._database.execute(
            "SELECT url, etag, modified, agreement, words FROM source_checks"
            " WHERE id = ? AND url IS NOT NULL",
            (article,),
        ).fetchone()
        return CheckedPage(*row) if row else None

    def note(self, article: str, checked: str, page: CheckedPage | None = None) -> None:
        """Store a check; part of the caller's transaction, if any.

        Args:
            article: Identifier of the article.
            checked: Time of the check, ISO 8601 in UTC.
            page: The page, if the next check may request it conditionally.
        """
        self._database.execute(
            "INSERT INTO source_checks (id, checked, url, etag, modified, agreement, words)"
            " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET"
            " checked = excluded.checked, url = excluded.url, etag = excluded.etag,"
            " modified = excluded.modified, agreement = excluded.agreement, words = excluded.words",
            (article, checked, *(astuple(page) if page else (None,) * 5)),
        )
