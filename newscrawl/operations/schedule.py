"""Schedule of all sites: when each run starts, and which month to back-fill next."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, Literal, get_args

from newscrawl.aggregator.sites import SITES, Site
from newscrawl.outlets import known_outlets
from newscrawl.state import Scope, ledger_of
from newscrawl.state.place import Place, as_place
from newscrawl.state.run_reports import read_report, reports

Kind = Literal["new", "waiting", "backfill", "check"]
"""Kind of a run: new articles, retries of failed sources, back-fill of one month of one outlet, or
checks of old sources."""

KINDS: tuple[Kind, ...] = get_args(Kind)
"""Kinds of scheduled runs."""

_ARGUMENTS: dict[Kind, dict[str, str]] = {"new": {"revisit": "no"}, "waiting": {"revisit": "only"}}
"""Spider arguments by kind; those of back-fills and checks are computed."""


@dataclass(frozen=True, slots=True)
class Slot:
    """Scheduled run of a site: minute, hours of the day and spider arguments."""

    kind: Kind
    """Kind of the run."""
    site: str
    """Name of the site."""
    minute: int
    """Minute of the hour; unique, so that runs do not start at the same time."""
    hours: tuple[int, ...]
    """Hours of the day, UTC; empty means every hour."""
    arguments: dict[str, str] = field(default_factory=dict)
    """Spider arguments; those of a back-fill are computed when it starts."""

    def due(self, now: datetime) -> bool:
        """Return whether it starts in the current hour before ``now``."""
        return (not self.hours or now.hour in self.hours) and self.minute <= now.minute

    def following(self, now: datetime) -> datetime:
        """Return its next start time."""
        start = now.astimezone(UTC).replace(minute=self.minute, second=0, microsecond=0)
        times = (start + timedelta(hours=hours) for hours in range(25))
        return next(t for t in times if t > now and (not self.hours or t.hour in self.hours))


def plan(quiet: Sequence[int], checks: int = 0) -> list[Slot]:
    """Return the slots of all sites that are alive.

    Args:
        quiet: Hours of the day, UTC: the first for waiting sources, the last for source checks (if
            any), the others for back-fills.
        checks: Number of source checks of a site and night.
    """
    backfill, check = tuple(quiet[1:]), tuple[int, ...]()
    if checks:
        backfill, check = backfill[:-1], backfill[-1:]
    sites = [site.name for site in SITES.values() if site.alive]
    apart = 60 // len(sites)
    slots: list[Slot] = []
    for number, site in enumerate(sites):
        minute = number * apart
        # Half an hour after the site's hourly run, between those of two other sites.
        later = (minute + 30 + apart // 2) % 60
        slots.append(Slot("new", site, minute, (), _ARGUMENTS["new"]))
        slots.append(Slot("waiting", site, later, tuple(quiet[:1]), _ARGUMENTS["waiting"]))
        if backfill:
            slots.append(Slot("backfill", site, later, backfill))
        if check:
            slots.append(Slot("check", site, later, check, {"check": str(checks)}))
    return slots


def job_of(slot: Slot, now: datetime) -> str:
    """Return the fixed name of a slot's run in an hour."""
    return f"{slot.kind}-{slot.site}-{now:%Y%m%dT%H}"


def kind_of(report: Mapping[str, Any]) -> Kind | Literal["manual"]:
    """Return the kind of a run from its report: a scheduled kind, or ``manual``."""
    if str(report.get("job", "")).startswith(backfill_prefix(str(report["spider"]))):
        return "backfill"
    given = {k: v for k, v in report.get("arguments", {}).items() if not k.startswith("_")}
    if given.keys() == {"check"}:
        return "check"
    return next((kind for kind, own in _ARGUMENTS.items() if given == own), "manual")


def backfill_prefix(site: str) -> str:
    """Return the prefix of the names of a site's back-fills."""
    return f"backfill-{site}-"


def next_backfill(
    place: Place | Path, site: str, months: int, today: date
) -> dict[str, str] | None:
    """Return the arguments of the next back-fill: a month of an outlet that no run has finished.

    The latest month comes first, and in it the outlets with most articles. ``_job`` is the name of
    the run, whose report marks the back-fill as done. Outlets without a listing on the site are
    skipped in earlier months. Listings that failed for other reasons are requested again once a
    day, after all others. ``None`` if there is nothing to do.
    """
    again: dict[str, str] | None = None
    place = as_place(place)
    outlets = _outlets(place, SITES[site])
    for first, last in _months(today, months):
        for edition, outlet in outlets[:]:
            job = f"{backfill_prefix(site)}{edition}-{outlet}-{first:%Y-%m}"
            run = {
                "editions": edition,
                "outlets": outlet,
                "since": first.isoformat(),
                "until": last.isoformat(),
                "revisit": "no",
                "_job": job,
            }
            report = read_report(place.data, job)
            if report.get("state") != "finished" or report.get("outcome") == "skipped":
                return run
            if report["outcome"] == "failed" and not report["found"]:
                if report.get("listings_gone", 1):  # missing in older reports
                    outlets.remove((edition, outlet))
                elif datetime.fromisoformat(report["started"]).date() < today:
                    again = again or run
    return again


def backfilled_since(data: Path, site: str, since: datetime) -> bool:
    """Return whether a back-fill of a site has started since a timestamp."""
    return any(
        report["job"].startswith(backfill_prefix(site))
        and datetime.fromisoformat(report["started"]) >= since
        for report in reports(data, site, since)
    )


def this_hour(now: datetime) -> datetime:
    """Return the beginning of the current hour."""
    return now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def _months(today: date, count: int) -> Iterator[tuple[date, date]]:
    """Yield first and last days of the months before the current one, latest first."""

    def before(day: date) -> Iterator[tuple[date, date]]:
        while True:
            last = day.replace(day=1) - timedelta(days=1)
            day = last.replace(day=1)
            yield day, last

    return islice(before(today), count)


def _outlets(place: Place, site: Site) -> list[tuple[str, str]]:
    """Return editions and slugs: of earlier runs, most articles first, then the registry's."""
    counts: dict[tuple[str, str], int] = {}
    with ledger_of(place) as ledger:
        rows = ledger.articles.count_by_outlet(Scope(site=site.name)) if ledger else []
    for _, edition, outlet, _, count in rows:
        counts[edition, outlet] = counts.get((edition, outlet), 0) + count
    for fact in known_outlets().values():
        if fact.country == site.country and fact.slug_certainty != "guessed":
            counts.setdefault((fact.edition, fact.slug), 0)
    return sorted(counts, key=lambda outlet: (-counts[outlet], outlet))
