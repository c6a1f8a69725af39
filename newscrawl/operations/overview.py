"""State of all sites: last runs, backlog, next runs, free disk space, and problems."""

import shutil
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from newscrawl.aggregator.sites import SITES
from newscrawl.errors import StoreError
from newscrawl.operations.schedule import Slot
from newscrawl.operations.uploads import waiting_files
from newscrawl.state import Ledger
from newscrawl.state.backlog import Backlog, backlogs
from newscrawl.state.place import Place, as_place
from newscrawl.state.run_reports import reports
from newscrawl.state.running import is_alive

_LEAST_FREE = 1_000_000_000
"""Bytes of free disk space below which a run is likely to fail."""


@dataclass(slots=True)
class SiteOverview:
    """State of one site: last and next run, backlog; times are ISO 8601 in UTC."""

    site: str
    """Name of the site."""
    running: str | None = None
    """Name of the run in progress."""
    is_killed: bool = False
    """Whether the process of the run in progress was killed."""
    last_run: str | None = None
    """End of the last run, except skipped ones."""
    last_outcome: str | None = None
    """Its outcome."""
    last_error: str | None = None
    """First error or alarm of the last run."""
    last_good: str | None = None
    """End of the last run that did not fail."""
    is_stale: bool = True
    """Whether the last good run was too long ago."""
    failing_hosts: int = 0
    """Number of hosts that the last run skipped after failures."""
    unfinished: int = 0
    """Articles without an outcome."""
    waiting: int = 0
    """Articles to be fetched again, now or later."""
    due: int = 0
    """Articles to be fetched again now."""
    next_run: str | None = None
    """Time of the next scheduled run."""
    next_kind: str | None = None
    """Its kind."""


@dataclass(slots=True)
class Overview:
    """State of all sites, with free disk space and problems that need attention."""

    time: str
    """Current time, ISO 8601 in UTC."""
    data: str
    """Data directory."""
    disk_free: int
    """Free disk space (bytes)."""
    sites: list[SiteOverview] = field(default_factory=list)
    """Sites by name."""
    waiting_files: int = 0
    """Files that wait for their upload to object storage."""
    waiting_bytes: int = 0
    """Their size."""
    problems: list[str] = field(default_factory=list)
    """Problems that need attention; empty if all is well."""


def overview(
    location: Place | Path,
    sites: Sequence[str],
    slots: Iterable[Slot],
    now: datetime,
    *,
    stale_hours: float,
    history_days: float,
) -> Overview:
    """Collect the state of some sites.

    Args:
        location: Data directory and ledger.
        sites: Names of the sites.
        slots: The schedule.
        now: Current time.
        stale_hours: Hours after which a site without a good run is a problem.
        history_days: Age limit of runs, in days.
    """
    located = as_place(location)
    data = located.data
    place = next(path for path in (data, *data.parents) if path.exists())
    found = Overview(now.isoformat(timespec="seconds"), str(data), shutil.disk_usage(place).free)
    rows = {site: SiteOverview(site) for site in sites}
    _add_runs(rows, data, now - timedelta(days=history_days))
    try:
        counts = backlogs(located, found.time)
    except StoreError as error:
        counts = {}
        found.problems.append(str(error))
    if located.storage and located.exists:
        _add_waiting_files(found, located, now, stale_hours)
    following = _following(slots, now)
    earliest = now - timedelta(hours=stale_hours)
    for site, row in rows.items():
        backlog = counts.get(site, Backlog())
        row.unfinished, row.waiting, row.due = backlog.unfinished, backlog.waiting, backlog.due
        if site in following:
            time, row.next_kind = following[site]
            row.next_run = time.isoformat(timespec="seconds")
        row.is_stale = not row.last_good or datetime.fromisoformat(row.last_good) < earliest
        if row.is_killed:
            found.problems.append(f"{site}: run {row.running} was killed")
        if row.is_stale and SITES[site].alive:
            last = f"; the last ended {row.last_good}" if row.last_good else ""
            found.problems.append(f"{site}: no good run in {stale_hours:g} hours{last}")
    if found.disk_free < _LEAST_FREE:
        found.problems.append(f"{found.disk_free / 1e9:.1f} GB of disk are free: make space")
    found.sites = list(rows.values())
    return found


def _add_waiting_files(found: Overview, place: Place, now: datetime, stale_hours: float) -> None:
    """Count the files that wait for their upload."""
    try:
        with closing(Ledger(place)) as ledger:
            files = waiting_files(place, ledger)
    except StoreError as error:
        found.problems.append(str(error))
        return
    found.waiting_files, found.waiting_bytes = len(files), sum(file.size for file in files)
    late = now.timestamp() - stale_hours * 3600
    if old := sum(file.written < late for file in files):
        found.problems.append(
            f"{old} files have waited for {stale_hours:g} hours or more to be uploaded to "
            f"{place.storage}: run scrapy upload"
        )


def _add_runs(rows: Mapping[str, SiteOverview], data: Path, since: datetime) -> None:
    """Add the runs since a time; reports are read, newest first, until all sites are complete."""
    unknown = set(rows)
    for report in reports(data, since=since):
        row = rows.get(str(report.get("spider")))
        if row is None or report.get("outcome") == "skipped" or "written" not in report:
            continue
        if report.get("state") == "running":
            row.running = row.running or report["job"]
            row.is_killed = not is_alive(report)
            continue
        if row.last_run is None:
            _add_last_run(row, report)
        if row.last_good is None and report.get("outcome") in ("ok", "alarm"):
            row.last_good = report["written"]
            unknown.discard(row.site)
            if not unknown:
                return


def _add_last_run(row: SiteOverview, report: Mapping[str, Any]) -> None:
    row.last_run, row.last_outcome = report["written"], report.get("outcome")
    findings = [f"{name}: {said}" for name, said in (report.get("monitors") or {}).items() if said]
    row.last_error = next(iter([*report.get("errors", []), *findings]), None)
    row.failing_hosts = len(report.get("left_alone", {}))


def _following(slots: Iterable[Slot], now: datetime) -> dict[str, tuple[datetime, str]]:
    """Return the time and kind of each site's next scheduled run."""
    found: dict[str, tuple[datetime, str]] = {}
    for slot in slots:
        coming = (slot.following(now), slot.kind)
        found[slot.site] = min(found.get(slot.site, coming), coming)
    return found


def age(time: str | None, now: datetime) -> str:
    """Return how long ago a time was, or in how long it will be, such as ``3 h``.

    >>> age("2026-11-30T10:00:00+00:00", datetime.fromisoformat("2026-11-30T13:05:00+00:00"))
    '3 h'
    """
    if time is None:
        return "never"
    minutes = abs((now - datetime.fromisoformat(time)).total_seconds()) / 60
    if minutes < 100:
        return f"{minutes:.0f} min"
    return f"{minutes / 60:.0f} h" if minutes < 60 * 48 else f"{minutes / 1440:.0f} d"
