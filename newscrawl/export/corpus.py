"""Run an export: read feeds, write the corpus and its description."""

import hashlib
import json
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

from newscrawl.errors import ExportError, StoreError
from newscrawl.export.bylines import hash_bylines
from newscrawl.export.card import CARD, CITATION, card, citation
from newscrawl.export.coverage import COVERAGE, OUTLETS, Coverage, crawl_history
from newscrawl.export.croissant import CROISSANT, croissant
from newscrawl.export.facts import Facts, gather
from newscrawl.export.feeds import Feed, FeedReader
from newscrawl.export.formats import FORMATS
from newscrawl.export.index import Counts, Index, Record
from newscrawl.export.package import TABLE_SCHEMA, data_package, is_shared, table_schema
from newscrawl.export.rebuild import Gap, gap_files, gaps
from newscrawl.export.selection import Selection
from newscrawl.export.survival import Checks
from newscrawl.export.tables import SurvivalTable
from newscrawl.export.target import PACKAGE, HashedFile, Target, WrittenFile
from newscrawl.state.place import Place

_SINGLE = "articles"
"""Name of the data file, without suffix, if only a directory is given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Options of an export: feeds, output, format and selection of records."""

    feeds: list[Feed]
    """Feeds to read."""
    output: Path
    """A directory, or a single file with a format's suffix."""
    format: str = "jsonl"
    """A key of ``FORMATS``."""
    split: bool = False
    """Whether each newspaper is written to a separate file, ``site/edition/newspaper``."""
    selection: Selection
    """Which records."""
    overwrite: bool = False
    """Whether an earlier export in the same place is replaced."""
    skip_damaged: bool = False
    """Whether damaged lines are skipped; otherwise they make the export fail."""
    bom: bool = False
    """Whether CSV files begin with a byte order mark, by which Excel recognises UTF-8."""
    byline_key: str | None = None
    """Key of the hashes that replace authors' names; without a key, names are kept."""
    checks: list[Path | str] = field(default_factory=list)
    """Files of source checks, for the format ``survival``."""
    place: Place | None = None
    """Ledger of the feeds, for the coverage tables; without it, discovery counts are empty."""
    command: str
    """Command that made the export, for its description."""


@dataclass(frozen=True, slots=True)
class Summary:
    """Result of an export: statistics, output files, and listed articles that are missing."""

    facts: Facts
    """Statistics of the export."""
    package: Path
    """The description."""
    kept: list[str] = field(default_factory=list)
    """Descriptions that were not written because other files have their names."""
    gaps: list[Gap] = field(default_factory=list)
    """Articles of the list of identifiers that are not as listed."""

    @property
    def counts(self) -> Counts:
        """Counts of the lines."""
        return self.facts.counts


def export(order: Order) -> Summary:
    """Export records; after a failure, nothing is left behind.

    Raises:
        ExportError: no record is selected, a feed cannot be read or has damaged lines,
            the output exists, or a library is missing.
        StoreError: the output cannot be written.
    """
    single = order.output.name if order.output.suffix == FORMATS[order.format].suffix else None
    directory = order.output.parent if single else order.output
    if single in (COVERAGE, OUTLETS):
        raise ExportError(
            f"-o {order.output}: this name is reserved for a description file; choose another"
        )
    try:
        with Target(directory, single, overwrite=order.overwrite) as target:
            reader = FeedReader(order.feeds, target.stage)
            index = Index(
                target.stage / "index.sqlite",
                reader,
                order.selection,
                clusters=FORMATS[order.format].clusters,
            )
            try:
                return _export(order, target, index, single)
            finally:
                index.close()
                reader.close()
    except (OSError, sqlite3.Error) as error:
        raise StoreError(f"{directory} cannot be written: {error}") from error


def _export(order: Order, target: Target, index: Index, single: str | None) -> Summary:
    counts = index.build()
    if counts.damaged and not order.skip_damaged:
        raise ExportError(_damaged(counts))
    if not counts.exported:
        raise ExportError(
            f"no record is left to export: of {counts.lines} lines {counts.damaged} are damaged, "
            f"{counts.earlier} are earlier versions and "
            f"{counts.lines - counts.damaged - counts.earlier} are not selected"
        )
    digest = hashlib.sha256()
    history = crawl_history(order.place, order.selection) if order.place else None
    free = [name for name in (COVERAGE, OUTLETS) if target.may_create(name)]
    coverage, tables = None, []
    with ExitStack() as stack:
        if len(free) == 2:
            days, outlets = (stack.enter_context(target.create(name)) for name in free)
            coverage = Coverage(days, outlets, history, bom=order.bom)
        records = _observed(index.records(), digest, coverage)
        files = _write_data(order, target, records, single)
        if coverage:
            coverage.close()
            tables = [
                days.result(COVERAGE, coverage.rows[COVERAGE]),
                outlets.result(OUTLETS, coverage.rows[OUTLETS]),
            ]
    facts = gather(
        index,
        corpus=f"newscrawl-{digest.hexdigest()[:32]}",
        files=files,
        tables=tables,
        gaps=coverage.gaps if coverage else {},
        format=order.format,
        bom=order.bom,
        hashed_bylines=order.byline_key is not None,
        selection=order.selection,
        counts=counts,
        feeds=len(order.feeds),
        command=order.command,
    )
    listed, found_gaps = order.selection.ids, []
    if listed is not None:
        found_gaps = list(gaps(listed, dict(index.with_listed_text())))
    kept = _describe(target, facts, gap_files(found_gaps) if found_gaps else {})
    target.publish()
    return Summary(facts, target.directory / PACKAGE, kept, found_gaps)


def _observed(
    records: Iterator[Record], digest: Any, coverage: Coverage | None
) -> Iterator[Record]:
    """Pass records on, and add each to the corpus digest and the coverage tables."""
    for record in records:
        digest.update(hashlib.sha256(record.line).digest())
        if coverage:
            coverage.add(record)
        yield record


def _write_data(
    order: Order, target: Target, records: Iterator[Record], single: str | None
) -> list[WrittenFile]:
    chosen = FORMATS[order.format]
    split = order.split or chosen.always_split
    files = []
    checks = Checks(order.checks, target.stage / "checks.sqlite")
    groups = groupby(records, lambda record: record.newspaper) if split else [("", records)]
    for stem, group in groups:
        name = f"{stem}{chosen.suffix}" if split else single or f"{_SINGLE}{chosen.suffix}"
        with target.create(name) as file:
            writer = chosen.writer(file, bom=order.bom)
            if isinstance(writer, SurvivalTable):
                writer.checks = checks
            number = 0
            for record in group:
                rows = writer.add(_without_names(record, order.byline_key))
                number += 1 if rows is None else rows
            writer.close()
        files.append(file.result(name, number))
    checks.close()
    return files


def _without_names(record: Record, key: str | None) -> Record:
    return record if key is None else record._replace(line=hash_bylines(record.line, key))


def _describe(target: Target, facts: Facts, others: dict[str, str]) -> list[str]:
    """Write the descriptions, the data package last; return those that were not written.

    A file that does not belong to an export is never replaced.
    """
    texts = {CARD: card(facts), CITATION: citation(facts), CROISSANT: _json(croissant(facts))}
    texts |= others
    if is_shared(facts):
        texts[TABLE_SCHEMA] = _json(table_schema(facts.chosen.fields()))
    kept = [name for name in (COVERAGE, OUTLETS, *texts) if not target.may_create(name)]
    written = [name for name in texts if name not in kept]
    for name in written:
        _write(target.create(name), texts[name])
    _write(target.create(PACKAGE), _json(data_package(facts, written)))
    return kept


def _json(content: dict[str, Any]) -> str:
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _write(file: HashedFile, content: str) -> None:
    with file:
        file.write(content.encode())


def _damaged(counts: Counts) -> str:
    """Return the message about damaged lines."""
    told = [str(damage) for damage in counts.damages]
    if counts.damaged > len(told):
        told.append(f"and {counts.damaged - len(told)} more")
    told.append(
        f"{counts.damaged} of {counts.lines} lines are damaged, so nothing was exported; "
        "--skip-damaged leaves them out"
    )
    return "\n".join(told)
