"""Count the feeds' articles for the report page: by outlet, day, status and agreement.

Each article counts once, in its latest version; memory grows by about 80 bytes per article
(``benchmarks/report.py``).
"""

import heapq
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import zip_longest
from sys import intern
from typing import NamedTuple

import msgspec

from newscrawl.export.feeds import Damage, FeedLine, FeedReader
from newscrawl.export.survival import LOST as LOST_STATES
from newscrawl.export.survival import Checks
from newscrawl.export.trust import Level, Reason, trust
from newscrawl.items import Article, Use, marked

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

_SAMPLED = 25
"""Number of latest records kept per source status and reason of trust."""

_SAMPLED_OF_OUTLET = 2
"""Number of latest records kept per outlet."""

_NAMED = 20
"""Maximum number of damaged lines to list."""


class SampledRecord(NamedTuple):
    """A feed line chosen for the report page's sample, with its sort keys."""

    exported: str
    """Time of the record's creation, UTC."""
    number: int
    """Number of the line among all lines read."""
    line: bytes
    """Its line in the feed."""


class _Crawl(msgspec.Struct):
    """Decoded export time of a record."""

    exported: str | None


class _Exported(msgspec.Struct):
    """A record of which only the export time is decoded."""

    crawl: _Crawl


_decode = msgspec.json.Decoder(Article).decode
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
    trust: Counter[Level] = field(default_factory=Counter)
    """Articles by trust."""
    reasons: Counter[Reason] = field(default_factory=Counter)
    """Articles by each reason why trust is not high."""
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
    sample: list[SampledRecord] = field(default_factory=list)
    """Sample of records: in turns the latest of each source status, of those with low agreement,
    of each reason of trust and of each outlet."""
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
    samples: defaultdict[tuple[str, ...], list[SampledRecord]] = defaultdict(list)
    for number in _latest_first(reader):
        for line in reader.lines(number):
            stats.lines += 1
            if isinstance(line, Damage):
                _note_damage(stats, line)
                continue
            try:
                article = _parse(line)
            except ValueError as error:  # base class of msgspec's errors
                _note_damage(stats, Damage(reader.feeds[number].path, line.number, str(error)))
                continue
            key = hash(article.id)  # 64 bits: collisions are unlikely
            if key in seen:
                stats.earlier += 1
                continue
            seen.add(key)
            reasons = _count(stats, article, checks)
            entry = SampledRecord(article.crawl.exported or "", stats.lines, line.data)
            for name, size in _samples(article, reasons):
                kept = samples[name]
                if len(kept) < size:
                    heapq.heappush(kept, entry)
                elif entry > kept[0]:
                    heapq.heapreplace(kept, entry)
    stats.sample = list(dict.fromkeys(_in_turns(samples.values())))
    return stats


def _parse(line: FeedLine) -> Article:
    """Parse a record.

    Raises:
        ValueError: it is none.
    """
    article = _decode(line.data)
    if not (article.id and article.outlet.slug and article.published):
        raise ValueError("no article: it lacks an identifier, an outlet or a date")
    return article


def _samples(article: Article, reasons: Iterable[Reason]) -> Iterator[tuple[tuple[str, ...], int]]:
    """Yield the samples that a record belongs to, and how many records each keeps."""
    status, agreement = article.source.status, article.agreement.text
    is_low = status == "ok" and agreement is not None and agreement < AGREE
    yield (_LOW_AGREEMENT if is_low else status,), _SAMPLED
    for reason in reasons:
        yield ("trust", reason), _SAMPLED
    yield (article.aggregator, article.edition, article.outlet.slug), _SAMPLED_OF_OUTLET


def _in_turns(samples: Iterable[list[SampledRecord]]) -> Iterator[SampledRecord]:
    """Yield the latest record of each sample, then the second of each, and so on."""
    ordered = (sorted(kept, reverse=True) for kept in samples)
    for turn in zip_longest(*ordered):
        yield from filter(None, turn)


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


def _count(stats: FeedStatistics, article: Article, checks: Checks) -> tuple[Reason, ...]:
    """Count an article; return the reasons why its trust is not high."""
    stats.articles += 1
    status, published = article.source.status, article.published or ""
    site, edition, slug = article.aggregator, article.edition, article.outlet.slug
    outlet = stats.outlets.get((site, edition, slug))
    if outlet is None:
        outlet = stats.outlets[site, edition, slug] = OutletStatistics(site, edition, slug)
    outlet.name = outlet.name or article.outlet.name
    if article.outlet.domain:
        outlet.domains[article.outlet.domain] += 1
    outlet.days[intern(published[:10])] += 1
    outlet.statuses[status] += 1
    outlet.years[published[:4], status] += 1
    outlet.languages[article.language or "?"] += 1
    verdict = trust(article)
    outlet.trust[verdict.level] += 1
    outlet.reasons.update(verdict.reasons)
    stats.months[intern(published[:7])][status] += 1
    if status not in _NOT_REQUESTED:
        age = _age(article)
        outlet.requested[age] += 1
        outlet.lost[age] += status in LOST
        life = _life(article, checks)
        outlet.lives[life] += 1
        stats.lives[published[:4]][life] += 1
    if (share := article.agreement.text) is not None:
        outlet.agreement += share
        outlet.compared += 1
        stats.agreement["text"][min(int(share * BINS), BINS - 1)] += 1
    if (share := article.agreement.title) is not None:
        stats.agreement["title"][min(int(share * BINS), BINS - 1)] += 1
    stats.filled.update(name for name in FILLED if getattr(article, name))
    stats.flags.update(article.flags)
    stats.languages[article.language or "?"] += 1
    if article.source.rule:
        stats.rules["rule" if "#" in article.source.rule else article.source.rule] += 1
    if article.duplicate_of is not None:
        stats.duplicates += 1
        stats.clusters[hash(article.duplicate_of)] += 1
    stats.lengths[bisect_left(LENGTHS, _words(article.text or ""))] += 1
    return verdict.reasons


def _life(article: Article, checks: Checks) -> tuple[int, bool]:
    """Return months from publication to loss or last observation, and whether it was lost."""
    published = article.published or ""
    written = article.crawl.exported or published
    seen = [
        (article.source.lost_since or written, article.source.status in LOST),
        *((check.at, check.state in LOST_STATES) for check in checks.of(article.id)),
    ]
    at, lost = seen.pop()
    while lost and seen and seen[-1][1]:
        at, _ = seen.pop()
    return _months(published, at), lost


def _months(first: str, last: str) -> int:
    """Return the completed months between two ISO 8601 dates."""
    months = 12 * (int(last[:4]) - int(first[:4])) + int(last[5:7]) - int(first[5:7])
    return max(0, months - (last[8:10] < first[8:10]))


def _age(article: Article) -> int:
    """Return the completed years from publication to export."""
    published = (article.published or "")[:10]
    exported = (article.crawl.exported or published)[:10]
    return max(0, int(exported[:4]) - int(published[:4]) - (exported[4:] < published[4:]))


def _words(text: str) -> int:
    """Return the number of words; paragraphs are separated by blank lines."""
    return text.count(" ") + text.count("\n\n") + 1
