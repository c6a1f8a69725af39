"""``scrapy status``: one screen, and a health check."""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from newscrawl.aggregator.sites import SITES
from newscrawl.operations.schedule import plan
from newscrawl.state import Entry, Ledger, ledger_path
from newscrawl.state.run_reports import report_path, write_report
from tests import preloaded
from tests.support import scrapy

ALIVE = [site.name for site in SITES.values() if site.alive]
NOW = datetime.now(UTC)


def ran(data: Path, site: str, hours: float, job: str, **more: Any) -> None:
    """A run that ended a number of hours ago."""
    written = NOW - timedelta(hours=hours)
    report = {"job": job, "spider": site, "state": "finished", "outcome": "ok", "errors": []}
    path = report_path(data, job)
    write_report(path, report | {"written": written.isoformat(timespec="seconds")} | more)
    os.utime(path, (written.timestamp(), written.timestamp()))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    for site in ALIVE:
        ran(tmp_path, site, 0.5, f"good-{site}")
    return tmp_path


def status(data: Path, *options: str) -> tuple[int, dict[str, Any]]:
    done = preloaded.run(
        [*preloaded.SCRAPY, "status", "--json", *options],
        env=os.environ | {"NEWSCRAWL_DATA": str(data)},
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return done.returncode, found


def test_status_of_a_healthy_node_fits_one_screen_and_exits_0(data: Path) -> None:
    ledger = Ledger(ledger_path(data))
    entries = [Entry(f"maghress:fr/a/{n}", "maghress", "fr", "a") for n in range(3)]
    past = (NOW - timedelta(hours=1)).isoformat(timespec="seconds")
    ledger.articles.find(entries, "job", past, attempts=5)
    ledger.articles.settle(entries[0].id, "waiting", due=past)
    future = (NOW + timedelta(hours=1)).isoformat(timespec="seconds")
    ledger.articles.settle(entries[1].id, "waiting", due=future)
    ledger.close()
    code, told = scrapy("status", data=data)
    assert code == 0, told
    assert "PROBLEM" not in told
    assert len(told.splitlines()) == 2 + len(ALIVE)
    code, found = status(data)
    assert (code, found["problems"]) == (0, [])
    (row,) = [row for row in found["sites"] if row["site"] == "maghress"]
    assert (row["unfinished"], row["waiting"], row["due"]) == (1, 2, 1)
    assert row["last_outcome"] == "ok"
    assert row["next_kind"] in ("new", "waiting", "backfill")
    assert datetime.fromisoformat(row["next_run"]) > NOW


def test_each_problem_is_reported_and_exits_1(data: Path) -> None:
    report_path(data, "good-turess").unlink()
    ran(data, "turess", 5, "old")
    left = {"www.a.example": "5 failures in a row"}
    ran(data, "turess", 1, "bad", outcome="failed", errors=["no page"], left_alone=left)
    ran(data, "turess", 0.1, "skipped", outcome="skipped")
    ran(data, "masress", 0.2, "gone", state="running", outcome="", process=2**22 + 1)
    code, found = status(data)
    assert code == 1
    assert [problem.partition(";")[0] for problem in found["problems"]] == [
        "turess: no good run in 3 hours",
        "masress: run gone was killed",
    ]
    (row,) = [row for row in found["sites"] if row["site"] == "turess"]
    assert (row["last_outcome"], row["last_error"]) == ("failed", "no page")
    assert row["failing_hosts"] == 1
    code, told = scrapy("status", data=data)
    assert code == 1
    assert "PROBLEM  turess: no good run in 3 hours; the last ended" in told
    assert "turess: no page" in told
    assert status(data, "--site", "maghress")[0] == 0


def test_a_damaged_ledger_and_reports_do_not_stop_it(data: Path) -> None:
    (data / "ledger").mkdir()
    ledger_path(data).write_bytes(b"no database" * 100)
    (data / "runs" / "torn.json").write_text("{")
    code, found = status(data)
    assert code == 1
    assert "the ledger" in found["problems"][0]
    assert len(found["sites"]) == len(ALIVE)


def test_the_next_time_of_a_slot() -> None:
    slots = {(slot.kind, slot.site): slot for slot in plan([0, 1])}
    at = datetime(2026, 11, 30, 23, 0, tzinfo=UTC)
    new = slots["new", "maghress"]
    assert new.following(at) == at + timedelta(hours=1)
    assert new.following(at - timedelta(minutes=1)) == at
    waiting = slots["waiting", "maghress"]
    assert waiting.following(at).hour == 0
    assert waiting.following(at).day == 1
