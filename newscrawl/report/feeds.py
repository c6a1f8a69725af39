"""Statistics of the feeds, counted in one pass.

Only counted fields are decoded. Each article counts once, in its latest version; memory grows by
some 80 bytes per article (``benchmarks/report.py``).
"""

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from sys import intern
from typing import cast, get_args

import msgspec

from newscrawl.export.feeds import Damage, FeedReader, Line
from newscrawl.items import Status, Use, marked

FILLED = marked(Use.COUNTED)
"""Fields whose filled values are counted."""

BINS = 20
"""Bins of the agreement histogram, from 0 to 1."""

_RECENT = 25
"""Number of latest records kept per source status."""

_NAMED = 20
"""Maximum number of damaged lines to list."""

_EMPTY = frozenset({b"null", b"[]", b'""', b""})


class _Outlet(msgspec.Struct):
    slug: str
    name: str
    domain: str | None


class _Source(msgspec.Struct):
    status: Status
    rule: str | None


class _Agreement(msgspec.Struct):
    title: float | None
    text: float | None


class _Crawl(msgspec.Struct):
    exported: str | None


class _Record(msgspec.Struct):
    """Decoded fields; of other counted fields only whether they are filled."""

    id: str
    aggregator: str
    edition: str
    outlet: _Outlet
    published: str
    language: str | None
    source: _Source
    agreement: _Agreement
    flags: list[str]
    duplicate_of: str | None
    crawl: _Crawl


class _Exported(msgspec.Struct):
    crawl: _Crawl


_CountedRecord = msgspec.defstruct(
    "_CountedRecord",
    [
        (name, msgspec.Raw, msgspec.Raw(b"null"))
        for name in FILLED
        if name not in _Record.__struct_fields__
    ],
    bases=(_Record,),
    kw_only=True,
)
_decode = msgspec.json.Decoder(cast("type[_Record]", _CountedRecord)).decode
_decode_exported = msgspec.json.Decoder(_Exported).decode


@dataclass(slots=True)
class Outlet:
    """Statistics of one newspaper in one edition of one aggregator."""

    site: str
    """Name of the aggregator."""
    edition: str
    """Language branch."""
    slug: str
    """Name in the aggregator's URLs."""
    name: str = ""
    """Name as the aggregator prints it."""
    domains: Counter[str] = field(default_factory=Counter)
    """Articles by registered domain."""
    days: Counter[str] = field(default_factory=Counter)
    """Articles by day of publication, ``2024-01-31``."""
    statuses: Counter[str] = field(default_factory=Counter)
    """Articles by status of their source."""
    agreement: float = 0.0
    """Sum of the agreement of the texts."""
    compared: int = 0
    """Articles whose two texts were compared."""


@dataclass(slots=True)
class Holdings:
    """Statistics of the feeds."""

    lines: int = 0
    """Lines of all feeds."""
    earlier: int = 0
    """Superseded versions."""
    damaged: int = 0
    """Damaged lines."""
    articles: int = 0
    """Number of articles."""
    duplicates: int = 0
    """Articles with the text of an earlier one."""
    outlets: dict[tuple[str, str, str], Outlet] = field(default_factory=dict)
    """By site, edition and slug."""
    years: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    """Articles by year of publication and status of the source."""
    agreement: dict[str, list[int]] = field(
        default_factory=lambda: {name: [0] * BINS for name in ("text", "title")}
    )
    """Articles by agreement of texts and of titles, in ``BINS`` steps."""
    filled: Counter[str] = field(default_factory=Counter)
    """Articles with a field filled."""
    flags: Counter[str] = field(default_factory=Counter)
    """Articles by flag."""
    languages: Counter[str] = field(default_factory=Counter)
    """Articles by language of the text."""
    rules: Counter[str] = field(default_factory=Counter)
    """Articles by extraction method of the source's body."""
    recent: list[bytes] = field(default_factory=list)
    """Lines of the latest records of each status of the source, latest first."""
    damages: list[Damage] = field(default_factory=list)
    """The first damaged lines."""


def take_stock(reader: FeedReader) -> Holdings:
    """Return the statistics of all feeds.

    Feeds are read latest first, so that the first record of an article is its latest version. A
    run writes an article once; if a feed edited by hand has it twice, the first one counts.

    Raises:
        ExportError: a feed cannot be read.
    """
    held = Holdings()
    seen: set[int] = set()
    recent: dict[str, list[tuple[str, int, bytes]]] = {name: [] for name in get_args(Status)}
    for number in _latest_first(reader):
        for line in reader.lines(number):
            held.lines += 1
            if isinstance(line, Damage):
                _note_damage(held, line)
                continue
            try:
                record = _decode(line.data)
            except ValueError as error:  # base class of msgspec's errors
                _note_damage(held, Damage(reader.feeds[number].path, line.number, str(error)))
                continue
            key = hash(record.id)  # 64 bits: a collision in a million is one in 10 million
            if key in seen:
                held.earlier += 1
                continue
            seen.add(key)
            _count(held, record)
            latest = recent[record.source.status]
            entry = (record.crawl.exported or "", held.lines, line.data)
            if len(latest) < _RECENT:
                heapq.heappush(latest, entry)
            elif entry > latest[0]:
                heapq.heapreplace(latest, entry)
    entries = sorted((entry for kept in recent.values() for entry in kept), reverse=True)
    held.recent = [data for _, _, data in entries]
    return held


def _latest_first(reader: FeedReader) -> list[int]:
    """Return the indexes of the feeds by time of their first record, latest first."""
    return sorted(
        range(len(reader.feeds)), key=lambda number: _began(reader.lines(number)), reverse=True
    )


def _began(lines: Iterator[Line | Damage]) -> str:
    """Return the export time of the first valid record; "" if there is none."""
    for line in lines:
        if isinstance(line, Line):
            try:
                return _decode_exported(line.data).crawl.exported or ""
            except ValueError:
                continue  # reported when the feed is counted
    return ""


def _note_damage(held: Holdings, damage: Damage) -> None:
    held.damaged += 1
    if len(held.damages) < _NAMED:
        held.damages.append(damage)


def _count(held: Holdings, record: _Record) -> None:
    held.articles += 1
    status = record.source.status
    site, edition, slug = record.aggregator, record.edition, record.outlet.slug
    outlet = held.outlets.get((site, edition, slug))
    if outlet is None:
        outlet = held.outlets[site, edition, slug] = Outlet(site, edition, slug)
    outlet.name = outlet.name or record.outlet.name
    if record.outlet.domain:
        outlet.domains[record.outlet.domain] += 1
    outlet.days[intern(record.published[:10])] += 1
    outlet.statuses[status] += 1
    held.years[record.published[:4]][status] += 1
    if (share := record.agreement.text) is not None:
        outlet.agreement += share
        outlet.compared += 1
        held.agreement["text"][min(int(share * BINS), BINS - 1)] += 1
    if (share := record.agreement.title) is not None:
        held.agreement["title"][min(int(share * BINS), BINS - 1)] += 1
    for name in FILLED:
        value = getattr(record, name)
        if (bytes(value) not in _EMPTY) if isinstance(value, msgspec.Raw) else value:
            held.filled[name] += 1
    held.flags.update(record.flags)
    held.languages[record.language or "?"] += 1
    if record.source.rule:
        held.rules["rule" if "#" in record.source.rule else record.source.rule] += 1
    held.duplicates += record.duplicate_of is not None
