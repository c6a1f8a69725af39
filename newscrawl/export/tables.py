"""CSV writers of an export: records, source survival, coding sheets, identifier lists."""

import csv
import dataclasses
import io
from collections.abc import Sequence
from typing import Any

import msgspec

from newscrawl.export.index import Record
from newscrawl.export.record_fields import Field, corpus_fields, flat, survival_fields
from newscrawl.export.selection import text_hash
from newscrawl.export.survival import Checks, source_life
from newscrawl.items import Article
from newscrawl.text.cleaning import words

BOM = "\ufeff".encode()
"""Byte order mark, by which Excel recognises UTF-8."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""Characters with which a formula may begin in a spreadsheet; the last four are full-width ones."""

_decode = msgspec.json.Decoder(dict[str, Any]).decode
_encode = msgspec.json.Encoder().encode


class _Encoded:
    """Text interface to a binary file, for the ``csv`` module."""

    def __init__(self, file: io.BufferedIOBase) -> None:
        self._file = file

    def write(self, text: str) -> int:
        return self._file.write(text.encode())


class Table:
    """Base of the CSV writers: UTF-8, commas, CRLF, a header.

    Args:
        file: where to write; the caller opens and closes it.
        bom: whether it begins with a byte order mark.
        names: the header.
    """

    def __init__(self, file: io.BufferedIOBase, bom: bool, names: Sequence[str]) -> None:
        if bom:
            file.write(BOM)
        self._rows = csv.writer(_Encoded(file))
        self._rows.writerow(names)

    def write(self, values: Sequence[Any]) -> int:
        """Write one row; return 1."""
        self._rows.writerow([_cell(value) for value in values])
        return 1

    def close(self) -> None:
        """See ``Writer``."""


class Csv(Table):
    """Writer of CSV: one row per record, one column per scalar field; arrays as JSON."""

    def __init__(self, file: io.BufferedIOBase, *, bom: bool) -> None:
        self._paths = [path for path, _ in flat(corpus_fields())]
        super().__init__(file, bom, [".".join(path) for path in self._paths])

    def add(self, record: Record) -> int:
        """See ``Writer``."""
        fields = _decode(record.line) | msgspec.to_builtins(record.columns)
        return self.write([_value(fields, path) for path in self._paths])


def csv_fields() -> tuple[Field, ...]:
    """Return the columns of a CSV file."""
    return tuple(
        dataclasses.replace(field, name=".".join(path)) for path, field in flat(corpus_fields())
    )


def _value(record: Any, path: tuple[str, ...]) -> Any:
    """Return a nested value of a record; ``None`` if it is absent."""
    for name in path:
        if record is None:
            return None
        record = record.get(name)
    return record


def _cell(value: Any) -> str:
    """Return a value as a CSV cell that no spreadsheet executes as a formula.

    >>> _cell("=1+1"), _cell(-1), _cell(None), _cell(True), _cell(["a"])
    ("'=1+1", '-1', '', 'true', '["a"]')
    """
    if value is None:
        return ""
    if isinstance(value, str):
        return "'" + value if value.startswith(_FORMULA) else value
    return _encode(value).decode()


class SurvivalTable(Table):
    """Writer of CSV with one row per article: how long its source page has been online."""

    _parse = staticmethod(msgspec.json.Decoder(Article).decode)

    def __init__(self, file: io.BufferedIOBase, *, bom: bool) -> None:
        super().__init__(file, bom, [field.name for field in survival_fields()])
        self.checks = Checks(())
        """Later checks of the sources."""

    def add(self, record: Record) -> int:
        """See ``Writer``."""
        life = source_life(self._parse(record.line), record.newspaper, self.checks)
        return self.write(dataclasses.astuple(life)) if life else 0


class _Coded(msgspec.Struct):
    """Fields of a record that a coding sheet needs."""

    id: str
    title: str | None
    text: str | None
    url: str


class CodingSheet(Table):
    """Writer of a CSV sheet for human coders: articles, and empty columns for their codes."""

    _parse = staticmethod(msgspec.json.Decoder(_Coded).decode)

    def __init__(self, file: io.BufferedIOBase, *, bom: bool) -> None:
        super().__init__(file, bom, [field.name for field in coding_fields()])
        self._number = 0

    def add(self, record: Record) -> int:
        """See ``Writer``."""
        coded, columns = self._parse(record.line), record.columns
        self._number += 1
        newspaper = record.newspaper
        known = (newspaper, columns.day, coded.title, coded.text, coded.url)
        return self.write([self._number, coded.id, *known, None, None, None])


def coding_fields() -> tuple[Field, ...]:
    """Return the columns of a coding sheet."""
    return (
        Field("number", "integer", "Number of the row."),
        Field("id", "string", "Identifier of the article: `id`."),
        Field("newspaper", "string", "Aggregator, edition and outlet."),
        Field("day", "string", "Day of publication where the outlet is.", "date"),
        Field("title", "string", "Title of the article."),
        Field("text", "string", "Its text."),
        Field("url", "string", "The aggregator's page."),
        Field("coder", "string", "To be filled in: who codes."),
        Field("code", "string", "To be filled in: the decision."),
        Field("note", "string", "To be filled in: remarks."),
    )


class _Link(msgspec.Struct):
    """Decoded link fields of a record's source."""

    link: str | None = None
    url: str | None = None
    status: str = ""


class _Outlet(msgspec.Struct):
    """Decoded slug of a record's outlet."""

    slug: str


class _Identified(msgspec.Struct):
    """Fields of a record that a list of identifiers needs."""

    id: str
    url: str
    outlet: _Outlet
    title: str | None
    text: str | None
    published: str
    source: _Link
    origin: str
    language: str | None = None
    version: int = 1


class Identifiers(Table):
    """Writer of a CSV list of identifiers that may be published: URLs and hashes, no text."""

    _parse = staticmethod(msgspec.json.Decoder(_Identified).decode)

    def __init__(self, file: io.BufferedIOBase, *, bom: bool) -> None:
        super().__init__(file, bom, [field.name for field in identifier_fields()])

    def add(self, record: Record) -> int:
        """See ``Writer``."""
        known, columns = self._parse(record.line), record.columns
        text = known.text or ""
        return self.write(
            [
                known.id,
                known.version,
                known.url,
                known.source.url or known.source.link,
                record.newspaper,
                columns.day,
                known.language,
                known.origin,
                known.source.status,
                columns.trust,
                columns.agency,
                columns.cluster,
                columns.cluster_rank,
                len(words(text)),
                len(text),
                text_hash(known.title),
                text_hash(text),
            ]
        )


def identifier_fields() -> tuple[Field, ...]:
    """Return the columns of a list of identifiers."""
    return (
        Field("id", "string", "Identifier of the article: `id`."),
        Field("version", "integer", "Version of the record: `version`."),
        Field("url", "string", "The aggregator's page: `url`."),
        Field("source_url", "string", "The outlet's page: `source.url`, else `source.link`."),
        Field("newspaper", "string", "Aggregator, edition and outlet."),
        Field("day", "string", "Day of publication where the outlet is.", "date"),
        Field("language", "string", "ISO 639 code: `language`."),
        Field("origin", "string", "Which version title and text were taken from: `origin`."),
        Field("status", "string", "What became of the link: `source.status`."),
        Field("trust", "string", "Verdict on title and text: `trust`."),
        Field("agency", "string", "News agency: `agency`."),
        Field("cluster", "string", "Representative of the articles with this text: `cluster`."),
        Field("cluster_rank", "integer", "Place in the cluster: `cluster_rank`."),
        Field("words", "integer", "Number of words of the text."),
        Field("characters", "integer", "Number of characters of the text."),
        Field("title_sha256", "string", "SHA-256 of the title in UTF-8, hexadecimal."),
        Field("text_sha256", "string", "SHA-256 of the text in UTF-8, hexadecimal."),
    )
