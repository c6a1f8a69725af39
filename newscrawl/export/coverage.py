"""Coverage tables of an export: articles and gaps by outlet and day, statistics by outlet.

``coverage.csv`` has a row per outlet and day, which distinguishes silence from failure;
``outlets.csv`` has a row per outlet.
"""

import dataclasses
import io
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from statistics import median
from typing import Literal

import msgspec

from newscrawl.export.columns import Day
from newscrawl.export.index import Record
from newscrawl.export.record_fields import Field, fields_of
from newscrawl.export.selection import Selection
from newscrawl.export.tables import Table
from newscrawl.items import Article, Share
from newscrawl.state import ledger_of
from newscrawl.state.crawl_days import Crawled
from newscrawl.state.place import Place
from newscrawl.text.cleaning import words
from newscrawl.text.mojibake import looks_mojibake

COVERAGE = "coverage.csv"
"""File of the days."""

OUTLETS = "outlets.csv"
"""File of the outlets."""

CrawlHistory = dict[str, dict[str, Crawled]]
"""Counts of the ledger by newspaper and day of discovery."""


@dataclass(slots=True)
class OutletDay:
    """Row of ``coverage.csv``: an outlet's articles on one day, and whether it is a gap."""

    newspaper: str = ""
    """Aggregator, edition and outlet: `maghress/fr/lopinion`."""
    day: Day = ""
    """Day of publication (outlet's time zone) for `articles`, day of discovery (UTC) for the other
    counts."""
    articles: int = 0
    """Articles of this export that were published on that day."""
    discovered: int | None = None
    """Articles that crawls discovered on that day; empty if the export had no ledger."""
    exported: int | None = None
    """Number of these articles that have a record."""
    failed: int | None = None
    """Number of these articles that could not be fetched so far."""
    gap: Literal["silent", "failed"] | None = None
    """`failed` if any of the discovered articles failed; `silent` if nothing failed and no article
    was published, though the outlet is between its first and last day and has at least one article
    a day on average; otherwise empty."""


@dataclass(slots=True)
class OutletCoverage:
    """Row of ``outlets.csv``: an outlet's articles, gaps, and how its copies differ."""

    newspaper: str = ""
    """Aggregator, edition and outlet: `maghress/fr/lopinion`."""
    articles: int = 0
    """Articles of this export."""
    first: Day | None = None
    """First day of publication."""
    last: Day | None = None
    """Last day of publication."""
    days: int = 0
    """Number of days with an article."""
    silent: int = 0
    """Number of days whose `gap` is `silent`."""
    discovered: int | None = None
    """Articles that crawls discovered on any day; empty if the export had no ledger."""
    exported: int | None = None
    """Number of these articles that have a record."""
    failed: int | None = None
    """Number of these articles that could not be fetched so far."""
    delay: float | None = None
    """Median number of days from the outlet's date to the aggregator's."""
    cut: Share | None = None
    """Share of the copies that are cut, of those with a text."""
    cut_at: Share | None = None
    """Where copies are cut: median length of a cut copy, as a share of the source's text."""
    headline_changed: Share | None = None
    """Share of the articles with two titles whose words differ."""
    encoding: Share | None = None
    """Share of the copies whose title or text has letters in a wrong encoding."""
    agreement: Share | None = None
    """Median of `agreement.text`."""


@dataclass(slots=True)
class _Measured:
    """Measurements of one outlet's articles: delays, cuts, damage, agreement."""

    days: Counter[str] = field(default_factory=Counter)
    delays: list[int] = field(default_factory=list)
    cut: list[bool] = field(default_factory=list)
    cut_at: list[float] = field(default_factory=list)
    changed: list[bool] = field(default_factory=list)
    damaged: list[bool] = field(default_factory=list)
    agreement: list[float] = field(default_factory=list)

    def add(self, article: Article, day: str) -> None:
        copy, source = article.copy, article.source
        self.days[day] += 1
        if article.agreement.days is not None:
            self.delays.append(-article.agreement.days)
        if article.agreement.text is not None:
            self.agreement.append(article.agreement.text)
        copied = f"{copy.title or ''} {copy.text or ''}"
        if copied.strip():
            self.damaged.append(looks_mojibake(copied))
        if copy.text:
            is_cut = copy.truncated or not {"truncated_copy", "stub"}.isdisjoint(article.flags)
            self.cut.append(is_cut)
            if is_cut and source.text:
                self.cut_at.append(min(1.0, len(copy.text) / len(source.text)))
        if copy.title and source.title and not looks_mojibake(copy.title):
            self.changed.append(words(copy.title) != words(source.title))


class Coverage:
    """Writer of both coverage tables, from records that are sorted by newspaper.

    Args:
        days: File of the days.
        outlets: File of the outlets.
        history: Counts of the ledger; ``None`` without one.
        bom: Whether the files begin with a byte order mark.
    """

    _decode = staticmethod(msgspec.json.Decoder(Article).decode)

    def __init__(
        self,
        days: io.BufferedIOBase,
        outlets: io.BufferedIOBase,
        history: CrawlHistory | None,
        *,
        bom: bool,
    ) -> None:
        self._days = Table(days, bom, [field.name for field in day_fields()])
        self._outlets = Table(outlets, bom, [field.name for field in outlet_fields()])
        self._has_ledger = history is not None
        self._left = sorted((history or {}).items(), reverse=True)
        self._newspaper = ""
        self._measured = _Measured()
        self.rows = {COVERAGE: 0, OUTLETS: 0}
        """Number of rows by file."""
        self.gaps: Counter[str] = Counter()
        """Number of days by gap."""

    def add(self, record: Record) -> None:
        """Count a record; earlier versions of an article are ignored."""
        if record.newspaper != self._newspaper:
            self._finish()
            self._newspaper = record.newspaper
        if record.columns.latest:
            self._measured.add(self._decode(record.line), record.columns.day)

    def close(self) -> None:
        """Write the remaining rows."""
        self._finish()
        while self._left:
            newspaper, crawled = self._left.pop()
            self._write(newspaper, _Measured(), crawled)

    def _finish(self) -> None:
        """Write the rows of a completed newspaper, and of newspapers before it without records."""
        if not self._newspaper:
            return
        crawled: dict[str, Crawled] = {}
        while self._left and self._left[-1][0] <= self._newspaper:
            newspaper, counts = self._left.pop()
            if newspaper == self._newspaper:
                crawled = counts
            else:
                self._write(newspaper, _Measured(), counts)
        self._write(self._newspaper, self._measured, crawled)
        self._measured = _Measured()

    def _write(self, newspaper: str, measured: _Measured, crawled: dict[str, Crawled]) -> None:
        gaps: Counter[str | None] = Counter()
        for row in self._rows_of(newspaper, measured.days, crawled):
            gaps[row.gap] += 1
            self.rows[COVERAGE] += self._days.write(dataclasses.astuple(row))
        self.gaps.update({gap: count for gap, count in gaps.items() if gap})
        found = measured.days
        discovered, exported, failed = self._counted(crawled.values())
        outlet = OutletCoverage(
            newspaper=newspaper,
            articles=found.total(),
            first=min(found, default=None),
            last=max(found, default=None),
            days=len(found),
            silent=gaps["silent"],
            discovered=discovered,
            exported=exported,
            failed=failed,
            delay=_median(measured.delays),
            cut=_share(measured.cut),
            cut_at=_median(measured.cut_at),
            headline_changed=_share(measured.changed),
            encoding=_share(measured.damaged),
            agreement=_median(measured.agreement),
        )
        self.rows[OUTLETS] += self._outlets.write(dataclasses.astuple(outlet))

    def _rows_of(
        self, newspaper: str, found: Counter[str], crawled: dict[str, Crawled]
    ) -> Iterator[OutletDay]:
        silent = set(_silent_days(found))
        for day in sorted(found.keys() | crawled.keys() | silent):
            counts = self._counted([crawled[day]] if day in crawled else [])
            row = OutletDay(newspaper, day, found[day], *counts)
            if row.failed:
                row.gap = "failed"
            elif day in silent:
                row.gap = "silent"
            yield row

    def _counted(self, days: Iterable[Crawled]) -> tuple[int, int, int] | tuple[None, None, None]:
        """Return the sums of the ledger's counts; ``None`` values without a ledger."""
        if not self._has_ledger:
            return None, None, None
        counts = list(days)
        return (
            sum(day.discovered for day in counts),
            sum(day.exported for day in counts),
            sum(day.failed for day in counts),
        )


def _silent_days(found: Counter[str]) -> Iterator[str]:
    """Yield the days without an article of an outlet with at least one a day on average."""
    if not found:
        return
    first = date.fromisoformat(min(found))
    span = (date.fromisoformat(max(found)) - first).days + 1
    if found.total() >= span:
        days = ((first + timedelta(number)).isoformat() for number in range(span))
        yield from (day for day in days if day not in found)


def _median(values: list[int] | list[float]) -> float | None:
    return round(float(median(values)), 3) if values else None


def _share(values: list[bool]) -> float | None:
    return round(sum(values) / len(values), 3) if values else None


def crawl_history(place: Place, selection: Selection) -> CrawlHistory | None:
    """Return the ledger's counts of the selected outlets; ``None`` if there is no ledger.

    Raises:
        StoreError: the ledger cannot be read.
    """
    with ledger_of(place) as ledger:
        if ledger is None:
            return None
        history: CrawlHistory = {}
        for newspaper, day, crawled in ledger.crawl_days.counts(
            selection.site, selection.edition, selection.outlet
        ):
            history.setdefault("/".join(newspaper), {})[day] = crawled
        return history


def day_fields() -> tuple[Field, ...]:
    """Return the columns of the days."""
    return fields_of(OutletDay)


def outlet_fields() -> tuple[Field, ...]:
    """Return the columns of the outlets."""
    return fields_of(OutletCoverage)
