"""Deployment files: backups, alert rules, and the references between them."""

import os
import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from newscrawl.demo.proxy import DemoProxy
from tests import preloaded
from tests.support import scrapy, walked
from tests.web import Outcome, command, crawl, environment

PROJECT = Path(__file__).parent.parent
DEPLOY = PROJECT / "deploy"
TOOLS = pytest.mark.skipif(
    not (shutil.which("rsync") and shutil.which("sqlite3")), reason="needs rsync and sqlite3"
)


def run(script: str, *arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([DEPLOY / script, *arguments], capture_output=True, text=True)


@TOOLS
def test_a_backup_taken_during_a_run_is_restored_and_the_next_run_continues(tmp_path: Path) -> None:
    data, backups, restored = tmp_path / "data", tmp_path / "backups", tmp_path / "restored"
    web = walked(1, 30, 10)
    with DemoProxy(web.reply) as proxy:
        process = preloaded.start(
            command(
                "maghress",
                {"DOWNLOAD_DELAY": "0.2", "FEED_BATCH": "3", "CONCURRENT_REQUESTS_PER_DOMAIN": "1"},
                {"outlets": "courrier", "_job": "first"},
            ),
            env=environment(proxy, data),
            stderr=subprocess.DEVNULL,
        )
        feed = data / "feeds" / "maghress" / "first.jsonl"
        deadline = time.monotonic() + 60
        while not (feed.exists() and feed.stat().st_size):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        backup = run("backup", data, backups)
        assert (backup.returncode, backup.stderr) == (0, "")
        process.kill()
        process.wait()

    (name,) = [path for path in backups.iterdir() if not path.name.startswith(".")]
    assert run("restore", name, restored).returncode == 0
    _, told = scrapy("doctor", "--offline", data=restored)
    assert "whole, version" in told
    assert scrapy("validate", data=restored)[0] == 0
    outcome = crawl(web, restored, outlets="courrier")
    assert outcome.code == 0, outcome.stderr
    ids = [record["id"] for record in outcome.lines("feeds")]
    assert sorted(ids) == sorted({f"maghress:fr/courrier/{n}" for n in range(1, 31)})
    assert run("restore", name, restored).returncode == 1  # nothing is overwritten
    assert len(Outcome(0, "", restored, []).lines("feeds")) == 30


@TOOLS
def test_backups_share_unchanged_files_and_old_ones_are_deleted(tmp_path: Path) -> None:
    data, backups = tmp_path / "data", tmp_path / "backups"
    (data / "feeds").mkdir(parents=True)
    (data / "feeds" / "a.jsonl").write_text("{}\n")
    for number in range(3):
        assert run("backup", data, backups, "2").returncode == 0
        kept = sorted(backups.iterdir())
        assert len(kept) == min(number + 1, 2)
        time.sleep(1.1)  # backups are named by the second
    assert len({(path / "feeds" / "a.jsonl").stat().st_ino for path in kept}) == 1
    (data / "ledger").mkdir()
    (data / "ledger" / "ledger.sqlite").write_bytes(b"no database" * 100)
    assert run("backup", data, backups, "2").returncode != 0
    assert sorted(path for path in backups.iterdir() if path.name[0] != ".") == kept
    assert run("backup", tmp_path / "none", backups).returncode == 1


@pytest.mark.skipif(not shutil.which("promtool"), reason="needs promtool")
def test_prometheus_takes_the_alert_rules(tmp_path: Path) -> None:
    for file in (DEPLOY / "alerts.yml", PROJECT / "tests" / "alerts.test.yml"):
        shutil.copy(file, tmp_path)
    for command_line in (("check", "rules", "alerts.yml"), ("test", "rules", "alerts.test.yml")):
        done = subprocess.run(
            ["promtool", *command_line], cwd=tmp_path, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_alert_rules_use_metrics_that_runs_leave(tmp_path: Path) -> None:
    outcome = crawl(walked(1, 1, 1), tmp_path, outlets="courrier")
    assert outcome.code == 0, outcome.stderr
    (file,) = (tmp_path / "metrics").iterdir()
    metrics = set(re.findall(r"^# TYPE (\w+)", file.read_text(), re.MULTILINE))
    rules = (DEPLOY / "alerts.yml").read_text()
    assert set(re.findall(r"newscrawl_\w+", rules)) <= metrics


@pytest.mark.parametrize(
    "script", ["backup", "restore", "end-jobs", "container-start"], ids=lambda name: str(name)
)
def test_scripts_are_executable_and_of_plain_shell(script: str) -> None:
    assert os.access(DEPLOY / script, os.X_OK)
    subprocess.run(["sh", "-n", DEPLOY / script], check=True)


def test_the_image_is_made_of_files_that_exist_and_no_secret() -> None:
    text = (DEPLOY / "Containerfile").read_text()
    ignored = (PROJECT / ".containerignore").read_text().splitlines()
    copied = [
        source
        for line in re.findall(r"^COPY (.+)$", text, re.MULTILINE)
        for source in line.split()[:-1]
    ]
    assert copied
    for source in copied:
        assert (PROJECT / source).exists(), source
        assert f"!{source.partition('/')[0]}" in ignored, source
    assert "**/*.env" in ignored
    assert "SCRAPYD_PASSWORD=\n" in (DEPLOY / "newscrawl.env").read_text()


def test_a_node_deploys_without_a_development_environment(tmp_path: Path) -> None:
    for name in ("Makefile", "pyproject.toml", "requirements.txt"):
        shutil.copy(PROJECT / name, tmp_path)
    done = subprocess.run(
        ["make", "-n", "deploy"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert ".venv-deploy/bin/pip install" in done.stdout
    assert ".venv/" not in done.stdout
    assert "editable" not in done.stdout
