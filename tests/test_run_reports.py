"""Run reports: written atomically, read by time, and skipped by name if they are unreadable."""

import logging
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from newscrawl.errors import StoreError
from newscrawl.operations.announcements import FirstError
from newscrawl.state.run_reports import read_report, report_path, reports, write_report


def test_all_reports_since_a_time_are_read_however_many(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    (tmp_path / "runs").mkdir()
    for number in range(2100):
        path = report_path(tmp_path, f"{number:04}")
        path.write_text('{"spider": "maghress", "job": "x"}')
        written = now - timedelta(minutes=10 * number)
        os.utime(path, (written.timestamp(), written.timestamp()))
    week = list(reports(tmp_path, "maghress", now - timedelta(days=14)))
    assert len(week) == 14 * 24 * 6 + 1
    assert len(list(reports(tmp_path, "maghress"))) == 2100
    assert list(reports(tmp_path, "turess")) == []


@pytest.mark.parametrize("content", ["", '{"job": "a', "[]", "\x00" * 40])
def test_an_unreadable_report_is_named_and_skipped(
    content: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write_report(report_path(tmp_path, "good"), {"job": "good", "spider": "maghress"})
    report_path(tmp_path, "torn").write_text(content)
    assert [report["job"] for report in reports(tmp_path)] == ["good"]
    assert read_report(tmp_path, "torn") == {}
    assert f"{report_path(tmp_path, 'torn')} is not a run report and is skipped" in caplog.text


def test_a_report_is_on_the_disk_before_it_replaces_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = report_path(tmp_path, "a")
    write_report(path, {"job": "a", "state": "running"})

    def fail(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(StoreError, match="No space left"):
        write_report(path, {"job": "a", "state": "finished"})
    assert read_report(tmp_path, "a")["state"] == "running"
    assert [file.name for file in path.parent.iterdir()] == ["a.json"]


def test_the_first_error_of_a_run_is_kept_in_one_line() -> None:
    first = FirstError()
    logger = logging.getLogger("newscrawl.test")
    logger.warning("not this")
    error = ZeroDivisionError("by\nzero")
    logger.error("Spider error processing %s", "a page\nTraceback", exc_info=error)
    logger.error("nor this")
    first.close()
    logger.error("nor this")
    assert first.message == "Spider error processing a page (ZeroDivisionError: by zero)"
    assert first not in logging.root.handlers
