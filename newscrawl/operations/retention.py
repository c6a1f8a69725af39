"""Retention: which expired files are deleted, and how the feeds of past months are merged."""

import os
import re
import shutil
from collections import defaultdict
from collections.abc import Container, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from newscrawl.aggregator.sites import SITES
from newscrawl.errors import SettingError, StoreError
from newscrawl.operations.schedule import KINDS, backfill_prefix
from newscrawl.state import Ledger
from newscrawl.state.compression import SUFFIXES
from newscrawl.state.place import Place, as_place
from newscrawl.state.run import Run
from newscrawl.storage.files import StoredFile
from newscrawl.storage.objects import size_of

_PATTERNS = {
    "runs": ("runs/*.json", "runs/*.part"),
    "rejects": ("rejects/*/*.jsonl",),
    "headlines": ("headlines/*/*.jsonl",),
    "archive": ("archive/**/*.warc.gz",),
}
"""File patterns of each kind that is deleted when old."""

_STORED = ("rejects", "headlines", "archive")
"""Kinds that are also deleted in object storage."""

_KINDS = (*_PATTERNS, "logs", "uploaded")
"""Kinds of files with a number of days."""

_MONTH = re.compile(r"\d{4}-\d{2}(@[\w-]+)?")
"""Name of a merged feed, with the node that wrote it."""

_METRICS = {(site, kind) for site in SITES for kind in (*KINDS, "manual")}
"""Sites and kinds of runs that have a metrics file."""


@dataclass(frozen=True, slots=True)
class Merge:
    """A planned merge: feeds of one month, and the feed that they become."""

    target: Path
    """The feed of the month; it may exist already."""
    sources: tuple[Path, ...]
    """Feeds that are appended to it, in their order of writing."""


def days_by_kind(setting: Mapping[str, object], given: list[str]) -> dict[str, float]:
    """Return the days for which files of each kind are kept; 0 means forever.

    Args:
        setting: The setting ``RETENTION_DAYS``.
        given: ``KIND=DAYS`` that replace it.

    Raises:
        SettingError: a kind does not exist, or its days are not a number.
    """
    pairs = [(kind, str(days)) for kind, days in setting.items()]
    pairs += [(kind, days) for kind, _, days in (pair.partition("=") for pair in given)]
    kept: dict[str, float] = {}
    for kind, days in pairs:
        if kind not in _KINDS or not re.fullmatch(r"\d+(\.\d+)?", days):
            allowed = ", ".join(_KINDS)
            raise SettingError(f"{kind}={days}: allowed: {allowed}, each with a number of days")
        kept[kind] = float(days)
    return kept


def expired(data: Path, kind: str, days: float, now: datetime, logs: Path | None) -> list[Path]:
    """Return the files of a kind that were last written at least so many days ago.

    Reports of back-fills are kept, as the schedule derives the next back-fill from them.
    """
    if not days:
        return []
    latest = now.timestamp() - days * 86_400
    if kind == "logs":
        files = logs.rglob("*.log") if logs else iter(())
    else:
        files = (path for pattern in _PATTERNS.get(kind, ()) for path in data.glob(pattern))
    backfills = tuple(backfill_prefix(site) for site in SITES)
    return sorted(
        path
        for path in files
        if path.stat().st_mtime < latest
        and not (kind == "runs" and path.name.startswith(backfills))
    )


def uploaded(data: Path, ledger: Ledger, days: float, now: datetime) -> list[StoredFile]:
    """Return the local files that were written at least so many days ago and are in storage."""
    if not days:
        return []
    latest = now.timestamp() - days * 86_400
    opened = ledger.files.open_files()
    found = []
    for name, file in sorted(ledger.stored_files.uploaded().items()):
        with suppress(FileNotFoundError):
            stat = (data / name).stat()
            if name not in opened and stat.st_size == file.size and stat.st_mtime < latest:
                found.append(file)
    return found


def is_whole(ledger: Ledger, file: StoredFile) -> bool:
    """Return whether an object has the recorded size; if not, its file is uploaded again.

    Raises:
        StorageError: the storage cannot be reached.
    """
    if size_of(file.url) == file.size:
        return True
    ledger.stored_files.forget(file.path)
    return False


def expired_objects(ledger: Ledger, kind: str, days: float, now: datetime) -> list[StoredFile]:
    """Return the stored files of a kind that this machine uploaded at least so many days ago."""
    if not days or kind not in _STORED:
        return []
    before = (now - timedelta(days=days)).isoformat(timespec="seconds")
    return ledger.stored_files.uploaded_before(kind, before)


def stale_metrics(data: Path) -> list[Path]:
    """Return the metrics files of sites and kinds of runs that no longer exist."""
    files = (data / "metrics").glob("*.prom")
    return [path for path in files if tuple(path.stem.rpartition("-")[::2]) not in _METRICS]


def merges(
    place: Place | Path, site: str, now: datetime, stored: Container[str] = ()
) -> Iterator[Merge]:
    """Yield the merges of a site's feeds of past months, by the time of their last line (UTC).

    Args:
        place: Data directory, and the node's name in the names of merged feeds.
        site: Name of the site.
        now: Current time.
        stored: Paths, relative to the data directory, of files in object storage; they are not
            merged, as other machines may read them.
    """
    place = as_place(place)
    directory = place.data / "feeds" / site
    months: dict[tuple[str, str], list[Path]] = defaultdict(list)
    for path in directory.glob("*.jsonl*"):
        name, dot, rest = path.name.partition(".jsonl")
        suffix = dot + rest
        is_stored = path.relative_to(place.data).as_posix() in stored
        if suffix in SUFFIXES and not _MONTH.fullmatch(name) and not is_stored:
            month = f"{datetime.fromtimestamp(path.stat().st_mtime, UTC):%Y-%m}"
            if month < f"{now:%Y-%m}":
                months[month, suffix].append(path)
    for (month, suffix), paths in sorted(months.items()):
        target = directory / f"{place.stem(month)}{suffix}"
        if target.relative_to(place.data).as_posix() in stored and not target.exists():
            continue
        if len(paths) > 1 or target.exists():
            paths.sort(key=lambda path: (path.stat().st_mtime_ns, path.name))
            yield Merge(target, tuple(paths))


def merge(run: Run, planned: Merge) -> None:
    """Append feeds to that of their month, and delete them.

    It may be killed at any point, as the ledger's committed lengths decide which bytes are valid:
    before the transaction the appended part is invalid, after it the merged feeds are. The next run
    or merge of the site removes invalid bytes, and readers of feeds ignore them.

    Args:
        run: Holder of the site's lock; its files are complete.
        planned: The feeds.

    Raises:
        StoreError: a feed cannot be read or written, or there is too little space.
    """
    files, target = run.ledger.files, planned.target
    length = target.stat().st_size if target.exists() else 0
    run.ledger.renew()  # another node may take the site in the meantime
    files.commit_length(run.relative(target), run.site, length)
    try:
        _check_space(planned)
        with target.open("ab") as file:
            offsets = {}
            for source in planned.sources:
                offsets[run.relative(source)] = file.tell()
                with source.open("rb") as part:
                    shutil.copyfileobj(part, file, 1 << 20)
            file.flush()
            os.fsync(file.fileno())
            length = file.tell()
        with run.ledger.transaction():
            files.commit_length(run.relative(target), run.site, length)
            for name in offsets:
                files.commit_length(name, run.site, 0)
            run.ledger.positions.move(run.relative(target), offsets)
        for source in planned.sources:
            source.unlink()
            files.close_file(run.relative(source))
        files.close_file(run.relative(target))
    except OSError as error:
        raise StoreError(f"{target} cannot be written: {error}") from error


def _check_space(planned: Merge) -> None:
    """Refuse a merge for which there is too little space.

    Raises:
        StoreError: there is too little space.
    """
    needed = sum(source.stat().st_size for source in planned.sources)
    free = shutil.disk_usage(planned.target.parent).free
    if needed > free * 0.9:
        raise StoreError(
            f"{planned.target}: {needed / 1e6:.0f} MB are needed until the merged feeds are "
            f"deleted, {free / 1e6:.0f} MB are free: make space"
        )
