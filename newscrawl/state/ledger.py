"""The ledger: the project's crawl-state database, in SQLite or PostgreSQL.

An article is stored before its page is requested, and becomes ``done`` only in the transaction that
also commits the length of its feed. A run that is killed leaves articles in state ``found``, which
the next run adopts, and feeds whose committed length is known.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from newscrawl.errors import StoreError
from newscrawl.state.articles import ArticleStore
from newscrawl.state.copies import TableCopies
from newscrawl.state.crawl_days import CrawlDays
from newscrawl.state.discovery import DiscoveryStore
from newscrawl.state.feed_positions import FeedPositions
from newscrawl.state.files import OutputFiles
from newscrawl.state.host_slots import HostSlots
from newscrawl.state.hosts import HostStore
from newscrawl.state.nodes import NodeStore
from newscrawl.state.outlets import OutletKnowledge
from newscrawl.state.place import Place, as_place
from newscrawl.state.postgres import PostgresDatabase, examine_postgres
from newscrawl.state.site_leases import SiteLeases
from newscrawl.state.site_lock import SiteLocks
from newscrawl.state.source_checks import SourceCheckTimes
from newscrawl.state.sqlite import SqliteDatabase, examine_sqlite
from newscrawl.state.stored_files import StoredFiles
from newscrawl.state.texts import BandTable, KeyIndex, TextSignatures
from newscrawl.storage.files import Files

if TYPE_CHECKING:
    from newscrawl.state.database import Database


def ledger_path(data: Path) -> Path:
    """Path of a data directory's SQLite ledger."""
    return Place(data).path


class Ledger:
    """The crawl-state database and its stores.

    Args:
        place: Place of the ledger, or an SQLite file; created if missing.

    Raises:
        StoreError: the database cannot be opened, is no ledger, or has a newer schema.
    """

    def __init__(self, place: Place | Path) -> None:
        if isinstance(place, Path):
            place = Place(place.parent, file=place)
        self.texts: TextSignatures
        """Text signatures."""
        self._database: Database
        self._locks: SiteLocks | SiteLeases
        if place.url:
            postgres = PostgresDatabase(place.url, place.node)
            self._database, self.texts = postgres, KeyIndex(postgres)
            self.host_slots = HostSlots(postgres, place.node, place.lease)
            """Which process may send requests to a host."""
            self._locks = SiteLeases(postgres, self.host_slots, place)
        else:
            _refuse_emptied(place.path)
            self._database = SqliteDatabase(place.path)
            self.texts = BandTable(self._database)
            self.host_slots = HostSlots(self._database, "", place.lease)
            self._locks = SiteLocks(place.path)
        self.articles = ArticleStore(self._database)
        """Articles, their states and exported versions."""
        self.discovery = DiscoveryStore(self._database)
        """Listing walks and cache validators."""
        self.files = OutputFiles(self._database, place.node)
        """Committed lengths of output files."""
        self.stored_files = StoredFiles(self._database, place.node)
        """Files in object storage."""
        self.positions = FeedPositions(self._database)
        """Positions of records in feeds."""
        self.outlets = OutletKnowledge(self._database)
        """Domains and extraction rules of outlets."""
        self.source_checks = SourceCheckTimes(self._database)
        """Times of source checks."""
        self.crawl_days = CrawlDays(self._database)
        """Counts of articles by day of discovery."""
        self.hosts = HostStore(self._database)
        """Hosts whose pages need a browser."""
        self.nodes = NodeStore(self._database) if place.url else None
        """Nodes that share the ledger, if it is on PostgreSQL."""
        self.copies = TableCopies(self._database)
        """Whole tables, for a move."""

    def transaction(self) -> AbstractContextManager[None]:
        """Context in which the changes to all stores are committed together, or not at all.

        Raises:
            StoreError: the changes cannot be written.
        """
        return self._database.transaction()

    def long_statements(self) -> AbstractContextManager[None]:
        """Context in which a statement may take long, as it changes many rows."""
        return self._database.long_statements()

    def lock(self, site: str, job: str) -> None:
        """Lock a site for this process until the ledger is closed or the process ends.

        Raises:
            SiteBusyError: another run of the site has locked it.
        """
        self._locks.acquire(site, job)
        if isinstance(self._locks, SiteLocks):
            self.host_slots.register(site)

    def renew(self) -> list[str]:
        """Renew the lease of this process; return its hosts for which other processes wait.

        Raises:
            LeaseLostError: another run has taken a site that this process had locked.
            StoreError: the ledger cannot be used.
        """
        if not isinstance(self._locks, SiteLocks):
            self._locks.check()
        return self.host_slots.renew()

    def close(self) -> None:
        """Release the locks and close the database."""
        self.host_slots.unregister()
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
            f"the ledger {path} is empty, but there are feeds in {feeds}: restore a backup; to "
            "crawl everything again, move both to another place"
        )


@contextmanager
def ledger_of(place: Place | Path) -> Iterator[Ledger | None]:
    """Open the ledger of a place or of a data directory, if there is one.

    Raises:
        StoreError: it cannot be opened.
    """
    place = as_place(place)
    ledger = Ledger(place) if place.exists else None
    try:
        yield ledger
    finally:
        if ledger:
            ledger.close()


def files_of(place: Place | Path, directory: Path) -> Files:
    """Return the files below a directory, with those of all machines in object storage.

    Args:
        place: Place of the ledger, or the data directory of an SQLite ledger.
        directory: Directory of a data directory, such as ``data/archive``: that of ``place``, or
            one with an SQLite ledger. Of any other one, only local files are known.

    Raises:
        StoreError: the ledger cannot be read, and there may be files in object storage.
    """
    directory = directory.resolve()
    for known in (as_place(place), *map(Place, directory.parents)):
        data = known.data.resolve()
        if known.exists and directory.is_relative_to(data):
            break
    else:
        return Files(directory)
    below = directory.relative_to(data).as_posix()
    try:
        with ledger_of(known) as ledger:
            stored = ledger.stored_files.below(below) if ledger else []
    except StoreError:
        if known.url or known.storage:
            raise
        stored = []  # the data directory is a read-only copy: its ledger cannot be opened
    return Files(directory, {file.path.removeprefix(f"{below}/"): file for file in stored})


def examine(place: Place) -> str:
    """Return a short description of an existing ledger's condition.

    Raises:
        StoreError: it is damaged, cannot be read, or has a newer schema.
    """
    if place.url:
        return examine_postgres(place.url)
    try:
        return examine_sqlite(place.path)
    except StoreError as error:
        raise StoreError(f"{place.path}: {error}") from error
