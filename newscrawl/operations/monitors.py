"""Monitors: anomalies of a run, detected by comparing its report with those of earlier runs.

Each monitor is a function of the report, the history and the thresholds. It returns a sentence when
something is wrong, and ``None`` when all is well or there is too little data. Monitors do not
depend on a crawl, so they can check any report; ``newscrawl.extensions.report`` runs them at the
end of each run.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from scrapy.settings import BaseSettings
from scrapy.utils.misc import load_object

Report = Mapping[str, Any]

_ASKED = ("ok", "moved", "mismatch", "gone", "refused", "paywalled", "unreachable", "unreadable")
"""Statuses of sources that were requested."""

_SUMMED = ("found", "exported", "rejected", "failed", "compared", "article_pages", "unreadable")
_SUMMED_BY_NAME = ("filled", "sources", "flags")
"""Statistics in reports from which shares are computed."""


class History:
    """Earlier run reports of a site with the same arguments, and sums over them."""

    def __init__(self, report: Report, earlier: Sequence[Report], days: float) -> None:
        self.now = datetime.fromisoformat(report["written"])
        self._today = int(report["exported"])
        since = self.now - timedelta(days=days)
        self.runs = [
            run
            for run in earlier
            if "exported" in run
            and run["job"] != report["job"]
            and _task(run) == _task(report)
            and since <= datetime.fromisoformat(run["written"]) <= self.now
        ]
        """Runs of the last ``days``, newest first."""
        self._report = report

    def lately(self, least: int) -> dict[str, Any]:
        """Return the current report plus those of the last day, until they have ``least`` records.

        An hourly run is often too small for meaningful shares.
        """
        whole = dict(self._report)
        agreed = (whole["agreement"] or 0) * whole["compared"]
        for run in self.runs:
            if whole["exported"] >= least or _end(run) < self.now - timedelta(days=1):
                break
            agreed += (run.get("agreement") or 0) * run.get("compared", 0)
            for figure in _SUMMED:
                whole[figure] += run.get(figure, 0)
            for figure in _SUMMED_BY_NAME:
                whole[figure] = Counter(whole[figure])  # not +, which drops zero counts
                whole[figure].update(run.get(figure, {}))
        whole["agreement"] = agreed / whole["compared"] if whole["compared"] else None
        return whole

    def total(self, figure: str) -> int:
        """Sum of a figure over all runs."""
        return sum(int(run.get(figure, 0)) for run in self.runs)

    def total_of(self, figure: str, *parts: str) -> int:
        """Sum of parts of a figure, such as the source status ``ok``, over all runs."""
        return sum(int(run.get(figure, {}).get(part, 0)) for run in self.runs for part in parts)

    def exported_since(self, days: float) -> int:
        """Records of the current run and of the runs of the last days."""
        since = self.now - timedelta(days=days)
        return self._today + sum(int(run["exported"]) for run in self.runs if _end(run) >= since)

    def outlets(self, *, since: float, until: float = 0) -> Counter[str]:
        """Records by outlet of runs that ended between two numbers of days ago."""
        found: Counter[str] = Counter()
        for run in self.runs:
            if since >= (self.now - _end(run)) / timedelta(days=1) > until:
                found.update(run.get("outlets", {}))
        return found

    def span(self) -> float:
        """Number of days that the history covers."""
        return (self.now - min(map(_end, self.runs), default=self.now)) / timedelta(days=1)


def check(report: Report, earlier: Sequence[Report], settings: BaseSettings) -> dict[str, Any]:
    """Return the finding of each monitor by name; ``None`` where all is well.

    The monitors of ``EXTRA_MONITORS`` follow the project's own and get the same arguments.
    """
    extra = {name: load_object(path) for name, path in settings.getdict("EXTRA_MONITORS").items()}
    past = History(report, earlier, settings.getfloat("MONITOR_HISTORY_DAYS"))
    lately = past.lately(settings.getint("MONITOR_MIN_ITEMS"))
    return {
        name: monitor(lately if name in _OF_SHARES else report, past, settings)
        for name, monitor in (MONITORS | extra).items()
    }


def alarms(report: Report) -> list[str]:
    """Return the findings of a report's monitors, one line each."""
    said = report.get("monitors", {})
    return [f"{name}: {message}" for name, message in said.items() if message]


# --- Number of articles ---------------------------------------------------------------------------


def _nothing(report: Report, past: History, settings: BaseSettings) -> str | None:  # noqa: ARG001
    """Report a run without articles, or a day without records although there usually are some."""
    if not _searches(report):
        return None  # often no article is due
    met = report["found"] or report["known"] or report["outside"]
    if report["state"] == "finished" and not met:
        return "the run found no article, neither new nor known"
    if past.span() >= 2 and not past.exported_since(1) and past.total("exported"):
        return f"no record in a day, {past.total('exported')} in the {past.span():.0f} days before"
    return None


def _items(report: Report, past: History, settings: BaseSettings) -> str | None:
    """Report far fewer records in a day than usual."""
    if past.span() < 2 or report["state"] != "finished" or not _searches(report):
        return None
    today = past.exported_since(1)
    usual = (past.total("exported") + report["exported"] - today) / (past.span() - 1)
    fewest = usual * settings.getfloat("MONITOR_FEWEST_ITEMS")
    if usual >= settings.getint("MONITOR_MIN_ITEMS") and today < fewest:
        return f"{today} records in a day, usually {usual:.0f}"
    return None


def _outlets(report: Report, past: History, settings: BaseSettings) -> str | None:
    """Report outlets that published every day and have stopped."""
    days = settings.getfloat("MONITOR_SILENT_DAYS")
    before = past.span() - days
    if before < 2:
        return None
    written = past.outlets(since=past.span(), until=days)
    lately = past.outlets(since=days) + Counter(report["outlets"])
    least = settings.getfloat("MONITOR_OUTLET_ITEMS")
    silent = [name for name, n in written.items() if n / before >= least and not lately[name]]
    return f"nothing in {days:g} days from {', '.join(sorted(silent))}" if silent else None


# --- Content of the records -----------------------------------------------------------------------


def _fields(report: Report, past: History, settings: BaseSettings) -> str | None:
    """Report fields that are filled far less often than before."""
    falls = []
    for name, count in report["filled"].items():
        usual = _share(past.total_of("filled", name), past.total("exported"), settings)
        present = _share(count, report["exported"], settings)
        if _fell(present, usual, settings):
            falls.append(f"{name} {present:.0%}, usually {usual:.0%}")
    return "; ".join(falls) or None


def _rejects(report: Report, past: History, settings: BaseSettings) -> str | None:  # noqa: ARG001
    """Report many articles whose record was invalid or could not be made."""
    lost = report["rejected"] + report["failed"]
    return _too_many("rejected or failed", lost, report["found"], "MONITOR_MAX_REJECTED", settings)


def _sources(report: Report, past: History, settings: BaseSettings) -> str | None:
    """Report sources that are parsed far less often than before, or hardly at all."""
    sources = report["sources"]
    asked = sum(sources.get(status, 0) for status in _ASKED)
    usual = _share(past.total_of("sources", "ok"), past.total_of("sources", *_ASKED), settings)
    present = _share(sources.get("ok", 0), asked, settings)
    if _fell(present, usual, settings):
        return f"{present:.0%} of the sources were read, usually {usual:.0%}"
    unreached = sources.get("unreachable", 0) + sources.get("refused", 0)
    return _too_many("unreachable or refused", unreached, asked, "MONITOR_MAX_UNREACHED", settings)


def _agreement(report: Report, past: History, settings: BaseSettings) -> str | None:  # noqa: ARG001
    """Report low agreement of pages with their copies."""
    least, mean = settings.getfloat("MONITOR_MIN_AGREEMENT"), report["agreement"]
    if report["compared"] >= settings.getint("MONITOR_MIN_ITEMS") and mean < least:
        return f"copies and sources agree by {mean:.2f} in the mean, expected {least:.2f} or more"
    wrong, read = report["sources"].get("mismatch", 0), report["compared"]
    return _too_many("another story", wrong, wrong + read, "MONITOR_MAX_MISMATCH", settings)


def _rules(report: Report, past: History, settings: BaseSettings) -> str | None:  # noqa: ARG001
    """Report withdrawn rules: one is a redesign, many in one run are a bug."""
    gone = report["rules_withdrawn"]
    if len(gone) >= settings.getint("MONITOR_RULES_WITHDRAWN"):
        return f"{len(gone)} withdrawn: {', '.join(gone[:10])}"
    return None


# --- Preconditions of the run ---------------------------------------------------------------------


def _layout(report: Report, past: History, settings: BaseSettings) -> str | None:  # noqa: ARG001
    """Report article pages without the usual elements: the aggregator's layout has changed."""
    # A few are enough: good pages do not become unreadable by chance.
    count, pages = report["unreadable"], report["article_pages"]
    most = settings.getfloat("MONITOR_MAX_UNREADABLE")
    if pages >= settings.getint("MONITOR_MIN_ITEMS") and count > pages * most:
        return f"{count} of {pages} article pages lack the published-in line, title or text"
    return None


def _clock(report: Report, past: History, settings: BaseSettings) -> str | None:  # noqa: ARG001
    """Report a wrong clock of this machine, or wrongly parsed dates."""
    offset = report["clock_offset"]
    if offset is not None and abs(offset) > settings.getfloat("MONITOR_CLOCK_SECONDS"):
        way = "ahead of" if offset > 0 else "behind"
        return f"this machine's clock is {abs(offset):.0f} s {way} the site's"
    future = report.get("future", 0)
    if offset is None and 2 * future > report["found"]:
        return f"{future} of {report['found']} articles are dated in the future"
    return _flagged(report, "date_conflict", settings)


def _language(report: Report, past: History, settings: BaseSettings) -> str | None:  # noqa: ARG001
    """Report texts in an undeclared language, or garbled texts."""
    findings = [_flagged(report, name, settings) for name in ("language_mismatch", "mojibake")]
    return "; ".join(filter(None, findings)) or None


MONITORS: dict[str, Callable[[Report, History, BaseSettings], str | None]] = {
    "nothing": _nothing,
    "items": _items,
    "outlets": _outlets,
    "fields": _fields,
    "rejects": _rejects,
    "sources": _sources,
    "agreement": _agreement,
    "rules": _rules,
    "layout": _layout,
    "clock": _clock,
    "language": _language,
}
"""Monitors by name."""

_OF_SHARES = {"fields", "rejects", "sources", "agreement", "layout", "clock", "language"}
"""Monitors that check the last reports together if the current one is small."""


# --- Helpers --------------------------------------------------------------------------------------


def _searches(report: Report) -> bool:
    """Return whether a run looks for articles, not only for due ones."""
    task = _task(report)
    return task.get("revisit") != "only" and "check" not in task


def _task(report: Report) -> dict[str, Any]:
    """Return the arguments of a run without those that Scrapyd adds."""
    return {k: v for k, v in report.get("arguments", {}).items() if not k.startswith("_")}


def _end(report: Report) -> datetime:
    return datetime.fromisoformat(report["written"])


def _share(count: int, of: int, settings: BaseSettings) -> float | None:
    """Return a share; ``None`` if the total is too small to be meaningful."""
    return count / of if of >= settings.getint("MONITOR_MIN_ITEMS") else None


def _fell(present: float | None, usual: float | None, settings: BaseSettings) -> bool:
    if present is None or usual is None:
        return False
    return usual - present > settings.getfloat("MONITOR_MAX_FALL")


def _too_many(what: str, count: int, of: int, most: str, settings: BaseSettings) -> str | None:
    share = _share(count, of, settings)
    if share is not None and share > settings.getfloat(most):
        return f"{count} of {of} are {what}"
    return None


def _flagged(report: Report, flag: str, settings: BaseSettings) -> str | None:
    count = report["flags"].get(flag, 0)
    return _too_many(flag, count, report["exported"], "MONITOR_MAX_FLAGGED", settings)
