"""The reports of runs, one JSON file each: how they are written and read again."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from newscrawl import __version__
from newscrawl.errors import StoreError
from newscrawl.state.run import now

State = Literal["running", "finished", "interrupted", "killed"]
"""``interrupted`` by a signal or a fault, but in order; ``killed`` without a word."""

Outcome = Literal["ok", "failed", "alarm", "skipped"]
"""``alarm``: the run was good, but a monitor found what a person should look at."""

EXIT_CODES: Mapping[str, int] = {"ok": 0, "failed": 1, "alarm": 3, "skipped": 75}
"""Exit code of ``scrapy crawl`` by outcome; 75 is what sendmail's sysexits.h calls a temporary
failure, and 2 is Scrapy's for wrong usage."""

_LOOKED_AT = 2000
"""Files that are read at most when a site's last runs are looked for."""


def report_head(
    site: str, job: str, started: str, arguments: Mapping[str, object]
) -> dict[str, Any]:
    """What every report begins with, whatever became of the run."""
    return {
        "job": job,
        "spider": site,
        "version": __version__,
        "arguments": dict(arguments),
        "started": started,
        "written": now(),
        "process": os.getpid(),
    }


def report_path(data: Path, job: str) -> Path:
    """Where the report of a run lies."""
    return data / "runs" / f"{job}.json"


def write_report(path: Path, report: Mapping[str, Any]) -> None:
    """Write a report as a whole, or leave what was there.

    Raises:
        StoreError: it cannot be written.
    """
    replace(path, json.dumps(report, indent=2, ensure_ascii=False) + "\n")


def replace(path: Path, text: str) -> None:
    """Write a small file so that its readers see the old one or the new one, and no part.

    Halves of surrogate pairs, which UTF-8 cannot hold, are written as JSON's escapes.

    Raises:
        StoreError: it cannot be written.
    """
    part = path.with_suffix(".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(text, "utf-8", errors="backslashreplace")
        part.replace(path)
    except OSError as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise StoreError(f"{path} cannot be written: {error}") from error


def read_report(data: Path, job: str) -> dict[str, Any]:
    """The report of a run; empty if it has left none."""
    path = report_path(data, job)
    report: dict[str, Any] = json.loads(path.read_bytes()) if path.exists() else {}
    return report


def write_not_started(
    data: Path, site: str, job: str, arguments: Mapping[str, object], outcome: Outcome, reason: str
) -> dict[str, Any]:
    """Write and return the report of a run that ended before it began.

    An existing report of the same name is kept.

    Raises:
        StoreError: it cannot be written.
    """
    errors = [reason] if outcome == "failed" else []
    end = {"state": "finished", "outcome": outcome, "errors": errors, "reason": reason}
    report = report_head(site, job, now(), arguments) | end
    path = report_path(data, job)
    if not path.exists():
        write_report(path, report)
    return report


def reports(
    data: Path, site: str | None = None, since: datetime | None = None
) -> Iterator[dict[str, Any]]:
    """The reports of the last runs, newest first; of one site, if it is named.

    With ``since``, of files written after that moment.

    A file that is no report is passed over: the directory is the operator's to keep tidy.
    """
    files = sorted(
        (data / "runs").glob("*.json"), key=lambda file: file.stat().st_mtime_ns, reverse=True
    )
    for file in islice(files, _LOOKED_AT):
        if since and file.stat().st_mtime < since.timestamp():
            return
        try:
            report = json.loads(file.read_bytes())
        except ValueError:
            continue
        if isinstance(report, dict) and site in (None, report.get("spider")):
            yield report


def name_the_killed(data: Path, site: str, job: str) -> None:
    """Say of a site's runs that still claim to be running that they are not.

    Only for the run that holds the site's lock: no other can be alive then.
    """
    for report in islice(reports(data, site), 50):
        if report.get("state") == "running" and report.get("job") != job:
            end = {
                "state": "killed",
                "outcome": "failed",
                "errors": ["the process ended without a word: killed, or the machine went down"],
            }
            write_report(report_path(data, report["job"]), report | end)
