"""Score a crawl of the demo network by comparing its feeds with the ground truth."""

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import zip_longest
from pathlib import Path
from typing import Any

from newscrawl.demo.article_faults import EFFECTS
from newscrawl.demo.truth import Truth
from newscrawl.state.compression import open_unpacked

TITLE_BAR = 0.99
"""Minimum share of parsable sources whose title is right."""
DATE_BAR = 0.99
"""Minimum share of parsable sources whose day of publication is right."""
BODY_BAR = 0.95
"""Minimum F1 of the bodies of parsable sources."""

_WORD = re.compile(r"\w+")
_SHINGLE = 4
# Characters with several typographic forms.
_SIGNS = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "…": "..."})


@dataclass(slots=True)
class Share:
    """Number of correct values out of a total."""

    right: int = 0
    """Number of correct values."""
    total: int = 0
    """Total number of values."""
    wrong: list[str] = field(default_factory=list)
    """Descriptions of wrong values."""

    def count(self, right: bool, what: str) -> None:
        """Count one more."""
        self.right += right
        self.total += 1
        if not right:
            self.wrong.append(what)

    @property
    def value(self) -> float:
        """Share, 0 to 1; 1 if the total is 0."""
        return self.right / self.total if self.total else 1.0


@dataclass(slots=True)
class Bodies:
    """Precision and recall of extracted texts, by word 4-grams."""

    precisions: list[float] = field(default_factory=list)
    """Precision of each pair."""
    recalls: list[float] = field(default_factory=list)
    """Recall of each pair."""
    worst: list[tuple[float, str]] = field(default_factory=list)
    """F1 and identifier of texts below the target."""

    def count(self, true: str, found: str, what: str) -> None:
        """Compare one more pair."""
        wanted, given = shingles(true), shingles(found)
        common = (wanted & given).total()
        precision = common / given.total() if given else 0.0
        recall = common / wanted.total() if wanted else 1.0
        self.precisions.append(precision)
        self.recalls.append(recall)
        if (f1 := _f1(precision, recall)) < BODY_BAR:
            self.worst.append((f1, what))

    @property
    def value(self) -> float:
        """F1 of mean precision and mean recall."""
        if not self.recalls:
            return 1.0
        return _f1(_mean(self.precisions), _mean(self.recalls))


@dataclass(slots=True)
class Score:
    """Score of a demo crawl by field, with missing and superfluous records."""

    copies: dict[str, Share]
    """Fields of the copies; all must be right."""
    statuses: Share
    """``source.status``."""
    titles: Share
    """Titles of parsable sources."""
    dates: Share
    """Days of publication of parsable sources."""
    bodies: Bodies
    """Texts of parsable sources."""
    others: dict[str, Share]
    """Other fields of parsable sources, without a target."""
    missing: list[str]
    """Articles that should have a record and have none."""
    extra: list[str]
    """Records without an article."""
    repeated: list[str]
    """Articles exported more than once in a feed."""
    records: int = 0
    """Records read."""

    @property
    def good(self) -> bool:
        """Whether all targets are reached; statuses have none."""
        return (
            not (self.missing or self.extra or self.repeated)
            and all(share.value == 1 for share in self.copies.values())
            and self.titles.value >= TITLE_BAR
            and self.dates.value >= DATE_BAR
            and self.bodies.value >= BODY_BAR
        )


def score(feeds: Iterable[Path], truth: Mapping[str, Truth], sites: Collection[str]) -> Score:
    """Compare feeds with the ground truth of some aggregator sites.

    Args:
        feeds: JSON Lines files of records.
        truth: ground truth of every article of the network.
        sites: names of the aggregator sites that were crawled completely.

    Raises:
        ValueError: a line of a feed is not a JSON object.
    """
    result = Score(
        copies={name: Share() for name in _COPY_FIELDS},
        statuses=Share(),
        titles=Share(),
        dates=Share(),
        bodies=Bodies(),
        others={name: Share() for name in ("authors", "section", "tags", "modified", "paragraphs")},
        missing=[],
        extra=[],
        repeated=[],
    )
    seen: set[str] = set()
    for feed in feeds:
        here: set[str] = set()
        for record in read_feed(feed):
            result.records += 1
            identifier = record["id"]
            if identifier in here:
                result.repeated.append(identifier)
                continue
            here.add(identifier)
            expected = truth.get(identifier)
            if expected is None or not expected.exported:
                result.extra.append(identifier)
                continue
            seen.add(identifier)
            _compare(result, record, expected)
    for identifier in truth:
        wanted = identifier.partition(":")[0] in sites and identifier not in seen
        if wanted and truth[identifier].exported:
            result.missing.append(identifier)
    return result


def read_feed(feed: Path) -> Iterator[dict[str, Any]]:
    """Yield the records of a feed.

    Raises:
        ValueError: a line is not a JSON object.
    """
    with open_unpacked(feed) as lines:
        for number, line in enumerate(lines, 1):
            record = json.loads(line)
            if not isinstance(record, dict):
                raise ValueError(f"{feed}, line {number}: expected an object")  # noqa: TRY004
            yield record


def _compare(result: Score, record: Mapping[str, Any], truth: Truth) -> None:
    for name, (given, true) in _copy_fields(record, truth).items():
        result.copies[name].count(given == true, f"{truth.id}: {given!r}, not {true!r}")
    source, expected = record["source"], truth.source
    fault = f" ({EFFECTS[truth.fault].what})" if truth.fault else ""
    told = f"{truth.id} on {expected.system}: {source['status']}, not {expected.status}{fault}"
    result.statuses.count(source["status"] == expected.status, told)
    if expected.status != "ok":
        return
    right = _plain(source["title"]) == _plain(expected.title)
    what = f"{truth.id} on {expected.system}"
    result.titles.count(right, f"{what}: {source['title']!r}, not {expected.title!r}")
    right = _same_day(source["published"], expected.published)
    result.dates.count(right, f"{what}: {source['published']}, not {expected.published}")
    result.bodies.count(expected.text, source["text"] or "", what)
    modified = datetime.fromisoformat(source["modified"]) if source["modified"] else None
    others = {
        "authors": (source["authors"], list(expected.authors)),
        "section": (source["section"], expected.section),
        "tags": (source["tags"], list(expected.tags)),
        "modified": (modified, expected.modified),
    }
    for name, (given, true) in others.items():
        result.others[name].count(given == true, f"{what}: {given!s}, not {true!s}")
    differing = _differing_paragraph(source["text"] or "", expected.text)
    result.others["paragraphs"].count(differing is None, f"{what}: {differing}")


def _differing_paragraph(found: str, expected: str) -> str | None:
    """Return the first paragraph that is not as expected; ``None`` if all are."""
    pairs = zip_longest(map(_plain, found.split("\n\n")), map(_plain, expected.split("\n\n")))
    return next((f"{given!r}, not {true!r}" for given, true in pairs if given != true), None)


_COPY_FIELDS = ("title", "text", "published", "outlet", "byline", "link", "truncated")


def _copy_fields(record: Mapping[str, Any], truth: Truth) -> dict[str, tuple[object, object]]:
    """Return the fields of a copy, each as found and as expected."""
    copy, true = record["copy"], truth.copy
    values = (
        (copy["title"], true.title),
        (copy["text"], true.text),
        ((copy["published"] or "")[:10], true.published.isoformat()),
        (record["outlet"]["name"], truth.outlet_name),
        (copy["byline"], true.byline),
        (record["source"]["link"], true.link),
        (copy["truncated"], true.truncated),
    )
    return dict(zip(_COPY_FIELDS, values, strict=True))


def shingles(text: str) -> Counter[tuple[str, ...]]:
    """Return the word 4-grams of a text with their counts; a shorter text is one n-gram.

    >>> sorted(shingles("one two three four five"))
    [('one', 'two', 'three', 'four'), ('two', 'three', 'four', 'five')]
    """
    words = _WORD.findall(text)
    runs = range(max(1, len(words) - _SHINGLE + 1))
    return Counter(tuple(words[i : i + _SHINGLE]) for i in runs if words)


def _plain(text: str | None) -> str:
    """Normalise quotation marks and white space for comparison."""
    return " ".join(unicodedata.normalize("NFKC", text or "").translate(_SIGNS).split())


def _same_day(found: str | None, true: datetime) -> bool:
    """Return whether a timestamp is on the true day, in the true time zone."""
    return (
        bool(found)
        and datetime.fromisoformat(found or "").astimezone(true.tzinfo).date() == true.date()
    )


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)


def _f1(precision: float, recall: float) -> float:
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def overview(result: Score) -> list[str]:
    """Return a score in a few lines, each with its target."""
    copies = min(share.value for share in result.copies.values())
    parts = (
        ("records exported", result.records, "-"),
        ("missing, extra, repeated", _faulty(result), "0"),
        ("fields of copies right", f"{copies:.1%}", "100% in each field"),
        ("titles of sources right", f"{result.titles.value:.1%}", f"{TITLE_BAR:.0%}"),
        ("dates of sources right", f"{result.dates.value:.1%}", f"{DATE_BAR:.0%}"),
        ("texts of sources, F1", f"{result.bodies.value:.3f}", f"{BODY_BAR}"),
        ("statuses of sources right", f"{result.statuses.value:.1%}", "-"),
    )
    verdict = "all targets reached" if result.good else "BELOW A TARGET: see --verbose"
    return [
        f"{'score':<27}{'reached':>9}   target",
        *(f"{name:<27}{reached:>9}   {target}" for name, reached, target in parts),
        verdict,
    ]


def _faulty(result: Score) -> int:
    return len(result.missing) + len(result.extra) + len(result.repeated)


def table(result: Score, shown: int = 5) -> str:
    """Return a score as a table, with the first few errors."""
    rows = [
        *((f"copy {name}", share, 1.0) for name, share in result.copies.items()),
        ("source title", result.titles, TITLE_BAR),
        ("source date", result.dates, DATE_BAR),
        ("source status", result.statuses, None),
        *((f"source {name}", share, None) for name, share in result.others.items()),
    ]
    lines = [f"{'':<16}{'right':>7}{'of':>6}{'share':>9}{'bar':>8}"]
    wrong: list[str] = []
    for name, share, bar in rows:
        asked = f"{bar:8.0%}" if bar else f"{'-':>8}"
        lines.append(f"{name:<16}{share.right:>7}{share.total:>6}{share.value:9.1%}{asked}")
        wrong += _few(name, share.wrong, shown)
    bodies = result.bodies
    lines.append(
        f"{'source body F1':<16}{'':>7}{len(bodies.recalls):>6}{bodies.value:9.3f}{BODY_BAR:8}"
    )
    worst = [f"{what}: F1 {f1:.2f}" for f1, what in sorted(bodies.worst)]
    wrong += _few("source body", worst, shown)
    for name in ("missing", "extra", "repeated"):
        identifiers: list[str] = getattr(result, name)
        lines.append(f"{name:<16}{len(identifiers):>7}{'':>15}{0:>8}")
        wrong += _few(name, identifiers, shown)
    verdict = "all bars reached" if result.good else "BELOW THE BAR"
    return "\n".join([*lines, *wrong, f"{result.records} records: {verdict}"])


def _few(name: str, what: list[str], shown: int) -> list[str]:
    lines = [f"  {name}: {text[:300]}" for text in what[:shown]]
    return [*lines, f"  {name}: and {len(what) - shown} more"] if len(what) > shown else lines
