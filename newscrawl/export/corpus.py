"""The export: reads feeds, writes a described corpus."""

import json
import sqlite3
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from newscrawl.errors import ExportError, StoreError
from newscrawl.export.feeds import Feed, FeedReader
from newscrawl.export.formats import FORMATS
from newscrawl.export.package import TABLE_SCHEMA, describe, table_schema
from newscrawl.export.selection import Counts, Index, Selection
from newscrawl.export.target import PACKAGE, HashedFile, Target, Written

_SINGLE = "articles"
"""Name of the one file, without its suffix, where only a directory is given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What to export, how and where to."""

    feeds: list[Feed]
    """Where the records stand."""
    output: Path
    """A directory, or with a format's suffix the one file that is wanted."""
    format: str = "jsonl"
    """A key of ``FORMATS``."""
    split: bool = False
    """Whether each newspaper has a file of its own, ``site/edition/newspaper``."""
    selection: Selection
    """Which records."""
    overwrite: bool = False
    """Whether an earlier export at the same place is replaced."""
    skip_damaged: bool = False
    """Whether lines that cannot be read are left out; otherwise nothing is exported then."""
    command: str
    """What made the export, for its description."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What came of an export."""

    counts: Counts
    """What became of the lines."""
    newspapers: int
    """Number of newspapers that records were exported of."""
    files: list[Written]
    """The data files."""
    package: Path
    """The description."""


def export(order: Order) -> Summary:
    """Make an export, or leave no trace.

    Raises:
        ExportError: no record is of the selection, a feed cannot be read or has damaged lines,
            there is something at the output already, or a library is missing.
        StoreError: the output cannot be written.
    """
    single = order.output.name if order.output.suffix == FORMATS[order.format].suffix else None
    directory = order.output.parent if single else order.output
    try:
        with Target(directory, single, overwrite=order.overwrite) as target:
            reader = FeedReader(order.feeds, target.stage)
            index = Index(target.stage / "index.sqlite", reader, order.selection)
            try:
                return _export(order, target, index, single)
            finally:
                index.close()
                reader.close()
    except (OSError, sqlite3.Error) as error:
        raise StoreError(f"{directory} cannot be written: {error}") from error


def _export(order: Order, target: Target, index: Index, single: str | None) -> Summary:
    chosen = FORMATS[order.format]
    split = order.split or chosen.always_split
    counts = index.build()
    if counts.damaged and not order.skip_damaged:
        raise ExportError(_damaged(counts))
    if not counts.exported:
        raise ExportError(
            f"no record is left to export: of {counts.lines} lines {counts.damaged} are damaged, "
            f"{counts.earlier} are earlier versions and {counts.unwanted} are not of the selection"
        )
    files = []
    records = index.records()
    for stem, group in groupby(records, lambda record: record[0]) if split else [("", records)]:
        name = f"{stem}{chosen.suffix}" if split else single or f"{_SINGLE}{chosen.suffix}"
        with target.create(name) as file:
            writer = chosen.writer(file)
            number = 0
            for _, line in group:
                writer.add(line)
                number += 1
            writer.close()
        files.append(file.result(name, number))
    package = describe(
        files=files,
        chosen=chosen,
        name=order.format,
        selection=order.selection,
        index=index,
        counts=counts,
        feeds=len(order.feeds),
        command=order.command,
    )
    if len(files) > 1:
        _write_json(target.create(TABLE_SCHEMA), table_schema(chosen))
    _write_json(target.create(PACKAGE), package)
    target.publish()
    return Summary(
        counts, len(package["newscrawl"]["counts"]["newspapers"]), files, target.directory / PACKAGE
    )


def _write_json(file: HashedFile, content: dict[str, Any]) -> None:
    with file:
        file.write(json.dumps(content, indent=2, ensure_ascii=False).encode() + b"\n")


def _damaged(counts: Counts) -> str:
    """What to say of damaged lines."""
    told = [str(damage) for damage in counts.damages]
    if counts.damaged > len(told):
        told.append(f"and {counts.damaged - len(told)} more")
    told.append(
        f"{counts.damaged} of {counts.lines} lines are damaged, so nothing was exported; "
        "--skip-damaged leaves them out"
    )
    return "\n".join(told)
