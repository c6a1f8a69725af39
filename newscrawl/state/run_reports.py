"""Read and write run reports, one JSON file per run."""

import json
import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from newscrawl import __version__
from newscrawl.errors import StoreError
from newscrawl.state.run import now

logger = logging.getLogger(__name__)

State = Literal["running", "finished", "interrupted", "killed"]
"""``interrupted``: shut down cleanly by a signal or after an error."""

Outcome = Literal["ok", "failed", "alarm", "skipped"]
"""``alarm``: the run succeeded, but a monitor reported an anomaly."""

EXIT_CODES: Mapping[str, int] = {"ok": 0, "failed": 1, "alarm": 3, "skipped": 75}
"""Exit code of ``scrapy crawl`` by outcome; 75 is what sendmail's sysexits.h calls a temporary
failure, and 2 is Scrapy's for wrong usage."""


def report_head(
    site: str, job: str, started: str, arguments: Mapping[str, object]
) -> dict[str, Any]:
    """Return the common first fields of all reports."""
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
    """Return the path of a run's report."""
    return data / "runs" / f"{job}.json"


def write_report(path: Path, report: Mapping[str, Any]) -> None:
    """Write a report atomically, or keep the earlier one; see ``replace``.

    Raises:
        StoreError: it cannot be written.
    """
    replace(path, json.dumps(report, indent=2, ensure_ascii=False) + "\n")


def replace(path: Path, text: str) -> None:
    """Write a small file atomically: after a kill or a power cut it is the old or the new one.

    Lone surrogates, which UTF-8 cannot encode, are written as JSON escapes.

    Raises:
        StoreError: it cannot be written.
    """
    part = path.with_suffix(".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
        directory = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(directory)  # for the new name
        finally:
            os.close(directory)
    except OSError as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise StoreError(f"{path} cannot be written: {error}") from error


def read_report(data: Path, job: str) -> dict[str, Any]:
    """Return the report of a run; empty if there is none or it cannot be read."""
    path = report_path(data, job)
    return (load_report(path) or {}) if path.exists() else {}


def load_report(path: Path) -> dict[str, Any] | None:
    """Return the report in a file; ``None``, with a warning, if it is not a report."""
    try:
        report = json.loads(path.read_bytes())
        if isinstance(report, dict):
            return report
        error: Exception | str = "it is not a JSON object"
    except (OSError, ValueError) as caught:
        error = caught
    logger.warning("%s is not a run report and is skipped: %s", path, error)
    return None


def write_not_started(
    data: Path, site: str, job: str, arguments: Mapping[str, object], outcome: Outcome, reason: str
) -> dict[str, Any]:
    """Write and return the report of a run that could not start.

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
    """Yield run reports, newest first.

    Args:
        data: Data directory.
        site: Only reports of this site.
        since: Only reports written after this time.
    """
    earliest = since.timestamp() if since else 0.0
    for written, path in report_files(data):
        if written < earliest:
            return
        report = load_report(Path(path))
        if report is not None and site in (None, report.get("spider")):
            yield report


def report_files(data: Path) -> list[tuple[float, str]]:
    """Return the times of writing and the paths of all run reports, newest first."""
    files = []
    with suppress(FileNotFoundError, NotADirectoryError), os.scandir(data / "runs") as entries:
        for entry in entries:
            if entry.name.endswith(".json"):
                with suppress(FileNotFoundError):  # removed in the meantime
                    files.append((entry.stat().st_mtime, entry.path))
    return sorted(files, reverse=True)
