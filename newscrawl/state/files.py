"""Committed lengths of output files."""

from newscrawl.state.database import Database


class OutputFiles:
    """Files that runs append to, with the length that is committed.

    Args:
        database: Database that holds them.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def commit_length(self, path: str, site: str, length: int) -> None:
        """Store the valid length of a file; part of the caller's transaction, if any."""
        self._database.execute(
            "INSERT INTO files VALUES (?, ?, ?)"
            " ON CONFLICT (path) DO UPDATE SET length = excluded.length",
            (path, site, length),
        )

    def committed_length(self, path: str) -> int:
        """Valid length of a file that is being written."""
        row = self._database.execute("SELECT length FROM files WHERE path = ?", (path,)).fetchone()
        return int(row[0]) if row else 0

    def committed(self, site: str) -> list[tuple[str, int]]:
        """Open files of a site with their valid lengths."""
        return self._database.execute(
            "SELECT path, length FROM files WHERE site = ?", (site,)
        ).fetchall()

    def close_file(self, path: str) -> None:
        """Mark a file as complete."""
        self._database.execute("DELETE FROM files WHERE path = ?", (path,))
