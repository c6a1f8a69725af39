"""Runs that cannot start: a run report with the reason."""

import errno
import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from newscrawl.state import Ledger
from newscrawl.state.advice import advice


def crawl(data: Path, *arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "scrapy", "crawl", "maghress", "-a", "_job=first", *arguments],
        env=os.environ | {"NEWSCRAWL_DATA": str(data)} | variables,
        capture_output=True,
        text=True,
    )


def damage(data: Path) -> None:
    (data / "ledger").mkdir()
    (data / "ledger" / "ledger.sqlite").write_bytes(b"not a database" * 1000)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["-a", "limit=none"], "limit=none"),
        (["-s", "FEED_COMPRESSION=zip"], "FEED_COMPRESSION"),
    ],
    ids=["argument", "setting"],
)
def test_a_wrong_value_is_reported(tmp_path: Path, arguments: list[str], reason: str) -> None:
    done = crawl(tmp_path, *arguments)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    report = json.loads((tmp_path / "runs" / "first.json").read_text())
    assert (report["state"], report["outcome"]) == ("finished", "failed")
    assert reason in report["reason"]
    assert report["reason"] in report["errors"]


@pytest.mark.parametrize(
    ("variable", "value"),
    [("NEWSCRAWL_BACKFILL_MONTHS", "many"), ("https_proxy", "127.0.0.1:9")],
)
def test_a_wrong_environment_is_reported(tmp_path: Path, variable: str, value: str) -> None:
    done = crawl(tmp_path, **{variable: value})
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    report = json.loads((tmp_path / "runs" / "first.json").read_text())
    assert report["outcome"] == "failed"
    assert report["reason"].startswith(f"{variable}: {value}")


@pytest.mark.parametrize("setting", ["EXTENSIONS", "DOWNLOADER_MIDDLEWARES"])
def test_a_component_that_cannot_be_built_is_reported(tmp_path: Path, setting: str) -> None:
    done = crawl(tmp_path, "-s", f'{setting}={{"json.loads": 1}}')
    assert done.returncode == 1
    assert "Unhandled error" not in done.stderr, done.stderr
    report = json.loads((tmp_path / "runs" / "first.json").read_text())
    assert (report["state"], report["outcome"]) == ("interrupted", "failed")
    assert "loads() missing 1 required positional argument" in report["reason"]


def test_the_reason_of_a_failed_job_is_in_its_log(tmp_path: Path) -> None:
    log = tmp_path / "job.log"
    crawl(tmp_path / "data", "-a", "limit=none", "-s", f"LOG_FILE={log}")
    assert "limit=none" in log.read_text()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can write as another user")
def test_root_does_not_write_into_the_data_of_another_user(tmp_path: Path) -> None:
    os.chown(tmp_path, 65534, 65534)
    done = crawl(tmp_path)
    assert done.returncode == 2
    assert "runuser -u nobody" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_ledger_is_reported(tmp_path: Path) -> None:
    damage(tmp_path)
    done = crawl(tmp_path)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    report = json.loads((tmp_path / "runs" / "first.json").read_text())
    assert "ledger.sqlite" in report["reason"]


def test_a_data_directory_that_is_a_file_is_one_clear_error(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.write_text("")
    done = crawl(data)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert str(data) in done.stderr
    assert "no run report" in done.stderr


def test_the_report_of_an_earlier_run_is_kept(tmp_path: Path) -> None:
    crawl(tmp_path, "-a", "limit=none")
    path = tmp_path / "runs" / "first.json"
    before = path.read_text()
    crawl(tmp_path, "-a", "since=never")
    assert path.read_text() == before


def test_an_emptied_ledger_beside_feeds_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "ledger").mkdir()
    (tmp_path / "ledger" / "ledger.sqlite").touch()
    feed = tmp_path / "feeds" / "maghress" / "earlier.jsonl"
    feed.parent.mkdir(parents=True)
    feed.write_text("{}\n")
    for _ in range(2):
        done = crawl(tmp_path)
        assert done.returncode == 1
        assert "is empty, but there are feeds" in done.stderr
        assert (tmp_path / "ledger" / "ledger.sqlite").stat().st_size == 0


def test_a_failed_start_is_reported_with_stderr_closed(tmp_path: Path) -> None:
    damage(tmp_path)
    command = [sys.executable, "-m", "scrapy", "crawl", "maghress", "-a", "_job=first"]
    done = subprocess.run(
        ["sh", "-c", 'exec "$@" 2>&-', "sh", *command],
        env=os.environ | {"NEWSCRAWL_DATA": str(tmp_path)},
        check=False,
    )
    assert done.returncode == 1
    report = json.loads((tmp_path / "runs" / "first.json").read_text())
    assert "the file is damaged" in report["reason"]


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "make room"),
        (OSError(errno.EACCES, "Permission denied"), "check the permissions"),
        (OSError(errno.EROFS, "Read-only file system"), "is read-only"),
    ],
)
def test_advice_matches_the_fault(error: OSError, told: str) -> None:
    assert told in advice(error)
    assert "damaged" not in advice(error)


def test_advice_matches_the_faults_of_a_database(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    Ledger(path).close()
    read_only = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
    with pytest.raises(sqlite3.Error) as caught, closing(read_only) as database:
        database.execute("CREATE TABLE more (number INTEGER)")
    assert "is read-only" in advice(caught.value)
    full = sqlite3.connect(path)
    full.execute("PRAGMA max_page_count = 1")
    with pytest.raises(sqlite3.Error) as caught, closing(full):
        full.execute("CREATE TABLE more AS SELECT randomblob(1000000)")
    assert "make room" in advice(caught.value)
    with pytest.raises(sqlite3.Error) as caught:
        sqlite3.connect(tmp_path / "nowhere" / "ledger.sqlite")
    assert "check the permissions" in advice(caught.value)
