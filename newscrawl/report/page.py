"""The HTML page: statistics as data, with the project's own scripts.

Nothing of a crawled page is ever markup here. It is JSON in an element that no browser runs, the
script makes text nodes of it, and the page's own policy forbids every other script and every
request.
"""

import base64
import hashlib
import heapq
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from importlib import resources
from pathlib import Path
from string import Template
from tempfile import TemporaryDirectory
from typing import Any, get_args

import msgspec

from newscrawl import __version__
from newscrawl.errors import StoreError
from newscrawl.export.feeds import Feed, FeedReader
from newscrawl.items import Article, Status
from newscrawl.operations.monitors import alarms
from newscrawl.report.feeds import FILLED, Holdings, Outlet, take_stock
from newscrawl.report.runs import hosts_of, losses_of, rules_of
from newscrawl.report.words import differences
from newscrawl.state.run import now
from newscrawl.state.run_reports import reports

_RECORD_BYTES = 1_500_000
"""Room for records with both their copies."""

_RUNS = 50
_HOSTS = 60
_RULES = 300
_REASONS = 60
"""Rows of the tables; what is left out is counted below them."""

_DAYS = 366
"""Days before the latest day of publication that are shown one by one; before, months are."""

_SCRIPTS = ("d3.min.js", "plot.umd.min.js", "page.js")
_STYLES = ("page.css", "plot.css")
"""The second is what Plot puts into each chart: it must be the same to the letter."""

_ASSETS = resources.files("newscrawl.report") / "assets"


def write_page(data: Path, feeds: list[Feed], output: Path) -> int:
    """Write the page of a data directory and some feeds; its size in bytes.

    Raises:
        ExportError: a feed cannot be read.
        StoreError: the page cannot be written.
    """
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        # Packed feeds are unpacked where there is room for them.
        with TemporaryDirectory(dir=output.parent, prefix=".report.") as scratch:
            reader = FeedReader(feeds, Path(scratch))
            try:
                held = take_stock(reader)
            finally:
                reader.close()
        page = _render(_content(held, data, feeds)).encode()
        part = output.with_name(f".{output.name}.part")
        part.write_bytes(page)
        part.replace(output)
    except OSError as error:
        raise StoreError(f"{output} cannot be written: {error}") from error
    return len(page)


def _render(content: dict[str, Any]) -> str:
    """The page with its content in it."""
    scripts = [_asset(name) for name in _SCRIPTS]
    style = _asset("page.css")
    inert = json.dumps(content, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    # A lone half of a pair may stand in a damaged feed, and is no UTF-8.
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
    """A script or style as a content security policy names it."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _content(held: Holdings, data: Path, feeds: list[Feed]) -> dict[str, Any]:
    """Everything the page shows."""
    runs = list(reports(data))
    rules, faults = rules_of(data)
    outlets = sorted(held.outlets.values(), key=lambda outlet: -outlet.days.total())
    last_day = max((max(outlet.days) for outlet in outlets), default="")
    losses = losses_of(data, runs)
    hosts = hosts_of(runs)
    return {
        "made": now(),
        "version": __version__,
        "feeds": len(feeds),
        "lines": held.lines,
        "earlier": held.earlier,
        "damaged": held.damaged,
        "faults": [*map(str, held.damages), *faults],
        "articles": held.articles,
        "duplicates": held.duplicates,
        "statuses": get_args(Status),
        "outlets": [_outlet(outlet, last_day) for outlet in outlets],
        "lastDay": last_day,
        "years": {year: held.years[year] for year in sorted(held.years)},
        "agreement": held.agreement,
        "filled": {name: held.filled[name] for name in FILLED},
        "flags": dict(held.flags.most_common()),
        "languages": dict(held.languages.most_common(12)),
        "found": dict(held.rules.most_common()),
        "records": list(_within(map(_record, held.recent))),
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


def _outlet(outlet: Outlet, last_day: str) -> dict[str, Any]:
    """An outlet's row, with its articles by month and by day of the last year."""
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
        "months": dict(sorted(months.items())),
        "days": {day: n for day, n in sorted(outlet.days.items()) if day > first_shown},
    }


def _record(line: bytes) -> dict[str, Any]:
    """A record with both its copies and how they differ."""
    article = msgspec.json.decode(line, type=Article)
    copy, source = article.copy, article.source
    return {
        "id": article.id,
        "url": article.url,
        "outlet": article.outlet.name,
        "title": article.title,
        "published": article.published,
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
    """As many records as there is room for."""
    room = _RECORD_BYTES
    for record in records:
        room -= len(msgspec.json.encode(record))
        if room < 0:
            return
        yield record


def _health(of_site: tuple[str, Any]) -> tuple[int, float, int]:
    """What needs looking at first: what is withdrawn, then what fails, then what is used most."""
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
    """The hosts that fail most and those that are slowest: name, answers, failures, mean, worst."""
    rows: list[list[Any]] = []
    for name, of in hosts.items():
        answers = of.get("answers", 0)
        mean = round(of.get("seconds", 0) / answers, 2) if answers else None
        rows.append([name, answers, of.get("failures", 0), mean, of.get("slowest") or None])
    rows.sort(key=lambda row: (-row[2], -(row[3] or 0)))
    slowest = heapq.nlargest(_HOSTS // 2, rows[_HOSTS // 2 :], key=lambda row: row[3] or 0)
    return rows[: _HOSTS // 2] + slowest


def _run(report: dict[str, Any]) -> dict[str, Any]:
    """A run's row."""
    shown = ("job", "spider", "started", "state", "outcome", "reason", "seconds", "pages")
    counts = ("found", "exported", "rejected", "failed", "unchanged", "left")
    return {
        **{name: report.get(name) for name in (*shown, *counts)},
        "told": [*report.get("errors", []), *alarms(report)],
    }
