"""Extension that judges a run and writes its report and summary."""

import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from statistics import median
from time import monotonic, time
from typing import Any

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.http import Response

from newscrawl.articles.rule_store import RuleStore
from newscrawl.errors import StoreError
from newscrawl.extensions.signals import run_reported
from newscrawl.fetching.headers import parse_timestamp
from newscrawl.fetching.hosts import Hosts
from newscrawl.fetching.shutdown import REASONS, stop
from newscrawl.items import Article
from newscrawl.operations.announcements import FirstError, announce
from newscrawl.operations.monitors import alarms, check
from newscrawl.operations.statistics import RecordStatistics
from newscrawl.state.run import Run, RunListener
from newscrawl.state.run_reports import report_head, report_path, reports, write_report
from newscrawl.state.running import mark_running, unmark_running

logger = logging.getLogger(__name__)

_ERRORS = ("log_count/ERROR", "spider_exceptions/count")
"""Stats that must be zero in a successful run."""

_CLOCKS = 500
"""Number of responses whose ``Date`` is compared with this machine's clock."""

_NAMED = 1000
"""Number of failed and rejected articles listed in the report; the ledger has all."""


class RunReport(RunListener):
    """Extension that judges a run, and writes ``runs/<job>.json`` and a summary to stderr.

    The report has the state ``running`` from the start of the run, to distinguish killed runs from
    finished ones. The stat ``run/outcome`` is ``ok`` only after a good end; ``scrapy crawl``
    derives its exit code from it.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._run = Run.of(crawler)
        self._hosts = Hosts.of(crawler)
        self._began = monotonic()
        self._opened = False
        self._first_error = FirstError()
        self._statistics = RecordStatistics()
        self._offsets: list[float] = []
        self._withdrawn: set[str] = set()
        crawler.signals.connect(self.spider_opened, signals.spider_opened)
        crawler.signals.connect(self.response_received, signals.response_received)
        self._run.listeners.append(self)
        crawler.signals.connect(self.spider_closed, signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "RunReport":
        """Create the component for a crawler."""
        return cls(crawler)

    def spider_opened(self) -> None:
        """Write a report with the state ``running``."""
        self._opened = True
        try:
            mark_running(self._run.data, self._run.site, self._run.job)
            self._write({"state": "running"})
        except StoreError as error:
            stop(self._crawler, error)
        self._withdrawn = self._rules_withdrawn()

    def response_received(self, response: Response) -> None:
        """Compare the clock with those of the first servers."""
        if "cached" not in response.flags and len(self._offsets) < _CLOCKS:
            sent = parse_timestamp(response.headers.get("Date") or b"")
            if sent:
                self._offsets.append(time() - sent.timestamp())

    def after_commit(self, records: Sequence[Article]) -> None:
        """Count exported records."""
        for record in records:
            self._statistics.add(record)

    def spider_closed(self, reason: str) -> None:
        """Write the final report and the summary."""
        assert self._crawler.stats
        try:
            report = self._balance(reason)
        except StoreError as error:  # the ledger cannot be read; ``scrapy crawl`` reports that
            logger.error("%s", error)  # noqa: TRY400 - not a bug, no traceback
            self._first_error.close()
            self._run.close()
            return
        try:
            report = self._judged(self._write(report))
            unmark_running(self._run.data, self._run.site)
        except StoreError as error:
            logger.error("%s", error)  # noqa: TRY400 - not a bug, no traceback
            errors = [*report["errors"], str(error)]
            report = self._headed(report | {"outcome": "failed", "errors": errors})
        self._crawler.signals.send_catch_log(run_reported, report=report)
        self._crawler.stats.set_value("run/outcome", report["outcome"])
        announce(summary(report), self._crawler.settings)
        self._first_error.close()
        self._run.close()

    def _judged(self, report: dict[str, Any]) -> dict[str, Any]:
        """Run the monitors on the report and add their findings."""
        settings = self._crawler.settings
        if not settings.getbool("MONITORS"):
            return report
        since = datetime.now(UTC) - timedelta(settings.getfloat("MONITOR_HISTORY_DAYS"))
        earlier = [*reports(self._run.data, self._run.site, since)]
        report["monitors"] = check(report, earlier, settings)
        if report["outcome"] == "ok" and alarms(report):
            report["outcome"] = "alarm"
        return self._write(report)

    def _balance(self, reason: str) -> dict[str, Any]:
        assert self._crawler.stats
        stats = self._crawler.stats.get_stats()
        ledger, job = self._run.ledger, self._run.job
        counts = ledger.articles.counts(job)
        exported = ledger.articles.count_exported(job)
        unchanged = counts.get("done", 0) + counts.get("waiting", 0) - exported
        rejected, failed, left = (counts.get(s, 0) for s in ("rejected", "failed", "found"))
        found = sum(counts.values())
        leftovers = self._run.plan.leftovers
        not_adopted = ledger.articles.count_left(self._run.site, job, leftovers) if leftovers else 0
        known, outside = (stats.get(f"articles/{name}", 0) for name in ("known", "outside"))
        errors = [f"{stats[key]} × {key}" for key in sorted(stats) if key in _ERRORS]
        if errors and self._first_error.message:
            errors[0] += f", the first: {self._first_error.message}"
        if not self._opened:
            errors.append("the run could not begin; see the log")
        if reason in REASONS:
            errors.append(REASONS[reason])
        if reason == "site_away":
            away = stats.get("site/away")
            errors.append(f"the site is away or refuses, so the run ended early: {away}")
        lost = stats.get("articles/listings_failed", 0)
        # One new article that cannot be parsed, among known ones, is no reason for an alarm.
        few = known and found < self._crawler.settings.getint("MONITOR_MIN_ITEMS")
        if reason == "finished" and lost and not stats.get("articles/listings_read"):
            errors.append(f"no page that leads to articles could be read ({lost} asked for)")
        elif reason == "finished" and found and not exported and not unchanged and not few:
            errors.append("nothing was exported")
        elif reason == "finished" and not found and not known and self._searched(outside):
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
            "found": found + not_adopted,
            "exported": exported,
            "rejected": rejected,
            "failed": failed,
            "unchanged": unchanged,
            "waiting": counts.get("waiting", 0),
            "left": left + not_adopted,
            "known": known,
            "outside": outside,
            "future": stats.get("articles/future", 0),
            "feeds_unchanged": stats.get("articles/feeds_unchanged", 0),
            "absent": stats.get("articles/absent", 0),
            "article_pages": stats.get("articles/pages", 0),
            "unreadable": stats.get("articles/unreadable", 0),
            "source_checks": {
                name.partition("/")[2]: count
                for name, count in stats.items()
                if name.startswith("source_checks/")
            },
            "listings_failed": lost,
            "listings_gone": stats.get("articles/listings_gone", 0),
            "listings_single": stats.get("articles/listings_single", 0),
            **self._statistics.counts(),
            "rules_withdrawn": sorted(self._rules_withdrawn() - self._withdrawn),
            "clock_offset": round(median(self._offsets), 1) if self._offsets else None,
            "left_alone": {name: host.why for name, host in self._hosts.met.items() if host.why},
            "pages": stats.get("response_received_count", 0),
            "seconds": round(monotonic() - self._began, 1),
            "files": {
                kind: self._run.relative(path)
                for kind, path in self._run.files.items()
                if path.exists()
            },
            "hosts": self._hosts.worst(),
            "failures": dict(ledger.articles.outcomes(job, "failed", _NAMED)),
            "rejections": dict(ledger.articles.outcomes(job, "rejected", _NAMED)),
            "monitors": {},
        }

    def _searched(self, outside: int) -> bool:
        """Return whether the run was expected to find articles.

        It was not if it only fetched due articles again; and between two dates there may be none if
        articles ``outside`` of them were found.
        """
        plan = self._run.plan
        return plan.must_find and not (outside and plan.until)

    def _rules_withdrawn(self) -> set[str]:
        """Names of the site's withdrawn rules."""
        book = RuleStore(self._run.site, self._run.ledger).book
        return {rule.name for rule in book if rule.state == "withdrawn"}

    def _write(self, report: dict[str, Any]) -> dict[str, Any]:
        """Write the report with its common fields and return it.

        Raises:
            StoreError: it cannot be written.
        """
        whole = self._headed(report)
        write_report(report_path(self._run.data, self._run.job), whole)
        return whole

    def _headed(self, report: dict[str, Any]) -> dict[str, Any]:
        """Return a report with the common fields."""
        run = self._run
        return report_head(run.site, run.job, run.started, run.plan.given) | report


def summary(report: dict[str, Any]) -> str:
    """Format a report as a summary for people."""

    def listed(counts: dict[str, int]) -> str:
        return ", ".join(f"{name} {count}" for name, count in counts.items() if count) or "none"

    balance = [f"{name} {report[name]}" for name in ("exported", "rejected", "failed")]
    balance += [f"{name} {report[name]}" for name in ("unchanged", "left") if report[name]]
    exported = report["exported"] or 1
    single = report["listings_single"]
    outside = f"{report['outside']} outside since/until"
    absent = f"{report['absent']} absent ids"
    filled = {name: f"{100 * count // exported} %" for name, count in report["filled"].items()}
    lines = [
        "",
        f"found {report['found']} = {' + '.join(balance)}",
        f"sources   {listed(report['sources'])}"
        + (f"; {report['waiting']} are tried again later" if report["waiting"] else ""),
        f"filled    {', '.join(f'{name} {share}' for name, share in filled.items())}",
        *([f"checked   {listed(report['source_checks'])}"] if report["source_checks"] else []),
        f"other     {report['known']} already known, {outside}, {absent}"
        + (f", {single} listings without a next page" if single else ""),
        f"pages     {report['pages']} in {report['seconds']} s",
        *(f"{kind:<10}{path}" for kind, path in report["files"].items()),
        *(f"failed    {article}: {why}" for article, why in list(report["failures"].items())[:10]),
        *(f"ERROR     {error}" for error in report["errors"]),
        *(f"ALARM     {alarm}" for alarm in alarms(report)),
    ]
    return "\n".join(lines)
