"""Runs that cannot start leave a run report with the reason."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest


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


def test_a_component_that_cannot_be_made_is_reported(tmp_path: Path) -> None:
    done = crawl(tmp_path, "-s", 'EXTENSIONS={"json.loads": 1}')
    assert done.returncode == 1
    report = json.loads((tmp_path / "runs" / "first.json").read_text())
    assert (report["state"], report["outcome"]) == ("interrupted", "failed")
    assert "loads() missing 1 required positional argument" in report["reason"]


def test_the_reason_is_in_the_log_of_a_job(tmp_path: Path) -> None:
    log = tmp_path / "job.log"
    crawl(tmp_path / "data", "-a", "limit=none", "-s", f"LOG_FILE={log}")
    assert "limit=none" in log.read_text()


def test_a_run_without_standard_error_is_reported(tmp_path: Path) -> None:
    damage(tmp_path)
    done = subprocess.run(
        ["/bin/sh", "-c", f"{sys.executable} -m scrapy crawl maghress -a _job=first 2>&-"],
        env=os.environ | {"NEWSCRAWL_DATA": str(tmp_path)},
    )
    assert done.returncode == 1
    report = json.loads((tmp_path / "runs" / "first.json").read_text())
    assert "ledger.sqlite" in report["reason"]


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
