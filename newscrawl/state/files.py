"""Committed lengths of output files, so that a killed run's uncommitted bytes are cut off."""

from newscrawl.state.database import Database


class OutputFiles:
    """Store of the committed length of each file that runs append to.

    Args:
        database: Database that holds them.
        node: Name of this machine; files of other machines are ignored.
    """

    def __init__(self, database: Database, node: str = "") -> None:
        self._database = database
        self._node = node

    def commit_length(self, path: str, site: str, length: int) -> None:
        """Store the valid length of a file; part of the caller's transaction, if any."""
        self._database.execute(
            "INSERT INTO files (path, site, length, node) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (path) DO UPDATE SET length = excluded.length",
            (path, site, length, self._node),
        )

    def committed_length(self, path: str) -> int:
        """Valid length of a file that is being written."""
        row = self._database.execute("SELECT length FROM files WHERE path = ?", (path,)).fetchone()
        return int(row[0]) if row else 0

    def committed(self, site: str) -> list[tuple[str, int]]:
        """Open files of a site on this machine, with their valid lengths."""
        return self._database.execute(
            "SELECT path, length FROM files WHERE site = ? AND node = ?", (site, self._node)
        ).fetchall()

    def open_files(self) -> set[str]:
        """Return the open files of this machine."""
        rows = self._database.execute("SELECT path FROM files WHERE node = ?", (self._node,))
        return {path for (path,) in rows.fetchall()}

    def close_file(self, path: str) -> None:
        """Mark a file as complete."""
        self._database.execute("DELETE FROM files WHERE path = ?", (path,))
