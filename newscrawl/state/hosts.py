"""Hosts whose pages need a browser."""

from newscrawl.state.database import Database


class HostStore:
    """Hosts whose pages were extracted only after rendering.

    Args:
        database: Database that holds them.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def note_rendered(self, host: str) -> None:
        """Store that a page of a host could be extracted only after rendering."""
        self._database.execute("INSERT OR IGNORE INTO rendered VALUES (?)", (host,))

    def is_rendered(self, host: str) -> bool:
        """Whether a page of a host was ever extracted after rendering."""
        row = self._database.execute("SELECT 1 FROM rendered WHERE host = ?", (host,)).fetchone()
        return row is not None
