"""Stores when each exported article's source page was last checked."""

from collections.abc import Sequence

from newscrawl.state.database import Database


class SourceCheckTimes:
    """Stores the time of each source check, and selects the articles to check next.

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

    def note(self, article: str, checked: str) -> None:
        """Store the time (ISO 8601, UTC) of a check; part of the caller's transaction, if any."""
        self._database.execute(
            "INSERT INTO source_checks (id, checked) VALUES (?, ?)"
            " ON CONFLICT (id) DO UPDATE SET checked = excluded.checked",
            (article, checked),
        )
