"""Write JSON objects as Parquet rows."""

import io
from collections.abc import Sequence
from typing import Any

from newscrawl.errors import ExportError
from newscrawl.export.record_fields import Field

_ROWS_TOGETHER = 16 * 1024 * 1024
"""Bytes of lines that are buffered for one row group."""


class ParquetRows:
    """Writer of JSON objects as Parquet rows, in row groups of a few megabytes.

    Args:
        file: where to write; the caller opens and closes it.
        fields: the columns.

    Raises:
        ExportError: pyarrow is not installed.
    """

    def __init__(self, file: io.BufferedIOBase, fields: Sequence[Field]) -> None:
        self._arrow = _pyarrow()
        parsed = [(field.name, _arrow_type(self._arrow, field)) for field in fields]
        self._parser = self._arrow.json.ParseOptions(
            explicit_schema=self._arrow.schema(parsed), unexpected_field_behavior="ignore"
        )
        # The parser does not support dates.
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

    def add(self, line: bytes) -> None:
        """Write one object, given as a line without its line break."""
        self._lines.append(line)
        self._size += len(line) + 1
        if self._size >= _ROWS_TOGETHER:
            self._flush()

    def _flush(self) -> None:
        block = b"\n".join(self._lines)
        # In one block: a record must not be split between two blocks of the parser.
        options = self._arrow.json.ReadOptions(use_threads=False, block_size=len(block) + 1)
        try:
            table = self._arrow.json.read_json(io.BytesIO(block), options, self._parser)
        except self._arrow.ArrowInvalid as error:
            raise ExportError(f"a record does not fit into Parquet: {error}") from error
        self._writer.write_table(table.select(self._schema.names).cast(self._schema))
        self._lines.clear()
        self._size = 0

    def close(self) -> None:
        """Write buffered rows and the end of the file."""
        if self._lines:
            self._flush()
        self._writer.close()


def _pyarrow() -> Any:
    """Import pyarrow, which takes 40 MB, only when Parquet is written."""
    try:
        import pyarrow as arrow
        import pyarrow.json
        import pyarrow.parquet
    except ImportError as error:
        raise ExportError(
            f"Parquet needs pyarrow ({error}); install it by: pip install '.[export]' in the clone"
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
