"""The ledger: one database per project with the state that outlives a run.

An article is stored before its page is requested, and becomes ``done`` only in the transaction that
also commits the length of its feed. A run that is killed leaves articles in state ``found``, which
the next run adopts, and feeds whose committed length is known.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from newscrawl.state.articles import ArticleStore
from newscrawl.state.discovery import DiscoveryStore
from newscrawl.state.files import OutputFiles
from newscrawl.state.host_slots import HostSlots
from newscrawl.state.hosts import HostStore
from newscrawl.state.outlets import OutletKnowledge
from newscrawl.state.place import DEFAULT_LEASE, Place
from newscrawl.state.site_lock import SiteLocks
from newscrawl.state.sqlite import SqliteDatabase
from newscrawl.state.texts import TextSignatures


def ledger_path(data: Path) -> Path:
    """Path of a data directory's SQLite ledger."""
    return Place(data).path


class Ledger:
    """Owner of the database and of the stores on it.

    Args:
        place: Place of the ledger, or an SQLite file; created if missing.

    Raises:
        StoreError: the database cannot be opened, is no ledger, or has a newer schema.
    """

    def __init__(self, place: Place | Path) -> None:
        path = place if isinstance(place, Path) else place.path
        node, lease = "", DEFAULT_LEASE if isinstance(place, Path) else place.lease
        self._database = SqliteDatabase(path)
        self._locks = SiteLocks(path)
        self.articles = ArticleStore(self._database)
        """Articles, their states and exported versions."""
        self.discovery = DiscoveryStore(self._database)
        """Listing walks and cache validators."""
        self.texts = TextSignatures(self._database)
        """Text signatures."""
        self.files = OutputFiles(self._database)
        """Committed lengths of output files."""
        self.outlets = OutletKnowledge(self._database)
        """Domains and extraction rules of outlets."""
        self.hosts = HostStore(self._database)
        """Hosts whose pages need a browser."""
        self.host_slots = HostSlots(self._database, node, lease)
        """Which process may send requests to a host."""

    def transaction(self) -> AbstractContextManager[None]:
        """Context in which the changes to all stores are committed together, or not at all.

        Raises:
            StoreError: the changes cannot be written.
        """
        return self._database.transaction()

    def lock(self, site: str, job: str) -> None:
        """Lock a site for this process until the ledger is closed or the process ends.

        Raises:
            SiteBusyError: another run of the site holds it.
        """
        self._locks.acquire(site, job)
        self.host_slots.register(site)

    def close(self) -> None:
        """Release the locks and close the database."""
        self.host_slots.unregister()
        self._locks.release()
        self._database.close()


@contextmanager
def ledger_of(data: Path) -> Iterator[Ledger | None]:
    """Open the ledger of a data directory, if it has one.

    Raises:
        StoreError: it cannot be opened.
    """
    path = ledger_path(data)
    ledger = Ledger(path) if path.exists() else None
    try:
        yield ledger
    finally:
        if ledger:
            ledger.close()
