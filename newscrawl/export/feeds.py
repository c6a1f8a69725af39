"""Find and read feed files: plain, gzip or Zstandard, complete or still growing."""

import io
import logging
import os
import shutil
import sys
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

from newscrawl.errors import ExportError, StoreError
from newscrawl.state import files_of, ledger_of
from newscrawl.state.compression import SUFFIXES, open_unpacked, unpacking_errors
from newscrawl.state.place import Place, as_place
from newscrawl.storage import WHOLE, open_file

logger = logging.getLogger(__name__)

_OPEN_AT_ONCE = 64
"""Maximum number of open feeds; a corpus may have more than a process may open."""


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed file, and its committed length if a run is still writing it."""

    path: Path
    """Path of the file."""
    length: int | None = None
    """Committed bytes, if a run is still writing; the rest is ignored."""
    url: str = ""
    """URL of its object in object storage, if it is not on this disk."""

    @property
    def location(self) -> Path | str:
        """Path or URL, for ``newscrawl.storage.open_file``."""
        return self.url or self.path


@dataclass(frozen=True, slots=True)
class FeedLine:
    """A line of a feed, without its line break, and its position."""

    number: int
    """Counted from 1."""
    offset: int
    """Bytes before it in the decompressed file."""
    data: bytes
    """The line itself."""
    ended: bool = True
    """Whether it ends in a line break; a torn line does not."""


@dataclass(frozen=True, slots=True)
class Damage:
    """A feed line, or the rest of a compressed feed, that cannot be read."""

    path: Path
    """The feed."""
    line: int
    """Number of the line, from 1."""
    reason: str
    """Reason."""

    def __str__(self) -> str:
        """Return the message for users."""
        return f"{self.path}, line {self.line}: {self.reason}"


def find_feeds(
    place: Place | Path, paths: Sequence[Path] = (), sites: Iterable[str] = ()
) -> list[Feed]:
    """Return the given feeds, those of given directories, or those of a data directory.

    Feeds in object storage, also of other machines, are included.

    Args:
        place: Data directory and ledger.
        paths: Feeds and directories of feeds.
        sites: Sites of the data directory; without them, all.

    Raises:
        ExportError: a path does not exist, or there is no feed.
        StoreError: the ledger cannot be read.
    """
    known = as_place(place)
    data = known.data
    places = list(paths) or [data / "feeds" / site for site in sites] or [data / "feeds"]
    found: dict[Path, str] = {}
    for place in places:
        if place.is_file():
            found[place.resolve()] = ""
            continue
        files = files_of(known, place)
        if paths and not (place.exists() or files.stored):
            raise ExportError(f"{place} does not exist")
        for name in files.names(*SUFFIXES):
            location = files.location(name)
            path = files.directory / name
            found[path.resolve()] = location if isinstance(location, str) else ""
    if not found:
        raise ExportError(
            f"there is no feed in {', '.join(map(str, places))}: crawl first, "
            "or set NEWSCRAWL_DATA to the directory of earlier crawls"
        )
    lengths = _committed(known, {path.parent.name for path in found})
    return [Feed(path, lengths.get(path), url) for path, url in found.items()]


def _committed(place: Place, sites: Iterable[str]) -> dict[Path, int]:
    """Return the valid lengths of this machine's feeds that runs are still writing."""
    try:
        with ledger_of(place) as ledger:
            return {
                (place.data / name).resolve(): length
                for site in sites
                for name, length in (ledger.files.committed(site) if ledger else ())
            }
    except StoreError as error:
        # As in a read-only copy of a data directory. A torn last line is reported as damaged.
        logger.warning("Feeds are read to their ends, also those of running crawls: %s", error)
        return {}


class FeedReader:
    """Reader of feeds: first all lines of each, then single lines in any order.

    Args:
        feeds: the feeds.
        scratch: directory for the content of compressed feeds and of those in object storage.
    """

    def __init__(self, feeds: list[Feed], scratch: Path) -> None:
        self.feeds = feeds
        self._scratch = scratch
        self._plain = [feed.path for feed in feeds]
        self._faults: dict[int, str | None] = {}
        """Unpacked feeds, each with the reason why the rest could not be unpacked."""
        self._open: OrderedDict[int, IO[bytes]] = OrderedDict()

    def lines(self, number: int) -> Iterator[FeedLine | Damage]:
        """Yield all lines of the feed with a number, counted from 0.

        Raises:
            ExportError: the feed cannot be opened or read.
        """
        feed = self.feeds[number]
        try:
            fault, limit = None, feed.length
            if feed.url or feed.path.suffix in (".gz", ".zst"):
                if number not in self._faults:
                    self._plain[number] = self._scratch / f"{number}.jsonl"
                    self._faults[number] = _unpack(feed, self._plain[number])
                fault, limit = self._faults[number], None
            count = offset = 0
            with self._plain[number].open("rb") as file:
                for count, data in enumerate(file, start=1):
                    if limit is not None and offset >= limit:
                        return
                    end = None if limit is None else limit - offset
                    whole = data[:end]
                    yield FeedLine(count, offset, whole.removesuffix(b"\n"), whole.endswith(b"\n"))
                    offset += len(data)
            if fault:
                yield Damage(feed.path, count + 1, fault)
        except OSError as error:
            raise ExportError(f"{feed.path} cannot be read: {error}") from error

    def read(self, number: int, offset: int, length: int) -> bytes:
        """Return bytes of a feed that ``lines`` has read.

        Raises:
            ExportError: the feed cannot be opened or read.
        """
        try:
            return os.pread(self._file(number).fileno(), length, offset)
        except OSError as error:
            raise ExportError(f"{self.feeds[number].path} cannot be read: {error}") from error

    def _file(self, number: int) -> IO[bytes]:
        if number in self._open:
            self._open.move_to_end(number)
        else:
            if len(self._open) == _OPEN_AT_ONCE:
                self._open.popitem(last=False)[1].close()
            self._open[number] = self._plain[number].open("rb", buffering=0)
        return self._open[number]

    def close(self) -> None:
        """Close the open files."""
        while self._open:
            self._open.popitem()[1].close()


class _Head(io.RawIOBase):
    """Readable stream of a file's first bytes, or of all if ``length`` is ``None``."""

    def __init__(self, file: IO[bytes], length: int | None) -> None:
        self._file = file
        self._left = sys.maxsize if length is None else length

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._file.read(min(len(buffer), self._left))
        buffer[: len(data)] = data
        self._left -= len(data)
        return len(data)


def _unpack(feed: Feed, target: Path) -> str | None:
    """Fetch and decompress as much as possible; return why the rest cannot be, if there is one."""
    with open_file(feed.location, buffer=WHOLE) as packed, target.open("wb") as plain:
        source = cast("IO[bytes]", _Head(packed, feed.length))
        try:
            with open_unpacked(feed.path, source) as unpacked:
                shutil.copyfileobj(unpacked, plain)
        except unpacking_errors() as error:
            return f"cannot be decompressed from here on ({error})"
    return None
