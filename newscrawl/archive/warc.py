"""Read responses from WARC files, and index an archive by URL.

A record of a file is one gzip member, so it is read by its offset alone. ``response`` and
``request`` records come in pairs; where there was no response, a ``metadata`` record has the error.
"""

import logging
import mmap
import os
import sqlite3
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import NamedTemporaryFile
from urllib.parse import urldefrag

from newscrawl.errors import ArchiveError, StorageError
from newscrawl.items import Location
from newscrawl.storage import Files, local_copy
from newscrawl.storage.files import as_files

logger = logging.getLogger(__name__)

Headers = list[tuple[bytes, bytes]]
"""Names and values of HTTP headers, in order."""

SUFFIX = ".warc.gz"
RENDERED = "urn:rendered:"
"""Prefix of the URL of a page as rendered by the browser, which no server ever sent."""

INDEX = "index.sqlite"
"""Index file in the archive directory. It may be deleted at any time."""

GZIP = 31
"""For zlib: with a gzip header."""
_MEMBER = b"\x1f\x8b\x08\x00"
_BLOCK = 32 * 1024
_RANGE = 32 * 1024 * 1024


@dataclass(slots=True)
class Exchange:
    """An archived HTTP request with its response or download error."""

    url: str
    """The request's URL."""
    method: str = "GET"
    """The request's method."""
    sent: Headers = field(default_factory=list)
    """The request's headers."""
    status: int = 0
    """HTTP status code of the response; 0 without a response."""
    headers: Headers = field(default_factory=list)
    """The response's headers."""
    body: bytes = b""
    """The response's body as received, still compressed if the server compressed it."""
    protocol: str = "HTTP/1.1"
    """Protocol of the response."""
    ip: str | None = None
    """IP address of the server, if no proxy was used."""
    cut: bool = False
    """Whether the connection ended before the body was complete."""
    error: str | None = None
    """Name of the error that occurred instead of a response."""
    message: str = ""
    """Message of that error."""
    fetched: datetime = field(default_factory=lambda: datetime.now(UTC))
    """When the response was complete."""


@dataclass(frozen=True, slots=True)
class ArchivedResponse:
    """Location, time and status of an archived response: a row of the index."""

    location: Location
    """Location of the response."""
    fetched: str
    """When it was received, ISO 8601 in UTC, to the second."""
    status: int
    """HTTP status code; 0 if there was no response."""


def read_exchange(archive: Files | Path, location: Location) -> Exchange:
    """Read the response at a location, without the request's headers.

    Raises:
        ArchiveError: there is none; the file was cut, changed or removed, or cannot be read.
        StorageError: the file is in object storage, which cannot be reached.
    """
    files = as_files(archive)
    try:
        with files.open(location.file) as file:
            file.seek(location.offset)
            record = _unzip(iter(lambda: file.read(_BLOCK), b""))[0]
        fields, start = _fields(record)
        if fields["warc-type"] == "metadata":
            said, _ = _fields(b"\r\n" + record[start:])
            answer = Exchange(fields["warc-target-uri"], error=said["fetcherror"])
            answer.message = said.get("fetchmessage", "")
        else:
            answer = _parse_response(fields["warc-target-uri"], record[start:-4])
        answer.fetched = datetime.fromisoformat(fields["warc-date"])
    except StorageError:
        raise  # of no page alone
    except (OSError, ValueError, KeyError, zlib.error) as error:
        path = files.location(location.file)
        raise ArchiveError(f"{path}: no response at {location.offset}: {error}") from error
    return answer


def _parse_response(url: str, block: bytes) -> Exchange:
    head, _, body = block.partition(b"\r\n\r\n")
    line, *lines = head.split(b"\r\n")
    protocol, status, *_ = line.decode("latin-1").split(" ", 2)
    pairs = (line.partition(b":") for line in lines)
    headers = [(name.strip(), value.strip()) for name, _, value in pairs]
    return Exchange(url, status=int(status), headers=headers, body=body, protocol=protocol)


def _unzip(blocks: Iterable[bytes]) -> tuple[bytes, int]:
    """Return the record in the first gzip member of some blocks, and the member's length.

    Raises:
        ValueError: the member is cut.
        zlib.error: it is none.
    """
    unzip = zlib.decompressobj(GZIP)
    parts = []
    length = 0
    for block in blocks:
        parts.append(unzip.decompress(block))
        length += len(block)
        if unzip.eof:
            return b"".join(parts), length - len(unzip.unused_data)
    raise ValueError("the record is cut")


def _fields(record: bytes) -> tuple[dict[str, str], int]:
    """Return a record's header fields by lower-case name, and the offset of its block.

    Raises:
        ValueError: it has no head.
    """
    end = record.index(b"\r\n\r\n") if b"\r\n\r\n" in record[:_BLOCK] else len(record)
    fields = {}
    for line in record[:end].decode("utf-8", "replace").split("\r\n")[1:]:
        name, colon, value = line.partition(":")
        if colon:
            fields[name.lower()] = value.strip()
    return fields, end + 4


Row = tuple[str, str, int, int]
"""A response in a file: URL, date, offset and status."""


def scan(location: Path | str, begin: int = 0, end: int | None = None) -> Iterator[Row]:
    """List the responses of a file whose records begin in a byte range.

    Truncated records, as the last one of a killed run may be, and damaged ones are skipped.

    Args:
        location: Path of the file, or the URL of an object, which is downloaded for it.
        begin: First byte of the range.
        end: First byte after it; ``None`` is the end of the file.

    Raises:
        ArchiveError: the file cannot be read.
    """
    try:
        with local_copy(location) as path, path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if not size:
                return
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                yield from _scan(path, data, begin, size if end is None else min(end, size))
    except OSError as error:
        raise ArchiveError(f"{location} cannot be read: {error}") from error


def _scan(path: Path, data: mmap.mmap, begin: int, end: int) -> Iterator[Row]:
    position = data.find(_MEMBER, begin) if begin else 0
    while 0 <= position < end:
        try:
            starts = range(position, len(data), _BLOCK)
            record, length = _unzip(data[start : start + _BLOCK] for start in starts)
            if row := _row(record, position):
                yield row
        except (ValueError, KeyError, IndexError, zlib.error) as error:
            # At the beginning of a range, bytes may look like a gzip member by chance.
            level = logging.DEBUG if position == begin else logging.WARNING
            logger.log(level, "%s: skipped a record at %d: %s", path, position, error)
            position = data.find(_MEMBER, position + 1)
        else:
            position += length


def _row(record: bytes, offset: int) -> Row | None:
    if not record.startswith(b"WARC/1."):
        raise ValueError("no WARC record")
    fields, start = _fields(record)
    kind = fields["warc-type"]
    if kind == "response":
        status = int(record[start : start + 40].split(b" ", 2)[1])
    elif kind == "metadata" and record.startswith(b"fetchError:", start):
        status = 0
    else:
        return None
    return fields["warc-target-uri"], fields["warc-date"], offset, status


Range = tuple[Path | str, int, int]
"""Location of a file and a range of its bytes."""


def _scan_range(job: Range) -> list[Row]:
    return list(scan(*job))


Mapper = Callable[[Callable[[Range], list[Row]], list[Range]], Iterable[list[Row]]]
"""``map``, or the ``map`` of a process pool."""


class ArchiveIndex:
    """SQLite index of an archive by URL.

    Args:
        archive: The archive.
        made: Index that another process keeps up to date; it is only read. Without one,
            ``index.sqlite`` in the archive, or a temporary file if the archive cannot be written.

    Raises:
        ArchiveError: the directory holds no archive.
    """

    def __init__(self, archive: Files | Path, made: Path | None = None) -> None:
        self.archive = as_files(archive)
        directory = self.archive.directory
        self.file = made or directory / INDEX
        """The index itself."""
        if made:
            self._db = sqlite3.connect(f"{made.as_uri()}?mode=ro", uri=True, timeout=3600)
            return
        if not self.archive.names(SUFFIX):
            raise ArchiveError(f"{directory} has no archive: there is no *{SUFFIX} in it")
        try:
            directory.mkdir(parents=True, exist_ok=True)  # all of it may be in object storage
            self._db = self._open(self.file)
        except (OSError, sqlite3.Error) as error:
            logger.warning("%s has to be indexed on each use: %s", directory, error)
            self._temporary = NamedTemporaryFile(suffix="-" + INDEX)  # noqa: SIM115 - lives as long as this
            self.file = Path(self._temporary.name)
            self._db = self._open(self.file)

    @staticmethod
    def _open(file: Path) -> sqlite3.Connection:
        db = sqlite3.connect(file, isolation_level=None, timeout=3600)
        db.execute("BEGIN IMMEDIATE")
        db.execute(
            "CREATE TABLE IF NOT EXISTS files"
            " (number INTEGER PRIMARY KEY, name TEXT UNIQUE, size INTEGER, changed INTEGER)"
        )
        db.execute(
            "CREATE TABLE IF NOT EXISTS answers"
            " (url TEXT, date TEXT, file INTEGER, offset INTEGER, status INTEGER,"
            " PRIMARY KEY (url, date, file, offset)) WITHOUT ROWID"
        )
        db.execute("COMMIT")
        return db

    def close(self) -> None:
        """Close the index."""
        self._db.close()

    def update(self, mapper: Mapper = map) -> None:
        """Add new files of the archive to the index, and drop removed ones.

        Args:
            mapper: ``map``, or the ``map`` of a pool, to distribute the work.

        Raises:
            ArchiveError: a file cannot be read.
        """
        db = self._db
        db.execute("BEGIN IMMEDIATE")
        try:
            known = {
                name: (size, changed, number)
                for number, name, size, changed in db.execute("SELECT * FROM files")
            }
            fresh = {}
            for name in self.archive.names(SUFFIX):
                size, changed = self._state(name)
                before = known.get(name)
                # A stored file is complete: of the same size it is the same as before.
                if before and before[0] == size and changed in (before[1], None):
                    del known[name]
                else:
                    fresh[name] = (size, changed)
            for name, (_, _, number) in known.items():
                db.execute("DELETE FROM answers WHERE file = ?", (number,))
                db.execute("DELETE FROM files WHERE name = ?", (name,))
            ranges = []
            for name, (size, changed) in fresh.items():
                row = db.execute(
                    "INSERT INTO files (name, size, changed) VALUES (?, ?, ?) RETURNING number",
                    (name, size, changed),
                ).fetchone()
                step = _RANGE if changed else max(size, 1)  # an object is downloaded once
                location = self.archive.location(name)
                ranges += [
                    (row[0], (location, begin, min(begin + step, size)))
                    for begin in range(0, size, step)
                ]
            found = mapper(_scan_range, [range_ for _, range_ in ranges])
            for (number, _), rows in zip(ranges, found, strict=True):
                db.executemany(
                    "INSERT INTO answers VALUES (?, ?, ?, ?, ?)",
                    [(url, date, number, offset, status) for url, date, offset, status in rows],
                )
        except BaseException:
            db.execute("ROLLBACK")
            raise
        db.execute("COMMIT")

    def _state(self, name: str) -> tuple[int, int | None]:
        """Return the size of a file and the time of its last change; ``None`` for an object."""
        location = self.archive.location(name)
        if isinstance(location, str):
            return self.archive.stored[name].size, None
        stat = location.stat()
        return stat.st_size, stat.st_mtime_ns

    def responses_to(self, url: str, site: str | None = None) -> list[ArchivedResponse]:
        """Return all responses to a URL, oldest first; of one site's crawls if it is given."""
        rows = self._db.execute(
            "SELECT name, offset, date, status FROM answers JOIN files ON number = file"
            " WHERE url = ? AND name GLOB ? ORDER BY date, name, offset",
            (urldefrag(url)[0], f"{site}/*" if site else "*"),
        )
        return [
            ArchivedResponse(Location(name, offset), f"{date[:19]}+00:00", status)
            for name, offset, date, status in rows
        ]

    def urls(self, prefix: str, after: str = "") -> Iterator[str]:
        """Yield URLs with a prefix, sorted; only those after ``after``, if given."""
        # In chunks: an open statement would lock other processes out.
        select = (
            "SELECT DISTINCT url FROM answers WHERE url > ? AND url >= ? AND url < ?"
            " ORDER BY url LIMIT 1000"
        )
        while rows := self._db.execute(select, (after, prefix, prefix + "\U0010ffff")).fetchall():
            for (after,) in rows:
                yield after
