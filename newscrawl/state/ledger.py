"""The ledger: one database per project with the state that outlives a run.

An article is stored before its page is requested, and becomes ``done`` only in the transaction that
also commits the length of its feed. A run that is killed leaves articles in state ``found``, which
the next run adopts, and feeds whose committed length is known.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from newscrawl.errors import StoreError
from newscrawl.state.articles import ArticleStore
from newscrawl.state.database import Database
from newscrawl.state.discovery import DiscoveryStore
from newscrawl.state.feed_positions import FeedPositions
from newscrawl.state.files import OutputFiles
from newscrawl.state.hosts import HostStore
from newscrawl.state.outlets import OutletKnowledge
from newscrawl.state.site_lock import SiteLocks
from newscrawl.state.source_checks import SourceCheckTimes
from newscrawl.state.texts import TextSignatures


def ledger_path(data: Path) -> Path:
    """Path of a data directory's ledger."""
    return data / "ledger" / "ledger.sqlite"


class Ledger:
    """Owner of the database and of the stores on it.

    Args:
        path: Ledger file; created if missing.

    Raises:
        StoreError: the file cannot be opened, is no ledger, or has a newer schema.
    """

    def __init__(self, path: Path) -> None:
        _refuse_emptied(path)
        self._database = Database(path)
        self._locks = SiteLocks(path)
        self.articles = ArticleStore(self._database)
        """Articles, their states and exported versions."""
        self.discovery = DiscoveryStore(self._database)
        """Listing walks and cache validators."""
        self.texts = TextSignatures(self._database)
        """Text signatures."""
        self.files = OutputFiles(self._database)
        """Committed lengths of output files."""
        self.positions = FeedPositions(self._database)
        """Positions of records in feeds."""
        self.outlets = OutletKnowledge(self._database)
        """Domains and extraction rules of outlets."""
        self.source_checks = SourceCheckTimes(self._database)
        """Times of source checks."""
        self.hosts = HostStore(self._database)
        """Hosts whose pages need a browser."""

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

    def close(self) -> None:
        """Release the locks and close the database."""
        self._locks.release()
        self._database.close()


def _refuse_emptied(path: Path) -> None:
    """Check that a ledger was not emptied: a new one would have everything exported again.

    Raises:
        StoreError: the file is empty although there are feeds.
    """
    feeds = path.parent.parent / "feeds"
    if path.exists() and not path.stat().st_size and any(feeds.glob("*/*.jsonl*")):
        raise StoreError(
            f"the ledger {path} is empty, but there are feeds in {feeds}: put a backup back; to "
            "crawl everything again, move both away"
        )


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
