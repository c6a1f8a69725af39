"""Count the discovered, exported and failed articles of each outlet by day of discovery."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from newscrawl.state.database import Database


class Crawled(NamedTuple):
    """Numbers of one outlet's articles that were discovered on one day."""

    discovered: int
    """Number of articles."""
    exported: int
    """Number of articles with a record."""
    failed: int
    """Number of articles without a record whose last outcome is a failure."""


class CrawlDays:
    """Counts of the ledger's articles by outlet and day of discovery.

    Args:
        database: Database that holds them.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def counts(
        self,
        sites: Sequence[str] = (),
        editions: Sequence[str] = (),
        outlets: Sequence[str] = (),
    ) -> Iterator[tuple[tuple[str, str, str], str, Crawled]]:
        """Yield site, edition and outlet, day (ISO 8601, UTC) and counts.

        Args:
            sites: Names of aggregators; empty means all.
            editions: Language branches; empty means all.
            outlets: Outlet slugs; empty means all.

        Raises:
            StoreError: the database cannot be read.
        """
        scope, values = "", list[str]()
        for column, allowed in (("site", sites), ("edition", editions), ("outlet", outlets)):
            if allowed:
                scope += f" AND {column} IN ({', '.join('?' * len(allowed))})"
                values += allowed
        rows = self._database.execute(
            "SELECT site, edition, outlet, substr(found, 1, 10) AS discovery, count(*),"  # noqa: S608 - column names are literals, values are bound
            " sum(CASE WHEN version > 0 THEN 1 ELSE 0 END),"
            " sum(CASE WHEN version = 0 AND state = 'failed' THEN 1 ELSE 0 END)"
            f" FROM articles WHERE 1 = 1{scope} GROUP BY site, edition, outlet, discovery",
            values,
        )
        for site, edition, outlet, day, discovered, exported, failed in rows.fetchall():
            yield (site, edition, outlet), day, Crawled(discovered, exported, failed)
