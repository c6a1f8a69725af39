"""The formats of an export: each takes lines of a feed and writes them its own way."""

import csv
import dataclasses
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, ClassVar, Protocol

import msgspec

from newscrawl.errors import ExportError
from newscrawl.export.record_fields import Field, flat, record_fields

_ROWS_TOGETHER = 16 * 1024 * 1024
"""Bytes of lines that are held for one row group of a Parquet file."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet runs a cell that begins with one of these."""

_decode = msgspec.json.Decoder(dict[str, Any]).decode
_encode = msgspec.json.Encoder().encode


class Writer(Protocol):
    """Writes records to one file; the caller opens and closes that."""

    def add(self, line: bytes) -> None:
        """Write one record, given as a line of a feed without its line break."""

    def close(self) -> None:
        """Write what is still held back."""


@dataclass(frozen=True, slots=True)
class Format:
    """A way to write a corpus."""

    suffix: str
    """Of its files, with the dot."""
    format: str
    """What its files are, as Frictionless calls it."""
    mediatype: str
    """IANA media type of its files."""
    writer: Callable[[io.BufferedIOBase], Writer]
    """Begins a file."""
    fields: Callable[[], tuple[Field, ...]]
    """What its records hold."""
    always_split: bool = False
    """Whether it is one file a newspaper by definition."""


class JsonLines:
    """The lines as they stand in the feeds."""

    def __init__(self, file: io.BufferedIOBase) -> None:
        self._file = file

    def add(self, line: bytes) -> None:
        """See ``Writer``."""
        self._file.write(line + b"\n")

    def close(self) -> None:
        """See ``Writer``."""


class Csv:
    """One row a record, one column a field that is no object; arrays are JSON."""

    def __init__(self, file: io.BufferedIOBase) -> None:
        self._rows = csv.writer(_Encoded(file))
        self._columns = [path for path, _ in flat(record_fields())]
        self._rows.writerow(".".join(path) for path in self._columns)

    def add(self, line: bytes) -> None:
        """See ``Writer``."""
        record = _decode(line)
        self._rows.writerow(_cell(_value(record, path)) for path in self._columns)

    def close(self) -> None:
        """See ``Writer``."""


class _Encoded:
    """A file of bytes that takes text."""

    def __init__(self, file: io.BufferedIOBase) -> None:
        self._file = file

    def write(self, text: str) -> int:
        return self._file.write(text.encode())


def csv_fields() -> tuple[Field, ...]:
    """The columns of a CSV file."""
    return tuple(
        dataclasses.replace(field, name=".".join(path)) for path, field in flat(record_fields())
    )


def _value(record: Any, path: tuple[str, ...]) -> Any:
    """A part of a record; ``None`` if it or what it belongs to is absent."""
    for name in path:
        if record is None:
            return None
        record = record.get(name)
    return record


def _cell(value: Any) -> str:
    """A value as a CSV cell that no spreadsheet takes for a formula.

    >>> _cell("=1+1"), _cell(-1), _cell(None), _cell(True), _cell(["a"])
    ("'=1+1", '-1', '', 'true', '["a"]')
    """
    if value is None:
        return ""
    if isinstance(value, str):
        return "'" + value if value.startswith(_FORMULA) else value
    return _encode(value).decode()


class Parquet:
    """The record with its nested fields, in row groups of some megabytes.

    Raises:
        ExportError: pyarrow is not installed.
    """

    def __init__(self, file: io.BufferedIOBase) -> None:
        arrow = _pyarrow()
        self._arrow = arrow
        self._schema = arrow.schema(
            [(field.name, _arrow_type(arrow, field)) for field in record_fields()]
        )
        self._parser = arrow.json.ParseOptions(
            explicit_schema=self._schema, unexpected_field_behavior="ignore"
        )
        self._writer = arrow.parquet.ParquetWriter(file, self._schema, compression="zstd")
        self._lines: list[bytes] = []
        self._size = 0

    def add(self, line: bytes) -> None:
        """See ``Writer``."""
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
        self._writer.write_table(table.select(self._schema.names))
        self._lines.clear()
        self._size = 0

    def close(self) -> None:
        """See ``Writer``."""
        if self._lines:
            self._flush()
        self._writer.close()


def _pyarrow() -> Any:
    """The library behind Parquet, 40 MB in memory: only for those who ask for it."""
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

    _read: ClassVar = msgspec.json.Decoder(_Studied).decode

    def __init__(self, file: io.BufferedIOBase) -> None:
        self._file = file

    def add(self, line: bytes) -> None:
        """See ``Writer``."""
        record = self._read(line)
        studied = {
            "content": record.text or "",
            "author": ", ".join(record.authors),
            "date": record.published[:10].replace("-", ""),
            "new_category": record.section or "",
            "newspaper": record.id.split("/")[1],
        }
        self._file.write(_encode(studied) + b"\n")

    def close(self) -> None:
        """See ``Writer``."""


def study_fields() -> tuple[Field, ...]:
    """The study's five fields, each with the field of the record that it is made from."""
    return (
        Field("content", "string", "The article's text: `text`; empty if there is none."),
        Field("author", "string", "People and desks, parted by a comma: `authors`."),
        Field("date", "string", "Day of publication where the outlet is, YYYYMMDD: `published`."),
        Field("new_category", "string", "The outlet's rubric: `section`; empty if there is none."),
        Field("newspaper", "string", "The outlet's name in URLs and of its file: `outlet.slug`."),
    )


FORMATS: dict[str, Format] = {
    "jsonl": Format(".jsonl", "jsonl", "application/jsonl", JsonLines, record_fields),
    "csv": Format(".csv", "csv", "text/csv", Csv, csv_fields),
    "parquet": Format(
        ".parquet", "parquet", "application/vnd.apache.parquet", Parquet, record_fields
    ),
    "study": Format(".json", "jsonl", "application/jsonl", Study, study_fields, always_split=True),
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
