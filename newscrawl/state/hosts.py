"""Hosts whose pages can be extracted only after rendering in a browser."""

from newscrawl.state.database import Database


class HostStore:
    """Store of the hosts whose pages can be extracted only after rendering in a browser.

    Hosts that other processes stored are loaded once, by the first query.

    Args:
        database: Database that holds them.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._rendered: set[str] | None = None

    def note_rendered(self, host: str) -> None:
        """Store that a page of a host could be extracted only after rendering."""
        if not self.is_rendered(host):
            self._database.execute(
                "INSERT INTO rendered (host) VALUES (?) ON CONFLICT DO NOTHING", (host,)
            )
            self._known().add(host)

    def is_rendered(self, host: str) -> bool:
        """Whether a page of a host was ever extracted after rendering."""
        return host in self._known()

    def _known(self) -> set[str]:
        """Return all such hosts; cached, as they are needed for every page."""
        if self._rendered is None:
            rows = self._database.execute("SELECT host FROM rendered")
            self._rendered = {host for (host,) in rows.fetchall()}
        return self._rendered
