"""Compare the records of a new feed with those of older feeds, field by field."""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from shutil import copyfileobj
from tempfile import TemporaryFile
from typing import IO, Any

import msgspec

from newscrawl.state.compression import SUFFIXES, open_unpacked, unpacking_errors

_NOT_COMPARED = ("schema", "crawl", "version", "changed", "duplicate_of")
"""Fields that depend on the run rather than on the article."""


@dataclass(slots=True)
class FeedComparison:
    """Numbers of equal and different records, and the fields that differ."""

    same: int = 0
    """Articles whose records are equal except for the run."""
    different: int = 0
    """Articles whose records differ."""
    fields: Counter[str] = field(default_factory=Counter)
    """Number of records that differ in a field, such as ``text`` or ``source.title``."""
    examples: dict[str, str] = field(default_factory=dict)
    """One article for each of those fields."""
    missing: list[str] = field(default_factory=list)
    """Articles that only the older feed has."""
    added: list[str] = field(default_factory=list)
    """Articles that only the new feed has."""


def compare(new: Path, old: Iterable[Path]) -> FeedComparison:
    """Compare a feed with older ones, of which the last version of each article counts.

    Raises:
        OSError: a feed cannot be read.
        ValueError: a line of a feed is not a record, or a feed cannot be decompressed.
    """
    changes = FeedComparison()
    files = [_open_plain(path) for path in old]
    db = sqlite3.connect("", isolation_level=None)
    db.execute("CREATE TABLE lines (id TEXT PRIMARY KEY, file INTEGER, offset INTEGER)")
    try:
        for number, file in enumerate(files):
            offset = 0
            for line in file:
                row = (msgspec.json.decode(line, type=_Named).id, number, offset)
                db.execute("INSERT OR REPLACE INTO lines VALUES (?, ?, ?)", row)
                offset += len(line)
        with new.open("rb") as lines:
            for line in lines:
                record = msgspec.json.decode(line)
                place = db.execute(
                    "DELETE FROM lines WHERE id = ? RETURNING file, offset", (record["id"],)
                ).fetchone()
                if place is None:
                    changes.added.append(record["id"])
                    continue
                files[place[0]].seek(place[1])
                _note(changes, msgspec.json.decode(files[place[0]].readline()), record)
        changes.missing = [row[0] for row in db.execute("SELECT id FROM lines ORDER BY id")]
    finally:
        db.close()
        for file in files:
            file.close()
    return changes


def _open_plain(path: Path) -> IO[bytes]:
    """Open a feed for random access; a compressed one is decompressed to a temporary file."""
    if not path.name.endswith(SUFFIXES[1:]):
        return path.open("rb")
    plain = TemporaryFile()  # noqa: SIM115 - the caller closes it
    try:
        with open_unpacked(path) as packed:
            copyfileobj(packed, plain)
    except unpacking_errors() as error:
        raise ValueError(f"{path} cannot be decompressed: {error}") from error
    plain.seek(0)
    return plain


class _Named(msgspec.Struct):
    """A feed line of which only the article's identifier is decoded."""

    id: str


def _note(changes: FeedComparison, old: dict[str, Any], new: dict[str, Any]) -> None:
    names = [name for name in _fields(old, new) if _value(old, name) != _value(new, name)]
    changes.same += not names
    changes.different += bool(names)
    changes.fields.update(names)
    for name in names:
        changes.examples.setdefault(name, new["id"])


def _fields(*records: dict[str, Any]) -> Iterator[str]:
    """Yield the names of records' fields, with a dot before those of nested objects."""
    names: dict[str, None] = {}
    for record in records:
        for name, value in record.items():
            inner = [f"{name}.{part}" for part in value] if isinstance(value, dict) else [name]
            names.update(dict.fromkeys(inner if name not in _NOT_COMPARED else ()))
    return iter(names)


def _value(record: dict[str, Any], name: str) -> Any:
    outer, _, inner = name.partition(".")
    value = record.get(outer)
    return value.get(inner) if inner and isinstance(value, dict) else value
