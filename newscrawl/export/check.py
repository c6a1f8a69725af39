"""Validate feeds: find every invalid line, with its position and the violated rule."""

import dataclasses
import json
import sqlite3
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, get_args, get_type_hints

import msgspec

from newscrawl.articles.validation import record_faults
from newscrawl.errors import StoreError
from newscrawl.export.columns import COLUMNS
from newscrawl.export.feeds import Damage, FeedLine, FeedReader
from newscrawl.items import Article


@dataclass(frozen=True, slots=True)
class FeedFault:
    """A violation of the schema or of a feed's guarantees, with feed and line."""

    feed: int
    """Number of the feed, from 0."""
    line: int
    """Number of the line, from 1."""
    article: str | None
    """The record's identifier, if it can be parsed."""
    what: str
    """The field and what is wrong with it."""


class FeedCheck:
    """Check of all lines of feeds in one pass; keeps only identifiers and versions.

    Raises:
        StoreError: its temporary database cannot be written.
    """

    def __init__(self, reader: FeedReader) -> None:
        self._reader = reader
        self.lines = 0
        """Lines read so far."""
        self.faulty = 0
        """Faulty lines so far."""
        # SQLite keeps it in memory while it is small, then in a temporary file.
        self._db = sqlite3.connect("", isolation_level=None)
        self._db.execute(
            "CREATE TABLE seen (id TEXT, version INTEGER, feed INTEGER, line INTEGER,"
            " PRIMARY KEY (id, version)) WITHOUT ROWID"
        )

    def close(self) -> None:
        """Close the temporary database."""
        self._db.close()

    def faults(self) -> Iterator[FeedFault]:
        """Yield every fault of all feeds, in order.

        Raises:
            ExportError: a feed cannot be opened or read.
            StoreError: the temporary database cannot be written.
        """
        try:
            self._db.execute("BEGIN")
            for feed in range(len(self._reader.feeds)):
                for line in self._reader.lines(feed):
                    self.lines += 1
                    article, found = self._judge(feed, line)
                    self.faulty += bool(found)
                    number = line.line if isinstance(line, Damage) else line.number
                    yield from (FeedFault(feed, number, article, what) for what in found)
        except sqlite3.Error as error:
            raise StoreError(f"the identifiers cannot be kept: {error}") from error

    def _judge(self, feed: int, line: FeedLine | Damage) -> tuple[str | None, list[str]]:
        """Return the record's identifier and the faults of its line."""
        if isinstance(line, Damage):
            return None, [line.reason]
        record, found = _parse(line)
        if not isinstance(record, dict):
            return None, found
        for column in COLUMNS:  # of an earlier export
            record.pop(column, None)
        article, version = record.get("id"), record.get("version")
        found += record_faults(record)
        if order := _order_fault(record, Article, "record"):
            found.append(order)
        found += _form_faults(record)
        if not isinstance(article, str):
            return None, found
        if type(version) is int:
            found += self._note(article, version, feed, line.number)
        return article, found

    def _note(self, article: str, version: int, feed: int, line: int) -> list[str]:
        """Store a version; return a fault if it is a duplicate."""
        try:
            self._db.execute("INSERT INTO seen VALUES (?, ?, ?, ?)", (article, version, feed, line))
        except sqlite3.IntegrityError:
            where, number = self._db.execute(
                "SELECT feed, line FROM seen WHERE id = ? AND version = ?", (article, version)
            ).fetchone()
            path = self._reader.feeds[where].path
            return [f"version: {version} with this id is in {path}, line {number}, too"]
        return []


def _parse(line: FeedLine) -> tuple[Any, list[str]]:
    """Return the object on a line, and the faults of the line's form."""
    found = [] if line.ended else ["the line does not end: it is torn"]
    if not line.data.strip():
        return None, [*found, "the line is empty"]
    if line.data.startswith(b"\xef\xbb\xbf"):
        found.append("the line begins with a byte order mark")
    try:
        line.data.decode("utf-8")
        record = msgspec.json.decode(line.data)
    except UnicodeDecodeError as error:
        return None, [*found, f"is not UTF-8: byte {error.start + 1} of the line, {error.reason}"]
    except ValueError as error:
        return None, [*found, f"is not JSON: {error}"]
    if not isinstance(record, dict):
        return None, [*found, "is not an object"]
    if msgspec.json.encode(record) != line.data:
        # Only then can a name occur twice; parsers would use one of the values.
        json.loads(line.data, object_pairs_hook=lambda pairs: _collect(pairs, found))
    return record, found


def _collect(pairs: list[tuple[str, Any]], found: list[str]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    found += [f"{name}: appears twice" for name in sorted({n for n in names if names.count(n) > 1})]
    return dict(pairs)


def _order_fault(record: dict[str, Any], cls: type, where: str) -> str | None:
    """Return a fault for the first field that is out of order; the schema reports missing ones."""
    names = [field.name for field in dataclasses.fields(cls)]
    known = [name for name in record if name in names]
    for name, expected in zip(known, (n for n in names if n in record), strict=True):
        if name != expected:
            return f"{where}: found {name} in place of {expected}"
    hints = get_type_hints(cls)
    for name, value in record.items():
        if isinstance(value, dict) and name in hints:
            kinds = [
                kind for kind in (hints[name], *get_args(hints[name])) if isinstance(kind, type)
            ]
            for kind in filter(dataclasses.is_dataclass, kinds):
                if fault := _order_fault(value, kind, name):
                    return fault
    return None


def _form_faults(record: dict[str, Any]) -> list[str]:
    """Return a fault for each text that is not in normal form C."""
    copies = [("", record), *((f"{name}.", record.get(name)) for name in ("copy", "source"))]
    return [
        f"{prefix}{name}: is not in Unicode's normal form C"
        for prefix, holder in copies
        if isinstance(holder, dict)
        for name in ("title", "text")
        if isinstance(text := holder.get(name), str) and not unicodedata.is_normalized("NFC", text)
    ]
