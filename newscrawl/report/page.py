"""Write the HTML report page: statistics as JSON, rendered by the embedded scripts.

Crawled content is never markup: it is JSON in an inert element, the script turns it into text
nodes, and the page's content security policy forbids all other scripts and all requests.
"""

import base64
import hashlib
import heapq
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from importlib import resources
from itertools import islice
from pathlib import Path
from string import Template
from tempfile import TemporaryDirectory
from typing import Any, get_args

import msgspec

from newscrawl import __version__
from newscrawl.errors import StoreError
from newscrawl.export.feeds import Feed, FeedReader
from newscrawl.export.survival import Checks, find_checks, kaplan_meier
from newscrawl.export.trust import LEVELS, REASONS, trust
from newscrawl.items import Article, Status
from newscrawl.operations.monitors import alarms
from newscrawl.report.differences import differences
from newscrawl.report.feeds import (
    AGREE,
    FILLED,
    LENGTHS,
    LOST,
    FeedStatistics,
    OutletStatistics,
    SampledRecord,
    count_feeds,
)
from newscrawl.report.runs import hosts_of, losses_of, rules_of
from newscrawl.state.place import Place, as_place
from newscrawl.state.run import now
from newscrawl.state.run_reports import reports

_RECORD_BYTES = 1_500_000
"""Maximum size of the records shown with both versions (bytes)."""

_RUNS = 50
_HOSTS = 60
_RULES = 300
_REASONS = 60
"""Maximum rows of a table; the number of omitted rows is shown below it."""

_REPORTS = 2000
"""Number of latest run reports that are read; a year of hourly runs leaves 50,000."""

_CURVES = 7
"""Largest outlets whose survival curves are shown."""

_DAYS = 366
"""Days before the latest publication that are shown by day; earlier ones by month."""

_SCRIPTS = ("d3.min.js", "plot.umd.min.js", "page.js")
_STYLES = ("page.css", "plot.css")
"""The second style is the one that Plot inserts into each chart; it must match exactly."""

_ASSETS = resources.files("newscrawl.report") / "assets"


def write_page(place: Place | Path, feeds: list[Feed], output: Path) -> int:
    """Write the page of a data directory and some feeds; return its size in bytes.

    Raises:
        ExportError: a feed cannot be read.
        StoreError: the page cannot be written.
    """
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        # Compressed feeds are decompressed in a directory with enough space.
        with TemporaryDirectory(dir=output.parent, prefix=".report.") as scratch:
            reader = FeedReader(feeds, Path(scratch))
            try:
                checks = Checks(find_checks(place), Path(scratch) / "checks.sqlite")
                stats = count_feeds(reader, checks)
                checks.close()
            finally:
                reader.close()
        page = _render(_content(stats, as_place(place), feeds)).encode()
        part = output.with_name(f".{output.name}.part")
        part.write_bytes(page)
        part.replace(output)
    except OSError as error:
        raise StoreError(f"{output} cannot be written: {error}") from error
    return len(page)


def _render(content: dict[str, Any]) -> str:
    """Return the page with its data."""
    scripts = [_asset(name) for name in _SCRIPTS]
    style = _asset("page.css")
    inert = json.dumps(content, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    # A damaged feed may contain lone surrogates, which UTF-8 cannot encode.
    inert = inert.encode("utf-8", "replace").decode()
    return Template(_asset("page.html")).substitute(
        script_hashes=" ".join(_hash(script) for script in scripts),
        style_hashes=" ".join(_hash(_asset(name)) for name in _STYLES),
        style=style,
        content=inert,
        scripts="\n".join(f"<script>{script}</script>" for script in scripts),
    )


def _asset(name: str) -> str:
    return (_ASSETS / name).read_text("utf-8")


def _hash(text: str) -> str:
    """Return the content security policy hash of a script or style."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _content(stats: FeedStatistics, place: Place, feeds: list[Feed]) -> dict[str, Any]:
    """Return the data of the page."""
    runs = list(islice(reports(place.data), _REPORTS))
    rules, faults = rules_of(place)
    outlets = sorted(stats.outlets.values(), key=lambda outlet: -outlet.days.total())
    last_day = max((max(outlet.days) for outlet in outlets), default="")
    losses = losses_of(place, runs)
    hosts = hosts_of(runs)
    return {
        "made": now(),
        "version": __version__,
        "feeds": len(feeds),
        "lines": stats.lines,
        "earlier": stats.earlier,
        "damaged": stats.damaged,
        "faults": [*map(str, stats.damages), *faults],
        "articles": stats.articles,
        "duplicates": stats.duplicates,
        "statuses": get_args(Status),
        "outlets": [_outlet(outlet, last_day) for outlet in outlets],
        "lastDay": last_day,
        "months": {month: stats.months[month] for month in sorted(stats.months)},
        "survival": _survival(stats, outlets),
        "agreement": stats.agreement,
        "agree": AGREE,
        "lengths": list(zip([*LENGTHS, None], stats.lengths, strict=True)),
        "clusters": sorted(Counter(size + 1 for size in stats.clusters.values()).items()),
        "filled": {name: stats.filled[name] for name in FILLED},
        "flags": dict(stats.flags.most_common()),
        "languages": dict(stats.languages.most_common(12)),
        "found": dict(stats.rules.most_common()),
        "levels": LEVELS,
        "reasonLevels": REASONS,
        "lost": sorted(LOST),
        "records": _sample(stats.sample),
        "reasons": losses[:_REASONS],
        "moreReasons": max(0, len(losses) - _REASONS),
        "rules": [_rule(site, rule) for site, rule in sorted(rules, key=_health)[:_RULES]],
        "moreRules": max(0, len(rules) - _RULES),
        "ruleStates": Counter(rule.state for _, rule in rules),
        "hosts": _worst(hosts),
        "hostCount": len(hosts),
        "runs": [_run(report) for report in runs[:_RUNS]],
        "moreRuns": max(0, len(runs) - _RUNS),
    }


def _survival(stats: FeedStatistics, outlets: list[OutletStatistics]) -> list[list[Any]]:
    """Return curves of the survival of sources: all, then by year, then of the largest outlets.

    Each consists of kind, name, number of sources, and steps: months since publication, surviving
    share, number of sources observed for that long.
    """
    groups = [("year", year, stats.lives[year]) for year in sorted(stats.lives)]
    everything = sum((lives for _, _, lives in groups), Counter[tuple[int, bool]]())
    groups += [("outlet", outlet.name or outlet.slug, outlet.lives) for outlet in outlets[:_CURVES]]
    return [
        [kind, name, lives.total(), _curve(lives)]
        for kind, name, lives in [("all", "all sources", everything), *groups]
        if lives
    ]


def _curve(lives: Counter[tuple[int, bool]]) -> list[list[float]]:
    steps = [
        [step.time, round(step.share, 4), step.at_risk] for step in kaplan_meier(lives.elements())
    ]
    end = max(time for time, _ in lives)
    last = steps[-1][1] if steps else 1.0
    return [[0, 1.0, lives.total()], *steps, [end, last, lives[end, False]]]


def _outlet(outlet: OutletStatistics, last_day: str) -> dict[str, Any]:
    """Return an outlet's row, with its articles by month, and by day for the last year."""
    months: Counter[str] = Counter()
    for day, count in outlet.days.items():
        months[day[:7]] += count
    first_shown = f"{int(last_day[:4]) - 1}{last_day[4:]}"
    return {
        "site": outlet.site,
        "edition": outlet.edition,
        "slug": outlet.slug,
        "name": outlet.name or outlet.slug,
        "domain": next((name for name, _ in outlet.domains.most_common(1)), None),
        "articles": outlet.days.total(),
        "first": min(outlet.days),
        "last": max(outlet.days),
        "statuses": outlet.statuses,
        "agreement": round(outlet.agreement / outlet.compared, 3) if outlet.compared else None,
        "trust": outlet.trust,
        "reasons": outlet.reasons,
        "languages": dict(outlet.languages.most_common()),
        "years": [[year, status, count] for (year, status), count in sorted(outlet.years.items())],
        "ages": [
            [age, outlet.requested[age], outlet.lost[age]] for age in sorted(outlet.requested)
        ],
        "months": dict(sorted(months.items())),
        "days": {day: n for day, n in sorted(outlet.days.items()) if day > first_shown},
    }


def _sample(sample: Iterable[SampledRecord]) -> list[dict[str, Any]]:
    """Return the sampled records, as many as there is room for, latest first."""
    records = _within(_record(sampled.line) for sampled in sample)
    return sorted(records, key=lambda record: record["exported"] or "", reverse=True)


def _record(line: bytes) -> dict[str, Any]:
    """Return a record with both versions and their differences."""
    article = msgspec.json.decode(line, type=Article)
    copy, source, verdict = article.copy, article.source, trust(article)
    return {
        "id": article.id,
        "url": article.url,
        "outlet": article.outlet.name,
        "title": article.title,
        "published": article.published,
        "exported": article.crawl.exported,
        "trust": verdict.level,
        "reasons": verdict.reasons,
        "language": article.language,
        "origin": article.origin,
        "status": source.status,
        "reason": source.reason,
        "link": source.url or source.link,
        "rule": source.rule,
        "agreement": article.agreement.text,
        "flags": article.flags,
        "version": article.version,
        "authors": article.authors,
        "section": article.section,
        "dates": [copy.published, source.published],
        "bylines": [copy.byline, ", ".join(source.authors) or None],
        "titles": differences(copy.title, source.title),
        "texts": differences(copy.text, source.text),
    }


def _within(records: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield records up to the size limit."""
    room = _RECORD_BYTES
    for record in records:
        room -= len(msgspec.json.encode(record))
        if room < 0:
            return
        yield record


def _health(of_site: tuple[str, Any]) -> tuple[int, float, int]:
    """Return the sort key of a rule: withdrawn first, then failing, then most used."""
    rule = of_site[1]
    order = ("withdrawn", "trusted", "proposed").index(rule.state)
    return order, -rule.failures, -rule.pages


def _rule(site: str, rule: Any) -> list[Any]:
    return [
        rule.name,
        site,
        rule.state,
        rule.pages,
        rule.confirmed,
        rule.failures,
        rule.last_agreement,
        (rule.last_seen or "")[:10],
    ]


def _worst(hosts: dict[str, dict[str, float]]) -> list[list[Any]]:
    """Return the most failing and the slowest hosts: name, responses, failures, mean, maximum."""
    rows: list[list[Any]] = []
    for name, of in hosts.items():
        answers = of.get("answers", 0)
        mean = round(of.get("seconds", 0) / answers, 2) if answers else None
        rows.append([name, answers, of.get("failures", 0), mean, of.get("slowest") or None])
    rows.sort(key=lambda row: (-row[2], -(row[3] or 0)))
    slowest = heapq.nlargest(_HOSTS // 2, rows[_HOSTS // 2 :], key=lambda row: row[3] or 0)
    return rows[: _HOSTS // 2] + slowest


def _run(report: dict[str, Any]) -> dict[str, Any]:
    """Return a run's row."""
    shown = ("job", "spider", "started", "state", "outcome", "reason", "seconds", "pages")
    counts = ("found", "exported", "rejected", "failed", "unchanged", "left")
    return {
        **{name: report.get(name) for name in (*shown, *counts)},
        "told": [*report.get("errors", []), *alarms(report)],
    }
