"""Counts the feeds' articles for the report page: by outlet, day, status and agreement.

Only counted fields are decoded. Each article counts once, in its latest version; memory grows by
about 80 bytes per article (``benchmarks/report.py``).
"""

import heapq
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from sys import intern
from typing import cast, get_args

import msgspec

from newscrawl.export.feeds import Damage, FeedLine, FeedReader
from newscrawl.export.survival import LOST as LOST_STATES
from newscrawl.export.survival import Checks
from newscrawl.items import Status, Use, marked

FILLED = marked(Use.COUNTED)
"""Fields whose filled values are counted."""

BINS = 20
"""Bins of the agreement histogram, from 0 to 1."""

LENGTHS = (25, 50, 100, 200, 400, 800, 1600, 3200)
"""Upper limits (words) of the bins of text lengths; the last bin has no limit."""

LOST = frozenset({"gone", "moved", "mismatch", "unreachable"})
"""Source statuses that count as link rot."""

_NOT_REQUESTED = frozenset({"no_link", "not_followed", "unsafe"})

AGREE = 0.9
"""Text agreement from which the two versions count as agreeing."""

_LOW_AGREEMENT = "low agreement"
"""Name of the sample of parsed sources below ``AGREE``."""

_RECENT = 25
"""Number of latest records kept per source status."""

_NAMED = 20
"""Maximum number of damaged lines to list."""

_EMPTY = frozenset({b"null", b"[]", b'""', b""})


class _Outlet(msgspec.Struct):
    """Decoded fields of a record's outlet."""

    slug: str
    name: str
    domain: str | None


class _Source(msgspec.Struct):
    """Decoded fields of a record's source."""

    status: Status
    rule: str | None
    lost_since: str | None = None


class _Agreement(msgspec.Struct):
    """Decoded agreement of a record."""

    title: float | None
    text: float | None


class _Crawl(msgspec.Struct):
    """Decoded export time of a record."""

    exported: str | None


class _Record(msgspec.Struct):
    """Decoded fields of a record; of other counted fields only whether they are filled."""

    id: str
    aggregator: str
    edition: str
    outlet: _Outlet
    published: str
    language: str | None
    source: _Source
    agreement: _Agreement
    text: str
    flags: list[str]
    duplicate_of: str | None
    crawl: _Crawl


class _Exported(msgspec.Struct):
    """A record of which only the export time is decoded."""

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
class OutletStatistics:
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
    languages: Counter[str] = field(default_factory=Counter)
    """Articles by language of the text."""
    years: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Articles by year of publication and status of their source."""
    requested: Counter[int] = field(default_factory=Counter)
    """Requested sources by age in years when the record was written."""
    lost: Counter[int] = field(default_factory=Counter)
    """Requested sources whose status is in ``LOST``."""
    lives: Counter[tuple[int, bool]] = field(default_factory=Counter)
    """Sources by months from publication to their loss (true) or last observation (false)."""


@dataclass(slots=True)
class FeedStatistics:
    """Statistics of all feeds: totals, outlets, months, agreement, flags, damaged lines."""

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
    outlets: dict[tuple[str, str, str], OutletStatistics] = field(default_factory=dict)
    """By site, edition and slug."""
    months: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    """Articles by month of publication and status of the source."""
    lengths: list[int] = field(default_factory=lambda: [0] * (len(LENGTHS) + 1))
    """Articles by words of the text, in the bins of ``LENGTHS``."""
    lives: defaultdict[str, Counter[tuple[int, bool]]] = field(
        default_factory=lambda: defaultdict(Counter)
    )
    """Sources by year of publication, and as in ``OutletStatistics.lives``."""
    clusters: Counter[int] = field(default_factory=Counter)
    """Later articles with the same text, by hash of the first one's identifier."""
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
    """Sample of records, latest first: the latest of each source status and those with low
    agreement."""
    damages: list[Damage] = field(default_factory=list)
    """The first damaged lines."""


def count_feeds(reader: FeedReader, checks: Checks) -> FeedStatistics:
    """Return the statistics of all feeds, and of the later checks of the sources.

    Feeds are read latest first, so that the first record of an article is its latest version. A
    run writes an article once; in a manually edited feed that has it twice, the first one counts.

    Raises:
        ExportError: a feed cannot be read.
    """
    stats = FeedStatistics()
    seen: set[int] = set()
    recent: dict[str, list[tuple[str, int, bytes]]] = {
        name: [] for name in (*get_args(Status), _LOW_AGREEMENT)
    }
    for number in _latest_first(reader):
        for line in reader.lines(number):
            stats.lines += 1
            if isinstance(line, Damage):
                _note_damage(stats, line)
                continue
            try:
                record = _decode(line.data)
            except ValueError as error:  # base class of msgspec's errors
                _note_damage(stats, Damage(reader.feeds[number].path, line.number, str(error)))
                continue
            key = hash(
                record.id
            )  # 64 bits: among a million articles, the risk of a collision is one in 10 million
            if key in seen:
                stats.earlier += 1
                continue
            seen.add(key)
            _count(stats, record, checks)
            latest = recent[_sample(record)]
            entry = (record.crawl.exported or "", stats.lines, line.data)
            if len(latest) < _RECENT:
                heapq.heappush(latest, entry)
            elif entry > latest[0]:
                heapq.heapreplace(latest, entry)
    entries = sorted((entry for kept in recent.values() for entry in kept), reverse=True)
    stats.recent = [data for _, _, data in entries]
    return stats


def _latest_first(reader: FeedReader) -> list[int]:
    """Return the indexes of the feeds by time of their first record, latest first."""
    return sorted(
        range(len(reader.feeds)), key=lambda number: _began(reader.lines(number)), reverse=True
    )


def _began(lines: Iterator[FeedLine | Damage]) -> str:
    """Return the export time of the first valid record; "" if there is none."""
    for line in lines:
        if isinstance(line, FeedLine):
            try:
                return _decode_exported(line.data).crawl.exported or ""
            except ValueError:
                continue  # reported when the feed is counted
    return ""


def _note_damage(stats: FeedStatistics, damage: Damage) -> None:
    stats.damaged += 1
    if len(stats.damages) < _NAMED:
        stats.damages.append(damage)


def _count(stats: FeedStatistics, record: _Record, checks: Checks) -> None:
    stats.articles += 1
    status = record.source.status
    site, edition, slug = record.aggregator, record.edition, record.outlet.slug
    outlet = stats.outlets.get((site, edition, slug))
    if outlet is None:
        outlet = stats.outlets[site, edition, slug] = OutletStatistics(site, edition, slug)
    outlet.name = outlet.name or record.outlet.name
    if record.outlet.domain:
        outlet.domains[record.outlet.domain] += 1
    outlet.days[intern(record.published[:10])] += 1
    outlet.statuses[status] += 1
    outlet.years[record.published[:4], status] += 1
    outlet.languages[record.language or "?"] += 1
    stats.months[intern(record.published[:7])][status] += 1
    if status not in _NOT_REQUESTED:
        age = _age(record)
        outlet.requested[age] += 1
        outlet.lost[age] += status in LOST
        life = _life(record, checks)
        outlet.lives[life] += 1
        stats.lives[record.published[:4]][life] += 1
    if (share := record.agreement.text) is not None:
        outlet.agreement += share
        outlet.compared += 1
        stats.agreement["text"][min(int(share * BINS), BINS - 1)] += 1
    if (share := record.agreement.title) is not None:
        stats.agreement["title"][min(int(share * BINS), BINS - 1)] += 1
    for name in FILLED:
        value = getattr(record, name)
        if (bytes(value) not in _EMPTY) if isinstance(value, msgspec.Raw) else value:
            stats.filled[name] += 1
    stats.flags.update(record.flags)
    stats.languages[record.language or "?"] += 1
    if record.source.rule:
        stats.rules["rule" if "#" in record.source.rule else record.source.rule] += 1
    if record.duplicate_of is not None:
        stats.duplicates += 1
        stats.clusters[hash(record.duplicate_of)] += 1
    stats.lengths[bisect_left(LENGTHS, _words(record.text))] += 1


def _sample(record: _Record) -> str:
    """Return the name of the sample that a record belongs to."""
    agreement = record.agreement.text
    low = record.source.status == "ok" and agreement is not None and agreement < AGREE
    return _LOW_AGREEMENT if low else record.source.status


def _life(record: _Record, checks: Checks) -> tuple[int, bool]:
    """Return months from publication to loss or last observation, and whether it was lost."""
    written = record.crawl.exported or record.published
    seen = [
        (record.source.lost_since or written, record.source.status in LOST),
        *((check.at, check.state in LOST_STATES) for check in checks.of(record.id)),
    ]
    at, lost = seen.pop()
    while lost and seen and seen[-1][1]:
        at, _ = seen.pop()
    return _months(record.published, at), lost


def _months(first: str, last: str) -> int:
    """Return the completed months between two ISO 8601 dates."""
    months = 12 * (int(last[:4]) - int(first[:4])) + int(last[5:7]) - int(first[5:7])
    return max(0, months - (last[8:10] < first[8:10]))


def _age(record: _Record) -> int:
    """Return the completed years from publication to export."""
    published, exported = record.published[:10], (record.crawl.exported or record.published)[:10]
    return max(0, int(exported[:4]) - int(published[:4]) - (exported[4:] < published[4:]))


def _words(text: str) -> int:
    """Return the number of words; paragraphs are separated by blank lines."""
    return text.count(" ") + text.count("\n\n") + 1
