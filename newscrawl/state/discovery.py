"""Discovery state: interrupted listing walks and cache validators of feeds."""

from newscrawl.state.database import Database


class DiscoveryStore:
    """Listing walks and cache validators.

    Args:
        database: Database that holds them.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def note_validators(self, url: str, etag: str | None, modified: str | None) -> None:
        """Store the ``ETag`` and ``Last-Modified`` of a page."""
        self._database.execute(
            "INSERT INTO validators (url, etag, modified) VALUES (?, ?, ?) ON CONFLICT (url)"
            " DO UPDATE SET etag = excluded.etag, modified = excluded.modified",
            (url, etag, modified),
        )

    def validators(self, url: str) -> tuple[str | None, str | None]:
        """Stored ``ETag`` and ``Last-Modified`` of a page."""
        row = self._database.execute(
            "SELECT etag, modified FROM validators WHERE url = ?", (url,)
        ).fetchone()
        return row or (None, None)

    def note_walk(self, site: str, start: str, following: str) -> None:
        """Store the next page of a listing's walk."""
        self._database.execute(
            # ``noted`` counts up, so that walks go on in the order in which their pages were read.
            "INSERT INTO walks SELECT ?, ?, ?, coalesce(max(noted), 0) + 1 FROM walks WHERE true"
            " ON CONFLICT (site, start)"
            " DO UPDATE SET next = excluded.next, noted = excluded.noted",
            (site, start, following),
        )

    def end_walk(self, site: str, start: str) -> None:
        """Delete the walk of a listing that is complete."""
        self._database.execute("DELETE FROM walks WHERE site = ? AND start = ?", (site, start))

    def walks_left(self, site: str) -> dict[str, str]:
        """Unfinished walks and their next pages, in the order in which they were stored."""
        return dict(
            self._database.execute(
                "SELECT start, next FROM walks WHERE site = ? ORDER BY noted", (site,)
            )
        )
