"""Extension that writes Prometheus metrics of a site's last run."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from scrapy.crawler import Crawler

from newscrawl.errors import StoreError
from newscrawl.extensions.signals import run_reported
from newscrawl.operations.retention import stale_metrics
from newscrawl.operations.schedule import kind_of
from newscrawl.state.run import Run
from newscrawl.state.run_reports import EXIT_CODES, replace

logger = logging.getLogger(__name__)

_COUNTS = (
    "found",
    "exported",
    "rejected",
    "failed",
    "unchanged",
    "waiting",
    "left",
    "known",
    "pages",
)


class Metrics:
    """Extension that writes ``metrics/<site>-<kind of run>.prom`` for node_exporter's collector.

    A file needs no open port and remains after the run.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._run = Run.of(crawler)
        crawler.signals.connect(self.run_reported, run_reported)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "Metrics":
        """Create the component for a crawler."""
        return cls(crawler)

    def run_reported(self, report: Mapping[str, Any]) -> None:
        """Rewrite the file and remove those of sites and kinds that no longer exist."""
        path = self._run.data / "metrics" / f"{self._run.site}-{kind_of(report)}.prom"
        text = "".join(f"{line}\n" for line in _lines(report, _last_good(path)))
        try:
            replace(path, text)
            for stale in stale_metrics(self._run.data):
                stale.unlink(missing_ok=True)
        except (StoreError, OSError) as error:
            logger.error("%s", error)  # noqa: TRY400 - not a bug, no traceback


def _last_good(path: Path) -> str | None:
    """Return the end of the last good run (Unix time) from a metrics file."""
    with suppress(OSError, ValueError):
        for line in path.read_text("utf-8").splitlines():
            if line.startswith("newscrawl_run_good_end_seconds{"):
                return line.rpartition(" ")[2]
    return None


def _lines(report: Mapping[str, Any], last_good: str | None) -> Iterator[str]:
    """Yield the metrics in Prometheus' text format."""
    site = f'site="{report["spider"]}",run="{kind_of(report)}"'

    def metric(name: str, meaning: str, values: Mapping[str, float]) -> Iterator[str]:
        yield f"# HELP newscrawl_{name} {meaning}"
        yield f"# TYPE newscrawl_{name} gauge"
        for labels, value in values.items():
            yield f"newscrawl_{name}{{{site}{labels}}} {value}"

    ended = datetime.fromisoformat(report["written"]).timestamp()
    yield from metric("run_end_seconds", "When the last run ended, Unix time.", {"": ended})
    good = ended if report["outcome"] in ("ok", "alarm") else last_good
    if good is not None:
        meaning = "When the last run that did not fail ended, Unix time."
        yield from metric("run_good_end_seconds", meaning, {"": float(good)})
    yield from metric("run_duration_seconds", "Duration of the last run.", {"": report["seconds"]})
    outcomes = {f',outcome="{name}"': int(name == report["outcome"]) for name in EXIT_CODES}
    yield from metric("run_outcome", "1 for the outcome of the last run.", outcomes)
    counts = {f',kind="{name}"': report[name] for name in _COUNTS}
    yield from metric("run_articles", "Articles and pages of the last run by kind.", counts)
    sources = {f',status="{name}"': count for name, count in report["sources"].items()}
    yield from metric("run_sources", "Sources of the last run's records by status.", sources)
    filled = {f',field="{name}"': count for name, count in report["filled"].items()}
    yield from metric("run_filled", "Records of the last run in which a field is filled.", filled)
    if report["agreement"] is not None:
        agreement = {"": report["agreement"]}
        yield from metric("run_agreement", "Mean agreement of copies and sources.", agreement)
    fired = {f',monitor="{name}"': int(bool(said)) for name, said in report["monitors"].items()}
    yield from metric("run_monitor", "1 if the monitor found something.", fired)
