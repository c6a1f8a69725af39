"""Upload complete output files to object storage and verify them."""

import fcntl
import logging
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile

from newscrawl.errors import StorageError, StoreError
from newscrawl.state import Ledger
from newscrawl.state.place import Place
from newscrawl.state.run import now
from newscrawl.state.run_reports import read_report, report_path, write_report
from newscrawl.storage.files import StoredFile
from newscrawl.storage.objects import open_file, size_of, upload

logger = logging.getLogger(__name__)

KINDS = ("feeds", "rejects", "headlines", "checks", "archive")
"""Directories whose files are uploaded. Nodes exchange run reports through the ledger."""

_SUFFIXES = (".jsonl", ".jsonl.gz", ".jsonl.zst", ".warc.gz")

_OWNER = "owner"
"""Object that identifies the ledger whose files are uploaded to the storage."""

_FAILURES = 2
"""Consecutive failed files after which the upload stops."""


@dataclass(slots=True)
class Uploads:
    """Result of an upload: uploaded files, remaining files, and the last error."""

    uploaded: int = 0
    """Number of files that were uploaded and verified."""
    bytes: int = 0
    """Their size."""
    waiting: int = 0
    """Number of files that remain to be uploaded."""
    error: str = ""
    """Reason why a file was not uploaded; empty if all were."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A complete file that is not yet in object storage, with its size and time."""

    path: Path
    """The file."""
    size: int
    """Number of bytes."""
    written: float
    """Time of its last change, in seconds since 1970."""


def waiting_files(place: Place, ledger: Ledger) -> list[Waiting]:
    """Return the complete files of this machine whose current content is not in ``STORAGE``.

    Raises:
        StoreError: the ledger cannot be read.
    """
    # Open files are in the ledger before they exist, so the ledger is queried second.
    found = sorted(_local_files(place.data))
    opened, stored = ledger.files.open_files(), ledger.stored_files.uploaded()
    waiting = []
    for path in found:
        name = path.relative_to(place.data).as_posix()
        try:
            stat = path.stat()
        except FileNotFoundError:  # deleted or merged meanwhile
            continue
        before = stored.get(name)
        known = before and before.size == stat.st_size and before.url == _url(place, name)
        if not known and name not in opened:
            waiting.append(Waiting(path, stat.st_size, stat.st_mtime))
    return waiting


def _local_files(data: Path) -> Iterator[Path]:
    for kind in KINDS:
        for path in (data / kind).rglob("*"):
            if path.name.endswith(_SUFFIXES):
                yield path


def _url(place: Place, name: str) -> str:
    return f"{place.storage}/{name}"


def upload_all(place: Place, say: Callable[[str], None] = logger.info) -> Uploads:
    """Upload the waiting files.

    Each file is recorded in the ledger once its object was read back with the same checksum, so
    that interrupted uploads are repeated.

    Args:
        place: Data directory, ledger and storage.
        say: Called with a line for each file.

    Raises:
        StoreError: the ledger cannot be used.
    """
    with upload_lock(place) as has_lock, closing(Ledger(place)) as ledger:
        files = waiting_files(place, ledger)
        result = Uploads(waiting=len(files))
        if not has_lock:
            result.error = "another process uploads"
            return result
        try:
            _check_owner(place, ledger)
        except OSError as error:
            result.error = str(error)
            return result
        failures = 0
        for file in files:
            name = file.path.relative_to(place.data).as_posix()
            try:
                size, digest = upload(file.path, place.storage, name)
            except OSError as error:
                result.error = str(error)
                say(f"{name} is not uploaded: {error}")
                failures += isinstance(error, StorageError)
                if failures == _FAILURES:
                    break
            else:
                url = _url(place, name)
                ledger.stored_files.note(StoredFile(name, url, size, digest), now())
                say(f"{name} is uploaded, {size} bytes")
                result.uploaded, result.bytes = result.uploaded + 1, result.bytes + size
                result.waiting, failures = result.waiting - 1, 0
        return result


def _check_owner(place: Place, ledger: Ledger) -> None:
    """Check that no other ledger uploads to the same place: its files may have the same names.

    Raises:
        StorageError: one does, or the storage cannot be reached.
        StoreError: the ledger cannot be used.
    """
    mark, url = ledger.stored_files.owner(place.storage).encode(), _url(place, _OWNER)
    if size_of(url) is None:
        with NamedTemporaryFile() as own:
            own.write(mark)
            own.flush()
            upload(Path(own.name), place.storage, _OWNER)
        return
    with open_file(url) as stored:
        if stored.read() != mark:
            raise StorageError(
                f"another ledger uploads to {place.storage}: give each its own prefix; if "
                f"this ledger is a restored one, delete {url}"
            )


def upload_after_run(place: Place, job: str) -> str:
    """Upload the waiting files and add the counts to the report of a run.

    Failures do not change the outcome of the run.

    Returns:
        A line for the summary; empty without object storage.
    """
    if not place.storage:
        return ""
    try:
        result = upload_all(place)
        if report := read_report(place.data, job):
            write_report(report_path(place.data, job), report | {"storage": asdict(result)})
    except (OSError, StoreError) as error:
        return f"storage   files wait for the next run: {error}"
    waiting = f"; {result.waiting} wait for the next run: {result.error}" if result.waiting else ""
    return f"storage   {result.uploaded} files uploaded{waiting}"


@contextmanager
def upload_lock(place: Place) -> Iterator[bool]:
    """Lock uploads and merges of this machine; yield whether the lock was free."""
    path = place.path.with_name("uploads.lock")
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
