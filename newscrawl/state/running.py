"""Marker files of runs in progress; a leftover marker shows that a run was killed.

A site has one mark, the file ``runs/running/<site>`` with the name of its run, so that a killed run
is found without reading all reports.
"""

import logging
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from newscrawl.errors import SiteBusyError, StoreError
from newscrawl.state.ledger import ledger_path
from newscrawl.state.run_reports import read_report, replace, report_path, write_report
from newscrawl.state.site_lock import SiteLocks

logger = logging.getLogger(__name__)


def mark_running(data: Path, site: str, job: str) -> None:
    """Mark a site's run as in progress.

    Raises:
        StoreError: the mark cannot be written.
    """
    replace(_mark(data, site), job)


def unmark_running(data: Path, site: str) -> None:
    """Remove the mark of a run that has written its final report."""
    _mark(data, site).unlink(missing_ok=True)


def close_killed(data: Path, site: str) -> dict[str, Any] | None:
    """Rewrite the report of a site's killed run, if there is one, and return it.

    Only for the holder of the site's lock, as no run of the site can be in progress then.

    Raises:
        StoreError: the report cannot be written.
    """
    job = _marked(data, site)
    report = read_report(data, job) if job else {}
    if report.get("state") == "running":
        report |= {
            "state": "killed",
            "outcome": "failed",
            "errors": ["the process was killed, or the machine went down"],
        }
        write_report(report_path(data, job), report)
    unmark_running(data, site)
    return report if report.get("state") == "killed" else None


def killed_runs(data: Path) -> Iterator[dict[str, Any]]:
    """Rewrite and yield the reports of the killed runs of all sites."""
    for mark in sorted((data / "runs" / "running").glob("[!.]*")):
        site = mark.name
        if mark.suffix:
            continue  # it is being written
        if is_alive(read_report(data, _marked(data, site))):
            continue
        # A run of another machine or container that shares the directory holds the lock.
        lock = SiteLocks(ledger_path(data))
        try:
            lock.acquire(site, "looks for killed runs")
            report = close_killed(data, site)
        except SiteBusyError:
            continue
        except (StoreError, OSError) as error:
            logger.warning("A killed run of %s is not reported: %s", site, error)
            continue
        finally:
            lock.release()
        if report:
            yield report


def _mark(data: Path, site: str) -> Path:
    return data / "runs" / "running" / site


def _marked(data: Path, site: str) -> str:
    """Return the name of the run in a site's mark; empty without a mark."""
    try:
        return _mark(data, site).read_text("utf-8").strip()
    except (OSError, ValueError):
        return ""


def is_alive(report: Mapping[str, Any]) -> bool:
    """Return whether the process of a run in state ``running`` exists on this machine.

    A run of another node is marked as killed by the run that takes over its site.
    """
    if "node" in report:
        return True
    process = report.get("process")
    if not isinstance(process, int):
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
