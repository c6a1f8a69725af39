"""Record selection, with an index of each record's latest version."""

import sqlite3
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

import msgspec

from newscrawl.articles.validation import known_versions
from newscrawl.errors import ExportError, StoreError
from newscrawl.export.feeds import Damage, FeedReader, Line
from newscrawl.items import SCHEMA_VERSIONS, Article

_BATCH = 5000
"""Lines that are indexed together."""

_LISTED = 20
"""Damaged lines that are named one by one."""

_TABLE = """
    CREATE TABLE versions (
        id        TEXT PRIMARY KEY,
        newspaper TEXT NOT NULL,     -- maghress/fr/lopinion
        published REAL NOT NULL,     -- seconds since 1970, UTC
        day       TEXT NOT NULL,     -- as printed where it was published, 2024-01-31
        origin    TEXT NOT NULL,
        status    TEXT NOT NULL,
        wanted    INTEGER NOT NULL,
        exported  REAL NOT NULL,     -- seconds since 1970, UTC; of two versions the later one stays
        feed      INTEGER NOT NULL,
        start     INTEGER NOT NULL,
        length    INTEGER NOT NULL,
        checksum  INTEGER NOT NULL   -- CRC 32 of the line: feeds must not change under an export
    ) WITHOUT ROWID
"""
_ADD = """
    INSERT INTO versions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET
        newspaper = excluded.newspaper, published = excluded.published, day = excluded.day,
        origin = excluded.origin, status = excluded.status, wanted = excluded.wanted,
        exported = excluded.exported, feed = excluded.feed, start = excluded.start,
        length = excluded.length, checksum = excluded.checksum
    WHERE excluded.exported >= versions.exported
"""

_LONG_AGO = "1970-01-01T00:00:00Z"
"""A version that does not say when it was exported gives way to any that does."""

_decode = msgspec.json.Decoder(Article).decode


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What a record must be to be exported; what is not given lets every record pass.

    The latest version of an article is judged, never an earlier one in its place.
    """

    site: tuple[str, ...] = ()
    """Names of aggregators."""
    edition: tuple[str, ...] = ()
    """Language branches."""
    outlet: tuple[str, ...] = ()
    """Outlet slugs."""
    since: date | None = None
    """First day of publication, in the outlet's own time zone."""
    until: date | None = None
    """Last day of publication."""
    origin: tuple[str, ...] = ()
    """Which copy title and text were taken from."""
    status: tuple[str, ...] = ()
    """What became of the link to the outlet's page."""
    agreement: float | None = None
    """Least ``agreement.text``; a record without one has no second copy and does not pass."""
    duplicates: bool = True
    """Whether articles whose text an earlier article has are wanted."""

    def wants(self, article: Article) -> bool:
        """Whether a record is all that."""
        day = (article.published or "")[:10]
        agreement = article.agreement.text
        return (
            article.aggregator in (self.site or (article.aggregator,))
            and article.edition in (self.edition or (article.edition,))
            and article.outlet.slug in (self.outlet or (article.outlet.slug,))
            and article.origin in (self.origin or (article.origin,))
            and article.source.status in (self.status or (article.source.status,))
            and (self.since is None or day >= self.since.isoformat())
            and (self.until is None or day <= self.until.isoformat())
            and (self.agreement is None or (agreement is not None and agreement >= self.agreement))
            and (self.duplicates or article.duplicate_of is None)
        )


@dataclass(slots=True)
class Counts:
    """What became of the lines: ``lines = damaged + earlier + unwanted + exported``."""

    lines: int = 0
    """Lines of all feeds."""
    damaged: int = 0
    """Lines that cannot be read."""
    earlier: int = 0
    """Versions of articles that a later one replaces."""
    unwanted: int = 0
    """Latest versions that are not of the selection."""
    exported: int = 0
    """Latest versions that are."""
    damages: list[Damage] = field(default_factory=list)
    """The first damaged lines."""


class Index:
    """A temporary database that holds where the latest version of each article stands.

    Records themselves are never held, so memory does not grow with the corpus.

    Raises:
        StoreError: the database cannot be written.
    """

    def __init__(self, path: Path, reader: FeedReader, selection: Selection) -> None:
        self._path = path
        self._reader = reader
        self._selection = selection
        try:
            self._db = sqlite3.connect(path, isolation_level=None)
            self._db.execute("PRAGMA journal_mode = OFF")  # it is thrown away after a fault
            self._db.execute("PRAGMA synchronous = OFF")
            self._db.execute("PRAGMA cache_size = -65536")  # 64 MiB
            self._db.execute(_TABLE)
        except sqlite3.Error as error:
            raise self._unwritable(error) from error

    def _unwritable(self, error: sqlite3.Error) -> StoreError:
        return StoreError(f"the index {self._path} cannot be written: {error}")

    def close(self) -> None:
        """Close the database; its file is the caller's to remove."""
        self._db.close()

    def build(self) -> Counts:
        """Go through all feeds once.

        Raises:
            ExportError: a feed cannot be read.
            StoreError: the database cannot be written.
        """
        counts = Counts()
        rows: list[tuple[object, ...]] = []
        for feed in range(len(self._reader.feeds)):
            for line in self._reader.lines(feed):
                counts.lines += 1
                row = line if isinstance(line, Damage) else self._row(feed, line)
                if not isinstance(row, Damage):
                    rows.append(row)
                    if len(rows) == _BATCH:
                        self._add(rows)
                    continue
                counts.damaged += 1
                if len(counts.damages) < _LISTED:
                    counts.damages.append(row)
        self._add(rows)
        articles, counts.exported = self._db.execute(
            "SELECT count(*), ifnull(sum(wanted), 0) FROM versions"
        ).fetchone()
        counts.earlier = counts.lines - counts.damaged - articles
        counts.unwanted = articles - counts.exported
        return counts

    def _row(self, feed: int, line: Line) -> tuple[object, ...] | Damage:
        """What the index holds of a line."""
        try:
            article = _decode(line.data)
            _check_version(article.schema)
            return (
                article.id,
                _newspaper(article.id),
                _seconds("published", article.published),
                (article.published or "")[:10],
                article.origin,
                article.source.status,
                self._selection.wants(article),
                _seconds("crawl.exported", article.crawl.exported or _LONG_AGO),
                feed,
                line.offset,
                len(line.data),
                zlib.crc32(line.data),
            )
        except ValueError as error:  # msgspec's errors are some, too
            return Damage(self._reader.feeds[feed].path, line.number, str(error))

    def _add(self, rows: list[tuple[object, ...]]) -> None:
        try:
            self._db.execute("BEGIN")
            self._db.executemany(_ADD, rows)
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            raise self._unwritable(error) from error
        rows.clear()

    def records(self) -> Iterator[tuple[str, bytes]]:
        """Newspaper (``maghress/fr/lopinion``) and line of each wanted record.

        In order of newspaper, moment of publication and identifier, so that the same records come
        in the same order whatever feeds they stand in.

        Raises:
            ExportError: a feed was changed meanwhile.
            StoreError: the database cannot sort them.
        """
        try:
            for newspaper, feed, start, length, checksum in self._db.execute(
                "SELECT newspaper, feed, start, length, checksum FROM versions WHERE wanted"
                " ORDER BY newspaper, published, id"
            ):
                line = self._reader.read(feed, start, length)
                if zlib.crc32(line) != checksum:
                    path = self._reader.feeds[feed].path
                    raise ExportError(f"{path} was changed while it was exported; export again")
                yield newspaper, line
        except sqlite3.Error as error:
            raise self._unwritable(error) from error

    def tally(self, what: str) -> dict[str, int]:
        """Numbers of wanted records by ``newspaper``, ``origin`` or ``status``."""
        sql = f"SELECT {what}, count(*) FROM versions WHERE wanted GROUP BY 1 ORDER BY 1"  # noqa: S608 - a column's name, from our own code
        return dict(self._db.execute(sql))

    def days(self) -> tuple[str, str]:
        """The first and the last day of publication among the wanted records."""
        first, last = self._db.execute(
            "SELECT min(day), max(day) FROM versions WHERE wanted"
        ).fetchone()
        return first, last


def _check_version(version: int) -> None:
    """Refuse records of a version whose fields may have another meaning.

    Raises:
        ValueError: the version is unknown.
    """
    if version not in SCHEMA_VERSIONS:
        raise ValueError(f"schema: version {version} is unknown; known are {known_versions()}")


def _newspaper(identifier: str) -> str:
    """The part of an identifier that is the newspaper's, as a path below the export.

    >>> _newspaper("maghress:fr/lopinion/36897")
    'maghress/fr/lopinion'

    Raises:
        ValueError: it cannot be a file's name.
    """
    if not identifier.isprintable():
        raise ValueError(f"id: {identifier!r} holds control characters")
    return identifier.replace(":", "/", 1).rpartition("/")[0]


def _seconds(name: str, moment: str | None) -> float:
    """A moment as seconds since 1970.

    Raises:
        ValueError: it is none, or has no offset.
    """
    try:
        when = datetime.fromisoformat(moment or "")
    except ValueError:
        raise ValueError(f"{name}: {moment!r} is no moment") from None
    if when.tzinfo is None:
        raise ValueError(f"{name}: {moment} has no offset")
    return when.timestamp()
