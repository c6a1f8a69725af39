"""Output formats of an export: JSON Lines, CSV, Parquet and others, with their writers."""

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import ClassVar, Protocol

import msgspec

from newscrawl.errors import ExportError
from newscrawl.export.differences import Difference, between_copy_and_source, between_records
from newscrawl.export.index import Record
from newscrawl.export.parquet import ParquetRows
from newscrawl.export.record_fields import Field, corpus_fields, difference_fields, survival_fields
from newscrawl.export.tables import (
    CodingSheet,
    Csv,
    Identifiers,
    SurvivalTable,
    coding_fields,
    csv_fields,
    identifier_fields,
)
from newscrawl.items import Article

_decode = msgspec.json.Decoder(Article).decode
_encode = msgspec.json.Encoder().encode


class Writer(Protocol):
    """Interface of writers: write records to one file, which the caller opens and closes."""

    def add(self, record: Record) -> int | None:
        """Write one record; return the number of rows written, ``None`` for one."""

    def close(self) -> None:
        """Write buffered rows."""


class WriterFactory(Protocol):
    """Protocol of callables that create a writer for an open file."""

    def __call__(self, file: io.BufferedIOBase, *, bom: bool) -> Writer:
        """Return a writer; ``bom`` adds a byte order mark where the format allows one."""


@dataclass(frozen=True, slots=True)
class Format:
    """Description of an output format: suffix, media type, writer and columns."""

    suffix: str
    """Suffix of its files, with the dot."""
    format: str
    """Format of its files, in Frictionless terms."""
    mediatype: str
    """IANA media type of its files."""
    writer: WriterFactory
    """Creates the writer of a file."""
    fields: Callable[[], tuple[Field, ...]]
    """Returns the fields of its records."""
    about: str
    """Description for the help text."""
    always_split: bool = False
    """Whether it always writes one file per newspaper."""
    by_suffix: bool = True
    """Whether the output file's suffix selects it."""
    is_table: bool = True
    """Whether Frictionless can validate it as a table."""
    clusters: bool = True
    """Whether it contains duplicate clusters, which take time to compute."""
    texts: bool = True
    """Whether it contains texts, which belong to their publishers."""


class JsonLines:
    """Writer of JSON Lines: the record's fields, then the export's columns."""

    def __init__(self, file: io.BufferedIOBase, *, bom: bool) -> None:  # noqa: ARG002 - JSON has none
        self._file = file

    def add(self, record: Record) -> int:
        """See ``Writer``."""
        self._file.write(joined(record) + b"\n")
        return 1

    def close(self) -> None:
        """See ``Writer``."""


def joined(record: Record) -> bytes:
    """Return a record and its columns as one JSON object."""
    return record.line.rstrip()[:-1] + b"," + _encode(record.columns)[1:]


class Parquet:
    """Writer of Parquet with nested fields, in row groups of a few megabytes.

    Raises:
        ExportError: pyarrow is not installed.
    """

    def __init__(self, file: io.BufferedIOBase, *, bom: bool) -> None:  # noqa: ARG002 - it is binary
        self._rows = ParquetRows(file, corpus_fields())

    def add(self, record: Record) -> int:
        """See ``Writer``."""
        self._rows.add(joined(record))
        return 1

    def close(self) -> None:
        """See ``Writer``."""
        self._rows.close()


class Differences:
    """Writer of JSON Lines with one row per passage that differs between two versions.

    The copy is compared with the source in the latest version of an article, and each version with
    the previous one if all versions are exported.
    """

    def __init__(self, file: io.BufferedIOBase, *, bom: bool) -> None:  # noqa: ARG002 - JSON has none
        self._file = file
        self._before: Article | None = None

    def add(self, record: Record) -> int:
        """See ``Writer``."""
        article = _decode(record.line)
        found: list[Difference] = []
        if self._before and self._before.id == article.id:
            found += between_records(self._before, article)
        if record.columns.latest:
            found += between_copy_and_source(article)
        self._before = article
        for difference in found:
            difference.id, difference.newspaper = article.id, record.newspaper
            difference.day, difference.language = record.columns.day, article.language
            self.write(_encode(difference))
        return len(found)

    def write(self, row: bytes) -> None:
        """Write a row."""
        self._file.write(row + b"\n")

    def close(self) -> None:
        """See ``Writer``."""


class ParquetDifferences(Differences):
    """Writer of Parquet with one row per passage that differs between two versions."""

    def __init__(self, file: io.BufferedIOBase, *, bom: bool) -> None:
        super().__init__(file, bom=bom)
        self._rows = ParquetRows(file, difference_fields())

    def write(self, row: bytes) -> None:
        """Write a row."""
        self._rows.add(row)

    def close(self) -> None:
        """See ``Writer``."""
        self._rows.close()


class _Studied(msgspec.Struct):
    """Fields of a record that the study's layout needs."""

    id: str
    published: str
    text: str | None = None
    authors: list[str] = []
    section: str | None = None


class Study:
    """Writer of JSON Lines in the published study's layout: five fields, all text."""

    _parse: ClassVar = msgspec.json.Decoder(_Studied).decode

    def __init__(self, file: io.BufferedIOBase, *, bom: bool) -> None:  # noqa: ARG002 - JSON has none
        self._file = file

    def add(self, record: Record) -> int:
        """See ``Writer``."""
        parsed = self._parse(record.line)
        studied = {
            "content": parsed.text or "",
            "author": ", ".join(parsed.authors),
            "date": parsed.published[:10].replace("-", ""),
            "new_category": parsed.section or "",
            "newspaper": parsed.id.split("/")[1],
        }
        self._file.write(_encode(studied) + b"\n")
        return 1

    def close(self) -> None:
        """See ``Writer``."""


def study_fields() -> tuple[Field, ...]:
    """Return the study's five fields, each with the field of the record that it is made from."""
    return (
        Field("content", "string", "The article's text: `text`; empty if there is none."),
        Field("author", "string", "People and desks, separated by commas: `authors`."),
        Field("date", "string", "Day of publication where the outlet is, YYYYMMDD: `published`."),
        Field("new_category", "string", "The outlet's rubric: `section`; empty if there is none."),
        Field("newspaper", "string", "The outlet's name in URLs and of its file: `outlet.slug`."),
    )


_JSON_LINES = ("jsonl", "application/jsonl")
_CSV = ("csv", "text/csv")
_PARQUET = ("parquet", "application/vnd.apache.parquet")

FORMATS: dict[str, Format] = {
    "jsonl": Format(".jsonl", *_JSON_LINES, JsonLines, corpus_fields, "JSON Lines"),
    "csv": Format(".csv", *_CSV, Csv, csv_fields, "CSV, one column per field"),
    "parquet": Format(
        ".parquet",
        *_PARQUET,
        Parquet,
        corpus_fields,
        "Parquet, with nested fields",
        is_table=False,  # it rejects lists in Parquet
    ),
    "study": Format(
        ".json",
        *_JSON_LINES,
        Study,
        study_fields,
        "the layout of a published study",
        always_split=True,
        clusters=False,
    ),
    "coding": Format(
        ".csv",
        *_CSV,
        CodingSheet,
        coding_fields,
        "a sheet for human coders",
        by_suffix=False,
        clusters=False,
    ),
    "identifiers": Format(
        ".csv",
        *_CSV,
        Identifiers,
        identifier_fields,
        "identifiers, URLs, hashes and counts without texts",
        by_suffix=False,
        texts=False,
    ),
    "differences": Format(
        ".jsonl",
        *_JSON_LINES,
        Differences,
        difference_fields,
        "a row for each passage that differs between copy and source, and between versions",
        by_suffix=False,
        clusters=False,
    ),
    "differences-parquet": Format(
        ".parquet",
        *_PARQUET,
        ParquetDifferences,
        difference_fields,
        "the same in Parquet",
        by_suffix=False,
        clusters=False,
        is_table=False,
    ),
    "survival": Format(
        ".csv",
        *_CSV,
        SurvivalTable,
        survival_fields,
        "a row for each source: since when it is lost, or until when it was alive",
        by_suffix=False,
        texts=False,
        clusters=False,
    ),
}
"""Output formats by name."""


def format_of(output: Path) -> str | None:
    """Return the format of a file's suffix; ``None`` if there is none."""
    for name, chosen in FORMATS.items():
        if chosen.by_suffix and not chosen.always_split and chosen.suffix == output.suffix:
            return name
    return None


def add_formats(paths: Mapping[str, str]) -> None:
    """Add user-defined formats to ``FORMATS``.

    Args:
        paths: Paths of ``Format`` objects, such as ``myproject.formats.PLAIN``, by name.

    Raises:
        ExportError: a path does not name a ``Format``.
    """
    for name, path in paths.items():
        module, _, attribute = path.rpartition(".")
        try:
            added = getattr(import_module(module), attribute)
        except (ImportError, AttributeError, ValueError) as error:
            raise ExportError(f"format {name}: {path} cannot be imported: {error}") from error
        if not isinstance(added, Format):
            raise ExportError(f"format {name}: {path} is not a Format")
        FORMATS[name] = added
