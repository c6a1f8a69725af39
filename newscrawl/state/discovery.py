"""Progress of interrupted listing walks and URL lists, and HTTP cache validators of RSS feeds."""

from dataclasses import dataclass

from newscrawl.state.database import Database


@dataclass(frozen=True, slots=True)
class WalkProgress:
    """Progress of a walk through a listing, and the filters it ran with."""

    page: str
    """URL of the last page whose articles are stored; empty once the last page of all is."""
    head: tuple[str, ...]
    """Identifiers of the articles on its first page."""
    tail: tuple[str, ...]
    """Identifiers of the articles on ``page``."""
    since: str = ""
    """First printed date that was wanted, ISO 8601; empty means any."""
    until: str = ""
    """Last printed date that was wanted, ISO 8601; empty means any."""
    outlets: str = ""
    """Outlet slugs to which a listing of several outlets was restricted, a comma list."""


class DiscoveryStore:
    """Store of listing walks, start times of URL lists, and cache validators (``ETag``).

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

    def note_walk(self, site: str, start: str, progress: WalkProgress) -> None:
        """Store the progress of a listing's walk."""
        self._database.execute(
            # ``noted`` counts up, so that walks continue in the order in which they were stored.
            "INSERT INTO walks (site, start, next, head, tail, since, until, outlets, noted)"
            " SELECT ?, ?, ?, ?, ?, ?, ?, ?, coalesce(max(noted), 0) + 1 FROM walks WHERE true"
            " ON CONFLICT (site, start) DO UPDATE SET next = excluded.next, head = excluded.head,"
            " tail = excluded.tail, since = excluded.since, until = excluded.until,"
            " outlets = excluded.outlets, noted = excluded.noted",
            (
                *(site, start, progress.page, "\n".join(progress.head), "\n".join(progress.tail)),
                *(progress.since, progress.until, progress.outlets),
            ),
        )

    def end_walk(self, site: str, start: str) -> None:
        """Delete the walk of a listing that is complete."""
        self._database.execute("DELETE FROM walks WHERE site = ? AND start = ?", (site, start))

    def walks_left(self, site: str) -> dict[str, WalkProgress]:
        """Unfinished walks by the URL of their first page, in the order in which they were stored.

        Walks stored by earlier versions lack details and start again.
        """
        rows = self._database.execute(
            "SELECT start, next, head, tail, since, until, outlets FROM walks"
            " WHERE site = ? AND head IS NOT NULL ORDER BY noted",
            (site,),
        ).fetchall()
        return {
            start: WalkProgress(page, tuple(head.split("\n")), tuple(tail.split("\n")), *scope)
            for start, page, head, tail, *scope in rows
        }

    def begin_list(self, site: str, digest: str, now: str) -> str:
        """Return when a list of URLs was begun: ``now``, unless a run of it was stopped."""
        self._database.execute(
            "INSERT INTO lists (site, digest, begun) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            (site, digest, now),
        )
        (begun,) = self._database.execute(
            "SELECT begun FROM lists WHERE site = ? AND digest = ?", (site, digest)
        ).fetchone()
        return min(str(begun), now)

    def end_list(self, site: str, digest: str) -> None:
        """Record that all articles of a list were requested and have an outcome."""
        self._database.execute("DELETE FROM lists WHERE site = ? AND digest = ?", (site, digest))
