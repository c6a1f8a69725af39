"""State that the components of one run share: its name, its directory and the ledger."""

import os
import re
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from newscrawl.errors import ArgumentError, StoreError
from newscrawl.state import Ledger
from newscrawl.state.place import Place, as_place, place_of
from newscrawl.state.plan import Plan
from newscrawl.text.signatures import TextIndex

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Sequence

    from scrapy.crawler import Crawler
    from scrapy.settings import BaseSettings

    from newscrawl.items import Article

_NO_NAME = re.compile(r"[^\w.-]|^\.+")

_LONGEST_NAME = 200
"""Bytes of a run's name."""

_KINDS = ("feeds", "rejects", "headlines")
"""Directories of files that each run writes."""

_runs: "WeakKeyDictionary[Crawler, Run]" = WeakKeyDictionary()


def now() -> str:
    """Return the current time, ISO 8601 in UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def data_of(settings: "BaseSettings") -> Path:
    """Return the data directory, absolute: a node may run in any working directory."""
    return Path(settings["NEWSCRAWL_DATA"]).resolve()


def job_name(site: str, given: object = None) -> str:
    """Return the name of a run, usable as the name of files.

    Scrapyd passes it as the spider argument ``_job``; others may set ``SCRAPY_JOB``.
    """
    started = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%f")
    name = str(given or os.environ.get("SCRAPY_JOB") or f"{started}-{site}")
    # A file name holds 255 bytes, the suffix included.
    return _NO_NAME.sub("_", name)[:100].encode()[:_LONGEST_NAME].decode(errors="ignore")


class RunListener:
    """Base of components that are called when a run commits records, and before it closes."""

    def before_lines(self) -> None:
        """Make data durable that the lines refer to; called before lines are written.

        Raises:
            StoreError: it cannot be written.
        """

    def with_records(self, records: "Sequence[Article]") -> None:
        """Store data that belongs to records, in the transaction that commits them.

        The records are validated; they must not be changed.

        Raises:
            StoreError: the ledger cannot be written.
        """

    def after_commit(self, records: "Sequence[Article]") -> None:
        """Note records that are committed."""

    def before_close(self) -> None:
        """Finish at the end of the run, while the ledger is still open."""


class Run:
    """One crawl of one site: its name, its ledger, and the paths of its output files.

    Raises:
        SiteBusyError: another run of the same site is using the ledger.
        StoreError: the data directory or the ledger cannot be used.
    """

    def __init__(self, site: str, job: str, place: Place | Path) -> None:
        self.place = as_place(place)
        self.site = site
        self.job = job
        self.data = self.place.data
        self.stem = self.place.stem(job)
        """Prefix of the names of this run's files."""
        self.started = now()
        self.plan = Plan()
        """Task of the run; set by the spider."""
        self.listeners: list[RunListener] = []
        """Components that are called on each commit, in this order."""
        self.end: asyncio.Future[None] | None = None
        """Closing of the spider after a fatal error."""
        self.files: dict[str, Path] = {}
        """JSON Lines files that this run may have written, by kind."""
        self.ledger = Ledger(self.place)
        self.texts = TextIndex(self.ledger.texts)
        """Texts of records, for the hint at duplicates."""
        self.ledger.lock(site, job)
        self.ledger.articles.begin(site, job, self.started)
        self._check_directories()
        self._cut_back_all()

    @classmethod
    def of(cls, crawler: "Crawler", job: str | None = None) -> "Run":
        """Return the run of a crawler; created and named at the first call.

        Without ``job`` the name is taken from ``SCRAPY_JOB``, else made from the current time.
        """
        if crawler not in _runs:
            site = getattr(crawler.spidercls, "site", None)
            if site is None:
                raise ArgumentError(
                    f"{crawler.spidercls.__name__} has no site: derive it from "
                    "newscrawl.spiders.base.AggregatorSpider and set its attribute site"
                )
            _runs[crawler] = cls(site.name, job or job_name(site.name), place_of(crawler.settings))
        return _runs[crawler]

    def close(self) -> None:
        """End the run; the ledger cannot be used any more."""
        for listener in self.listeners:
            listener.before_close()
        with suppress(StoreError):  # the next run will
            self.ledger.articles.release(self.site)
        self.ledger.close()

    def path(self, kind: str, packed: str = "") -> Path:
        """Return the path of this run's JSON Lines file of one kind; its directory is created.

        ``packed`` is the suffix that compression adds to the file's name.

        Raises:
            StoreError: the directory cannot be created.
        """
        path = self.data / kind / self.site / f"{self.stem}.jsonl{packed}"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"{path.parent} cannot be made: {error}") from error
        return path

    def relative(self, path: Path) -> str:
        """Return a path relative to the data directory, as in the ledger."""
        return path.relative_to(self.data).as_posix()

    def _check_directories(self) -> None:
        """Check that the directories can be written before anything is fetched."""
        for kind in _KINDS:
            directory = self.path(kind).parent
            if not os.access(directory, os.W_OK):
                raise StoreError(f"{directory} cannot be written: check its permissions")

    def cut_back(self, name: str, length: int) -> None:
        """Truncate a file to its committed length.

        Raises:
            StoreError: it is shorter, or does not end with a line, or cannot be truncated.
        """
        path = self.data / name
        try:
            size = path.stat().st_size if path.exists() else 0
            if size < length or not _ends_well(path, length):
                raise StoreError(
                    f"{path} does not match the committed length {length} in the ledger: it was "
                    "changed by hand or lost; restore it, or move the ledger and the feeds to "
                    "another place"
                )
            if size > length == 0:
                path.unlink()
            elif size > length:
                os.truncate(path, length)
        except OSError as error:
            raise StoreError(f"{path} cannot be truncated to {length} bytes: {error}") from error

    def _cut_back_all(self) -> None:
        """Truncate the files of killed runs."""
        for name, length in self.ledger.files.committed(self.site):
            self.cut_back(name, length)
            self.ledger.files.close_file(name)


def _ends_well(path: Path, length: int) -> bool:
    """Whether the first bytes of an uncompressed file end with a line."""
    if not length or path.suffix != ".jsonl":
        return True
    with path.open("rb") as file:
        file.seek(length - 1)
        return file.read(1) == b"\n"
