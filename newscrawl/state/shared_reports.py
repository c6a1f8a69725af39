"""Exchange run reports between the nodes that share a ledger.

Each node keeps its reports as files and copies them to the ledger. Every node fetches the other
nodes' reports as files next to its own, so that monitors, schedule and report page read them all.
"""

import json
import os
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from newscrawl.state.place import Place
from newscrawl.state.postgres import PostgresDatabase
from newscrawl.state.run_reports import (
    load_report,
    replace,
    report_files,
    report_path,
    write_report,
)

_OVERLAP = 60.0
"""Seconds before the last exchange that are checked again, for reports written during it."""


def exchange(place: Place) -> None:
    """Publish this node's run reports and fetch those of the other nodes.

    Does nothing if the ledger is not shared.

    Raises:
        StoreError: the ledger cannot be used, or a report cannot be written.
    """
    if not place.url:
        return
    database = PostgresDatabase(place.url, place.node)
    try:
        _publish(place, database)
        _fetch(place, database)
    finally:
        database.close()


def _publish(place: Place, database: PostgresDatabase) -> None:
    """Store this node's new and changed reports in the ledger."""
    mark = place.data / "runs" / ".published"
    files = report_files(place.data)
    since = _read(mark) - _OVERLAP
    for written, name in files:
        if written < since:
            break
        report = load_report(Path(name))
        if report and report.get("node") in (None, place.node):
            database.execute(
                # Runs that were skipped because another node was crawling the site are not shared.
                f"INSERT INTO runs VALUES (?, ?, ?, {database.clock}, ?) ON CONFLICT (job)"  # noqa: S608 - a literal
                " DO UPDATE SET node = excluded.node, written = excluded.written,"
                " report = excluded.report"
                " WHERE runs.report != excluded.report AND (runs.node = excluded.node"
                " OR runs.report::json->>'outcome' = 'skipped')",
                (
                    report.get("job"),
                    report.get("spider"),
                    place.node,
                    json.dumps(report | {"node": place.node}, ensure_ascii=False),
                ),
            )
    if files:
        replace(mark, str(files[0][0]))


def _fetch(place: Place, database: PostgresDatabase) -> None:
    """Write the other nodes' new reports as files."""
    mark = place.data / "runs" / ".fetched"
    rows = database.execute(
        "SELECT job, written, report FROM runs WHERE node != ? AND written > ? ORDER BY written",
        (place.node, _read(mark) - _OVERLAP),
    ).fetchall()
    for job, written, text in rows:
        report = json.loads(text)
        path = report_path(place.data, job)
        own = load_report(path) if path.exists() else None
        if own != report and (own is None or "node" in own or own.get("outcome") == "skipped"):
            write_report(path, report)
            with suppress(KeyError, ValueError):
                time = datetime.fromisoformat(report["written"]).timestamp()
                os.utime(path, (time, time))
        replace(mark, str(written))


def _read(mark: Path) -> float:
    """Return the time in a mark file; 0 without one."""
    try:
        return float(mark.read_text())
    except (OSError, ValueError):
        return 0.0
