"""The formats of an export: each takes records and writes them its own way."""

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, ClassVar, Protocol

import msgspec

from newscrawl.errors import ExportError
from newscrawl.export.columns import COLUMNS
from newscrawl.export.index import Record
from newscrawl.export.record_fields import Field, corpus_fields
from newscrawl.export.tables import (
    Coding,
    Csv,
    Identifiers,
    coding_fields,
    csv_fields,
    identifier_fields,
)

_ROWS_TOGETHER = 16 * 1024 * 1024
"""Bytes of lines that are held for one row group of a Parquet file."""

_encode = msgspec.json.Encoder().encode


class Writer(Protocol):
    """Writes records to one file; the caller opens and closes that."""

    def add(self, record: Record) -> None:
        """Write one record."""

    def close(self) -> None:
        """Write what is still held back."""


class WriterFactory(Protocol):
    """Begins a file."""

    def __call__(self, file: io.BufferedIOBase, *, bom: bool) -> Writer:
        """Return a writer; ``bom`` asks for a byte order mark, where the format allows one."""


@dataclass(frozen=True, slots=True)
class Format:
    """A way to write a corpus."""

    suffix: str
    """Of its files, with the dot."""
    format: str
    """What its files are, as Frictionless calls it."""
    mediatype: str
    """IANA media type of its files."""
    writer: WriterFactory
    """Begins a file."""
    fields: Callable[[], tuple[Field, ...]]
    """What its records hold."""
    about: str
    """What it is, for the help text."""
    always_split: bool = False
    """Whether it is one file a newspaper by definition."""
    by_suffix: bool = True
    """Whether a file's suffix alone chooses it."""
    is_table: bool = True
    """Whether Frictionless can validate it as a table."""
    texts: bool = True
    """Whether it holds texts, which belong to their publishers."""


class JsonLines:
    """The lines as they stand in the feeds, with the columns of the export behind their fields."""

    def __init__(self, file: io.BufferedIOBase, *, bom: bool) -> None:  # noqa: ARG002 - JSON has none
        self._file = file

    def add(self, record: Record) -> None:
        """See ``Writer``."""
        self._file.write(joined(record) + b"\n")

    def close(self) -> None:
        """See ``Writer``."""


_LAST_COLUMN = f'"{COLUMNS[-1]}":'.encode()


def joined(record: Record) -> bytes:
    """Return a record and its columns as one JSON object."""
    if _LAST_COLUMN in record.line:  # the line is of an earlier export
        line = msgspec.json.decode(record.line) | msgspec.to_builtins(record.columns)
        return _encode(line)
    return record.line.rstrip()[:-1] + b"," + _encode(record.columns)[1:]


class Parquet:
    """The record with its nested fields, in row groups of some megabytes.

    Raises:
        ExportError: pyarrow is not installed.
    """

    def __init__(self, file: io.BufferedIOBase, *, bom: bool) -> None:  # noqa: ARG002 - it is binary
        self._arrow = _pyarrow()
        fields = corpus_fields()
        parsed = [(field.name, _arrow_type(self._arrow, field)) for field in fields]
        self._parser = self._arrow.json.ParseOptions(
            explicit_schema=self._arrow.schema(parsed), unexpected_field_behavior="ignore"
        )
        # The parser knows no dates.
        day = self._arrow.date32()
        self._schema = self._arrow.schema(
            [
                (name, day if field.format == "date" else kind)
                for field, (name, kind) in zip(fields, parsed, strict=True)
            ]
        )
        self._writer = self._arrow.parquet.ParquetWriter(file, self._schema, compression="zstd")
        self._lines: list[bytes] = []
        self._size = 0

    def add(self, record: Record) -> None:
        """See ``Writer``."""
        line = joined(record)
        self._lines.append(line)
        self._size += len(line) + 1
        if self._size >= _ROWS_TOGETHER:
            self._flush()

    def _flush(self) -> None:
        block = b"\n".join(self._lines)
        # In one piece: a record must not straddle two blocks of the parser.
        options = self._arrow.json.ReadOptions(use_threads=False, block_size=len(block) + 1)
        try:
            table = self._arrow.json.read_json(io.BytesIO(block), options, self._parser)
        except self._arrow.ArrowInvalid as error:
            raise ExportError(f"a record does not fit into Parquet: {error}") from error
        self._writer.write_table(table.select(self._schema.names).cast(self._schema))
        self._lines.clear()
        self._size = 0

    def close(self) -> None:
        """See ``Writer``."""
        if self._lines:
            self._flush()
        self._writer.close()


def _pyarrow() -> Any:
    """Return the library behind Parquet, 40 MB in memory: only for those who ask for it."""
    try:
        import pyarrow as arrow
        import pyarrow.json
        import pyarrow.parquet
    except ImportError as error:
        raise ExportError(
            f"Parquet needs pyarrow ({error}); install it by: pip install 'newscrawl[export]'"
        ) from error
    return arrow


def _arrow_type(arrow: Any, field: Field) -> Any:
    match field.kind:
        case "object":
            return arrow.struct([(inner.name, _arrow_type(arrow, inner)) for inner in field.inner])
        case "array":
            return arrow.list_(_arrow_type(arrow, field.inner[0]))
        case kind:
            scalars = {
                "string": arrow.string(),
                "integer": arrow.int64(),
                "number": arrow.float64(),
                "boolean": arrow.bool_(),
            }
            return scalars[kind]


class _Studied(msgspec.Struct):
    """What the study's layout takes from a record."""

    id: str
    published: str
    text: str | None = None
    authors: list[str] = []
    section: str | None = None


class Study:
    """JSON Lines with the five fields that the published study's code reads, all of them text."""

    _parse: ClassVar = msgspec.json.Decoder(_Studied).decode

    def __init__(self, file: io.BufferedIOBase, *, bom: bool) -> None:  # noqa: ARG002 - JSON has none
        self._file = file

    def add(self, record: Record) -> None:
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

FORMATS: dict[str, Format] = {
    "jsonl": Format(".jsonl", *_JSON_LINES, JsonLines, corpus_fields, "JSON Lines"),
    "csv": Format(".csv", *_CSV, Csv, csv_fields, "CSV, one column a field"),
    "parquet": Format(
        ".parquet",
        "parquet",
        "application/vnd.apache.parquet",
        Parquet,
        corpus_fields,
        "Parquet, with nested fields",
        is_table=False,  # it takes lists in Parquet for wrong
    ),
    "study": Format(
        ".json",
        *_JSON_LINES,
        Study,
        study_fields,
        "the layout of a published study",
        always_split=True,
    ),
    "coding": Format(
        ".csv", *_CSV, Coding, coding_fields, "a sheet for human coders", by_suffix=False
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
}
"""Every format, by the name it is asked for."""


def add_formats(paths: Mapping[str, str]) -> None:
    """Add formats of a user to ``FORMATS``.

    Args:
        paths: Paths of ``Format`` objects, such as ``myproject.formats.PLAIN``, by name.

    Raises:
        ExportError: a path leads to no ``Format``.
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
