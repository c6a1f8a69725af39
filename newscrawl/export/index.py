"""Index of the records to export, in a temporary database: position and columns of each."""

import sqlite3
import zlib
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from newscrawl.articles.validation import known_versions
from newscrawl.errors import ExportError, StoreError
from newscrawl.export.agencies import agency
from newscrawl.export.clusters import Clusters, ClusterText, Fingerprint, fingerprint
from newscrawl.export.columns import Columns, without_columns
from newscrawl.export.feeds import Damage, FeedLine, FeedReader
from newscrawl.export.sample import draw
from newscrawl.export.selection import Selection, text_hash
from newscrawl.export.trust import trust
from newscrawl.items import SCHEMA_VERSIONS, Article

_BATCH = 5000
"""Number of lines per transaction."""

_LISTED = 20
"""Maximum number of damaged lines to list."""

_SCHEMA = """
    CREATE TABLE versions (
        number    INTEGER PRIMARY KEY,
        id        TEXT NOT NULL,
        slot      TEXT NOT NULL,     -- empty, or the version if all of them are wanted
        newspaper TEXT NOT NULL,     -- maghress/fr/lopinion
        published REAL NOT NULL,     -- seconds since 1970, UTC
        day       TEXT NOT NULL,     -- as printed where it was published, 2024-01-31
        precise   INTEGER NOT NULL,  -- whether the time of day is known
        origin    TEXT NOT NULL,
        status    TEXT NOT NULL,
        language  TEXT,
        wanted    INTEGER NOT NULL,
        exported  REAL NOT NULL,     -- seconds since 1970, UTC; of two versions the later one stays
        feed      INTEGER NOT NULL,
        start     INTEGER NOT NULL,
        length    INTEGER NOT NULL,
        checksum  INTEGER NOT NULL,  -- CRC 32 of the line: feeds must not change under an export
        trust     TEXT NOT NULL,
        reasons   TEXT NOT NULL,     -- parted by commas
        agency    TEXT,
        size      INTEGER NOT NULL,  -- words of the text
        digest    BLOB,
        beginning INTEGER,
        signature BLOB,
        latest    INTEGER NOT NULL DEFAULT 1,
        UNIQUE (id, slot)
    );
    CREATE TABLE clusters (          -- of articles that are not alone
        id         TEXT PRIMARY KEY,
        cluster    TEXT NOT NULL,
        size       INTEGER NOT NULL,
        rank       INTEGER NOT NULL,
        similarity REAL NOT NULL,
        exact      INTEGER NOT NULL
    ) WITHOUT ROWID;
"""
_COLUMNS = (
    *("id", "slot", "newspaper", "published", "day", "precise", "origin", "status", "language"),
    *("wanted", "exported", "feed", "start", "length", "checksum", "trust", "reasons", "agency"),
    *("size", "digest", "beginning", "signature"),
)
_ADD = (
    f"INSERT INTO versions ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})"  # noqa: S608 - names are literals
    " ON CONFLICT (id, slot) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS[2:])
    + " WHERE excluded.exported >= versions.exported"
)
_MARK_EARLIER = """
    UPDATE versions SET latest = 0 WHERE number NOT IN (
        SELECT last_value(number) OVER (
            PARTITION BY id ORDER BY exported, number
            ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
        FROM versions)
"""
_RECORDS = """
    SELECT newspaper, feed, start, length, checksum, day, latest, trust, reasons, agency, id,
           cluster, clusters.size, rank, similarity, exact
    FROM versions LEFT JOIN clusters USING (id) WHERE wanted
    ORDER BY newspaper, {published}, id, exported, number
"""
_LATEST_PUBLISHED = "(SELECT published FROM versions last WHERE last.id = versions.id AND latest)"

_LISTED_TEXT = 1e12
"""Prefix of the time of a version with the listed text, so that it counts as the latest."""

_LONG_AGO = "1970-01-01T00:00:00Z"
"""Export time of a version that has none: any other version takes precedence."""

_decode = msgspec.json.Decoder(Article).decode


class _Texts(msgspec.Struct):
    """A record of which only the text is decoded."""

    text: str | None = None


_decode_text = msgspec.json.Decoder(_Texts).decode


@dataclass(slots=True)
class Counts:
    """Numbers of lines by outcome (damaged, earlier, exported …); they add up to ``lines``."""

    lines: int = 0
    """Lines of all feeds."""
    damaged: int = 0
    """Lines that cannot be parsed."""
    earlier: int = 0
    """Versions of articles that a later one replaces."""
    unwanted: int = 0
    """Versions that are not selected."""
    duplicates: int = 0
    """Versions left out because another article of the selection represents their text."""
    not_drawn: int = 0
    """Versions left out because their article was not drawn for the sample."""
    exported: int = 0
    """Versions that are exported."""
    damages: list[Damage] = field(default_factory=list)
    """The first damaged lines."""


class Record(NamedTuple):
    """A record to export: its newspaper, JSON line and added columns."""

    newspaper: str
    """Aggregator, edition and outlet: ``maghress/fr/lopinion``."""
    line: bytes
    """Its line in the feed, without the line break and the columns of an earlier export."""
    columns: Columns
    """Columns that the export adds."""


class Index:
    """Temporary database of all article versions in the feeds; selects those to export.

    Records themselves are not kept, so memory hardly grows with the corpus.

    Args:
        path: file of the database.
        reader: the feeds.
        selection: which records are wanted.
        clusters: whether duplicate clusters are computed.

    Raises:
        StoreError: the database cannot be written.
    """

    def __init__(
        self, path: Path, reader: FeedReader, selection: Selection, *, clusters: bool = True
    ) -> None:
        self._path = path
        self._reader = reader
        self._selection = selection
        self._clusters = clusters or not selection.duplicates
        try:
            self._db = sqlite3.connect(path, isolation_level=None)
            self._db.execute("PRAGMA journal_mode = OFF")  # it is discarded after a failure
            self._db.execute("PRAGMA synchronous = OFF")
            self._db.execute("PRAGMA cache_size = -65536")  # 64 MiB
            self._db.executescript(_SCHEMA)
        except sqlite3.Error as error:
            raise self._unwritable(error) from error

    def _unwritable(self, error: sqlite3.Error) -> StoreError:
        return StoreError(f"the index {self._path} cannot be written: {error}")

    def close(self) -> None:
        """Close the database; its file is removed by the caller."""
        self._db.close()

    def build(self) -> Counts:
        """Read all feeds once, then determine clusters and sample.

        Raises:
            ExportError: a feed cannot be read.
            StoreError: the database cannot be written.
        """
        counts = Counts()
        self._read_feeds(counts)
        try:
            (articles,) = self._db.execute("SELECT count(*) FROM versions").fetchone()
            counts.earlier = counts.lines - counts.damaged - articles
            if self._selection.all_versions:
                self._db.execute(_MARK_EARLIER)
            sql = "SELECT count(*) FROM versions WHERE wanted"
            (counts.exported,) = self._db.execute(sql).fetchone()
            counts.unwanted = articles - counts.exported
            if self._clusters:
                self._find_clusters()
            if not self._selection.duplicates:
                counts.duplicates = self._reject("id IN (SELECT id FROM clusters WHERE rank > 1)")
            if self._selection.sample is not None:
                counts.not_drawn = self._draw(self._selection.sample)
            counts.exported -= counts.duplicates + counts.not_drawn
        except sqlite3.Error as error:
            raise self._unwritable(error) from error
        return counts

    def _reject(self, condition: str) -> int:
        """Exclude the versions that meet a condition; return their number."""
        sql = f"UPDATE versions SET wanted = 0 WHERE wanted AND {condition}"  # noqa: S608 - conditions are literals
        return self._db.execute(sql).rowcount

    # --- Feeds ------------------------------------------------------------------------------------

    def _read_feeds(self, counts: Counts) -> None:
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

    def _row(self, feed: int, line: FeedLine) -> tuple[object, ...] | Damage:
        """Return a line's row for the index."""
        try:
            article = _decode(line.data)
            _check_version(article.schema)
            exported = _seconds("crawl.exported", article.crawl.exported or _LONG_AGO)
            verdict = trust(article)
            wanted = self._selection.wants(article, verdict)
            if self._has_listed_text(article):
                exported += _LISTED_TEXT
            printed = Fingerprint(0, b"", 0, b"")
            if wanted and self._clusters:
                printed = fingerprint(article.title or "", article.text or "")
            return (
                article.id,
                f"{article.version} {exported}" if self._selection.all_versions else "",
                _newspaper(article.id),
                _seconds("published", article.published),
                (article.published or "")[:10],
                article.published_precision == "second",
                article.origin,
                article.source.status,
                article.language,
                wanted,
                exported,
                feed,
                line.offset,
                len(line.data),
                zlib.crc32(line.data),
                verdict.level,
                ",".join(verdict.reasons),
                agency(article) if wanted else None,
                *printed,
            )
        except ValueError as error:  # the base class of msgspec's errors
            return Damage(self._reader.feeds[feed].path, line.number, str(error))

    def _has_listed_text(self, article: Article) -> bool:
        """Return whether a record has the text in the list of identifiers."""
        listed = (self._selection.ids or {}).get(article.id)
        return listed is not None and listed.text_sha256 == text_hash(article.text)

    def _add(self, rows: list[tuple[object, ...]]) -> None:
        try:
            self._db.execute("BEGIN")
            self._db.executemany(_ADD, rows)
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            raise self._unwritable(error) from error
        rows.clear()

    # --- Clusters and sample ----------------------------------------------------------------------

    def _find_clusters(self) -> None:
        """Find the articles with the same text among the latest versions that are wanted."""
        (count,) = self._db.execute(
            "SELECT count(*) FROM versions WHERE wanted AND latest"
        ).fetchone()
        numbers = array("q")
        clusters = Clusters(count, lambda at: self._text(numbers[at]))
        for number, size, digest, beginning, signature, published, precise in self._db.execute(
            "SELECT number, size, digest, beginning, signature, published, precise"
            " FROM versions WHERE wanted AND latest ORDER BY id"
        ):
            numbers.append(number)
            printed = Fingerprint(size, digest, beginning, signature)
            clusters.add(ClusterText(printed, published, bool(precise)))
        self._db.execute("BEGIN")
        self._db.executemany(
            "INSERT INTO clusters SELECT one.id, first.id, ?, ?, ?, ?"
            " FROM versions one, versions first WHERE one.number = ? AND first.number = ?",
            (
                (
                    place.size,
                    place.rank,
                    place.similarity,
                    place.exact,
                    numbers[place.article],
                    numbers[place.representative],
                )
                for place in clusters.places()
            ),
        )
        self._db.execute("COMMIT")

    def _text(self, number: int) -> str:
        feed, start, length = self._db.execute(
            "SELECT feed, start, length FROM versions WHERE number = ?", (number,)
        ).fetchone()
        return _decode_text(self._reader.read(feed, start, length)).text or ""

    def _draw(self, count: int) -> int:
        """Exclude the articles that are not drawn; return the number of their versions."""
        stratum = "newspaper || ' ' || substr(day, 1, 7)"
        from_wanted = "FROM versions WHERE wanted AND latest"
        sizes = self._db.execute(f"SELECT {stratum}, count(*) {from_wanted} GROUP BY 1")
        articles = self._db.execute(f"SELECT id, {stratum} {from_wanted}")
        drawn = draw(dict(sizes), articles, count, self._selection.seed)
        self._db.execute("CREATE TABLE drawn (id TEXT PRIMARY KEY)")
        self._db.executemany("INSERT INTO drawn VALUES (?)", ((article,) for article in drawn))
        return self._reject("id NOT IN (SELECT id FROM drawn)")

    # --- Exported records -------------------------------------------------------------------------

    def records(self) -> Iterator[Record]:
        """Yield each wanted record, in order of newspaper, publication and identifier.

        The order does not depend on the feeds that contain the records.

        Raises:
            ExportError: a feed was changed in the meantime.
            StoreError: the database cannot sort them.
        """
        # Versions of an article are adjacent.
        published = _LATEST_PUBLISHED if self._selection.all_versions else "published"
        try:
            rows = self._db.execute(_RECORDS.format(published=published))
            for newspaper, feed, start, length, checksum, *known in rows:
                line = self._reader.read(feed, start, length)
                if zlib.crc32(line) != checksum:
                    path = self._reader.feeds[feed].path
                    raise ExportError(f"{path} was changed while it was exported; export again")
                yield Record(newspaper, without_columns(line), _columns(*known))
        except sqlite3.Error as error:
            raise self._unwritable(error) from error

    def count_by(self, column: str) -> dict[str, int]:
        """Return numbers of wanted records by a column such as ``newspaper`` or ``trust``."""
        sql = f"SELECT {column}, count(*) FROM versions WHERE wanted GROUP BY 1 ORDER BY 1"  # noqa: S608 - column names are literals
        return {key or "": count for key, count in self._db.execute(sql)}

    def count_clusters(self) -> tuple[int, int] | None:
        """Return the numbers of clusters and of their articles; ``None`` if not computed."""
        if not self._clusters:
            return None
        clusters, articles = self._db.execute(
            "SELECT count(DISTINCT cluster), count(*) FROM clusters"
        ).fetchone()
        return clusters, articles

    def with_listed_text(self) -> Iterator[tuple[str, bool]]:
        """Yield each wanted article, and whether it has the text in the list of identifiers."""
        yield from self._db.execute(
            "SELECT id, exported >= ? FROM versions WHERE wanted", (_LISTED_TEXT,)
        )

    def days(self) -> tuple[str, str]:
        """Return the first and the last day of publication among the wanted records."""
        first, last = self._db.execute(
            "SELECT min(day), max(day) FROM versions WHERE wanted"
        ).fetchone()
        return first, last


def _columns(
    day: str,
    latest: int,
    level: Any,
    reasons: Any,
    source: str | None,
    identifier: str,
    cluster: str | None,
    size: int,
    rank: int,
    similarity: float,
    exact: int,
) -> Columns:
    """Return the columns of a row of ``_RECORDS``."""
    columns = Columns(day, bool(latest), level, reasons.split(",") if reasons else [], source)
    columns.cluster = identifier
    if cluster:
        columns.cluster, columns.cluster_size, columns.cluster_rank = cluster, size, rank
        if rank > 1:
            columns.cluster_match = "exact" if exact else "near"
            columns.cluster_similarity = 1.0 if exact else round(similarity, 3)
    return columns


def _check_version(version: int) -> None:
    """Refuse records of a version whose fields may have another meaning.

    Raises:
        ValueError: the version is unknown.
    """
    if version not in SCHEMA_VERSIONS:
        raise ValueError(f"schema: version {version} is unknown; known are {known_versions()}")


def _newspaper(identifier: str) -> str:
    """Return the newspaper in an identifier, as a path below the export.

    >>> _newspaper("maghress:fr/lopinion/36897")
    'maghress/fr/lopinion'

    Raises:
        ValueError: it cannot be a file's name.
    """
    if not identifier.isprintable():
        raise ValueError(f"id: {identifier!r} holds control characters")
    return identifier.replace(":", "/", 1).rpartition("/")[0]


def _seconds(name: str, timestamp: str | None) -> float:
    """Return a timestamp as seconds since 1970.

    Raises:
        ValueError: it is not a timestamp, or has no offset.
    """
    try:
        when = datetime.fromisoformat(timestamp or "")
    except ValueError:
        raise ValueError(f"{name}: {timestamp!r} is not a timestamp") from None
    if when.tzinfo is None:
        raise ValueError(f"{name}: {timestamp} has no offset")
    return when.timestamp()
