"""The run report: what a run found, and what became of it."""

import sys
from collections import Counter
from time import monotonic
from typing import Any

from scrapy import signals
from scrapy.crawler import Crawler

from newscrawl.hosts import Hosts
from newscrawl.items import Article
from newscrawl.run import Run
from newscrawl.runlog import name_the_killed, report_head, report_path, write_report

_FIELDS = (
    "title",
    "text",
    "lead",
    "authors",
    "section",
    "tags",
    "images",
    "published",
    "modified",
    "language",
)
_ERRORS = ("log_count/ERROR", "spider_exceptions/count")
"""Stats that must be zero in a good run."""

_NAMED = 1000
"""Failed and rejected articles that the report names one by one; the ledger has them all."""


class RunReport:
    """Writes ``runs/<job>.json`` and a summary on stderr, and decides whether the run was good.

    The file says ``running`` from the start of the run, so that a killed run can be told from a
    finished one. The stat ``run/outcome`` is ``ok`` only after a good end; ``scrapy crawl`` makes
    its exit code from that.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._run = Run.of(crawler)
        self._hosts = Hosts.of(crawler)
        self._began = monotonic()
        self._sources: Counter[str] = Counter()
        self._origins: Counter[str] = Counter()
        self._flags: Counter[str] = Counter()
        self._filled: Counter[str] = Counter()
        crawler.signals.connect(self.spider_opened, signals.spider_opened)
        crawler.signals.connect(self.item_scraped, signals.item_scraped)
        crawler.signals.connect(self.spider_closed, signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "RunReport":
        """Built by Scrapy."""
        return cls(crawler)

    def spider_opened(self) -> None:
        """Leave word that the run is on its way."""
        name_the_killed(self._run.data, self._run.site, self._run.job)
        self._write({"state": "running"})

    def item_scraped(self, item: Article) -> None:
        """Count what an exported record holds."""
        self._sources[item.source.status] += 1
        self._origins[item.origin] += 1
        self._flags.update(item.flags)
        self._filled.update(name for name in _FIELDS if getattr(item, name))

    def spider_closed(self, reason: str) -> None:
        """Draw the balance."""
        assert self._crawler.stats
        report = self._balance(reason)
        self._write(report)
        self._crawler.stats.set_value("run/outcome", report["outcome"])
        sys.stderr.write(summary(report))
        self._run.close()

    def _balance(self, reason: str) -> dict[str, Any]:
        assert self._crawler.stats
        stats = self._crawler.stats.get_stats()
        ledger, job = self._run.ledger, self._run.job
        counts = ledger.counts(job)
        exported = ledger.count_exported(job)
        unchanged = counts.get("done", 0) + counts.get("waiting", 0) - exported
        rejected, failed, left = (counts.get(s, 0) for s in ("rejected", "failed", "found"))
        found = sum(counts.values())
        known, outside = (stats.get(f"articles/{name}", 0) for name in ("known", "outside"))
        errors = [f"{stats[key]} × {key}" for key in sorted(stats) if key in _ERRORS]
        if reason == "store_error":
            errors.append("a file could not be written; see the log")
        if reason == "site_away":
            errors.append("the site was away, so the run ended early; see the log")
        if reason == "finished" and found and not exported and not unchanged:
            errors.append("nothing was exported")
        elif reason == "finished" and not found and not known:
            errors.append(
                f"all {outside} articles lie outside since/until"
                if outside
                else "nothing was found"
            )
        return {
            "state": "finished" if reason == "finished" else "interrupted",
            "outcome": "failed" if errors else "ok",
            "errors": errors,
            "reason": reason,
            "found": found,
            "exported": exported,
            "rejected": rejected,
            "failed": failed,
            "unchanged": unchanged,
            "waiting": counts.get("waiting", 0),
            "left": left,
            "known": known,
            "outside": outside,
            "absent": stats.get("articles/absent", 0),
            "sources": dict(self._sources.most_common()),
            "origins": dict(self._origins.most_common()),
            "flags": dict(self._flags.most_common()),
            "filled": {name: self._filled[name] for name in _FIELDS},
            "left_alone": {name: host.why for name, host in self._hosts.met.items() if host.why},
            "pages": stats.get("response_received_count", 0),
            "seconds": round(monotonic() - self._began, 1),
            "files": {
                kind: self._run.relative(path)
                for kind in ("feeds", "rejects", "headlines")
                if (path := self._run.path(kind)).exists()
            },
            "failures": dict(ledger.outcomes(job, "failed", _NAMED)),
            "rejections": dict(ledger.outcomes(job, "rejected", _NAMED)),
        }

    def _write(self, report: dict[str, Any]) -> None:
        run = self._run
        arguments = getattr(self._crawler.spider, "arguments_given", {})
        head = report_head(run.site, run.job, run.started, arguments)
        write_report(report_path(run.data, run.job), head | report)


def summary(report: dict[str, Any]) -> str:
    """A report in a few lines for people."""

    def listed(counts: dict[str, int]) -> str:
        return ", ".join(f"{name} {count}" for name, count in counts.items() if count) or "none"

    balance = [f"{name} {report[name]}" for name in ("exported", "rejected", "failed")]
    balance += [f"{name} {report[name]}" for name in ("unchanged", "left") if report[name]]
    exported = report["exported"] or 1
    outside = f"{report['outside']} outside since/until"
    absent = f"{report['absent']} absent ids"
    filled = {name: f"{100 * count // exported} %" for name, count in report["filled"].items()}
    lines = [
        "",
        f"found {report['found']} = {' + '.join(balance)}",
        f"sources   {listed(report['sources'])}"
        + (f"; {report['waiting']} are tried again later" if report["waiting"] else ""),
        f"filled    {', '.join(f'{name} {share}' for name, share in filled.items())}",
        f"beside    {report['known']} seen again, {outside}, {absent}",
        f"pages     {report['pages']} in {report['seconds']} s",
        *(f"{kind:<10}{path}" for kind, path in report["files"].items()),
        *(f"failed    {article}: {why}" for article, why in list(report["failures"].items())[:10]),
        *(f"ERROR     {error}" for error in report["errors"]),
    ]
    return "\n".join(lines) + "\n"
