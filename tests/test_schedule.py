"""The schedule for cron, systemd and Scrapyd, and the sequence of back-fills."""

import json
import os
import re
import shutil
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs

import pytest

from newscrawl import operations
from newscrawl.aggregator.sites import SITES
from newscrawl.demo.proxy import Reply
from newscrawl.operations.schedule import KINDS, kind_of, next_backfill, plan
from newscrawl.outlets import known_outlets
from newscrawl.state.run_reports import report_path, write_report
from tests import preloaded
from tests.web import Web, aggregator_page, crawl

ALIVE = {site.name for site in SITES.values() if site.alive}


def schedule(data: Path, *options: str) -> str:
    done = preloaded.run(
        [*preloaded.SCRAPY, "schedule", *options],
        env=os.environ | {"NEWSCRAWL_DATA": str(data)},
        check=True,
    )
    return done.stdout


def run_by_cron(line: str) -> "subprocess.CompletedProcess[str]":
    """Run a command as cron passes it to the shell."""
    assert not re.search(r"(?<!\\)%", line)
    shell = ["/bin/sh", "-c", line.replace(r"\%", "%")]
    return subprocess.run(shell, capture_output=True, text=True)


def test_every_site_has_its_slots_and_no_two_begin_together(tmp_path: Path) -> None:
    slots = json.loads(schedule(tmp_path, "--as", "json"))
    assert {(s["kind"], s["site"]) for s in slots} == {
        (kind, site) for kind in ("new", "waiting", "backfill") for site in ALIVE
    }
    begins = [(hour, s["minute"]) for s in slots for hour in s["hours"] or range(24)]
    assert len(begins) == len(set(begins))

    lines = schedule(tmp_path).splitlines()
    assert lines == schedule(tmp_path).splitlines()
    assert f'NEWSCRAWL_DATA="{tmp_path}"' in lines
    assert not [line for line in lines if line.startswith("CRON_TZ")]  # unknown to Debian's cron
    commands = [line for line in lines if " crawl " in line]
    assert len(commands) == len(slots)
    assert all(re.match(r"\d+ \* \* \* \* cd /", line) for line in commands)
    scrapy = Path(sys.executable).with_name("scrapy")
    assert f"{scrapy} crawl maghress -a revisit=no" in commands[0]
    # Cron mails what is printed: nothing after a run that is good or was skipped.
    stand_in = tmp_path / "scrapy"
    tomorrow = datetime.now(UTC) + timedelta(hours=1)
    for code, printed in {0: "", 75: "", 1: "all of it\n", 3: "all of it\n"}.items():
        stand_in.write_text(f"#!/bin/sh\necho all of it >&2\nexit {code}\n")
        stand_in.chmod(0o755)
        for line in commands[:3]:  # what is new, what waits, a back-fill
            shell = line.split(maxsplit=5)[5].replace(str(scrapy), str(stand_in))
            shell = shell.replace(f"$({stand_in} schedule --next maghress)", "something")
            shell = re.sub(r"in [\d|]+\)", f"in {datetime.now(UTC):%H}|{tomorrow:%H})", shell)
            ran = run_by_cron(shell)
            assert (ran.stdout, ran.stderr) == (printed, ""), line
    # In another hour of UTC nothing is begun, whatever the local time zone.
    at_night = next(line for line in commands if "case " in line).split(maxsplit=5)[5]
    shell = re.sub(r"in [\d|]+\)", "in 99)", at_night.replace(str(scrapy), str(stand_in)))
    ran = run_by_cron(shell)
    assert (ran.returncode, ran.stdout) == (0, "")

    schedule(tmp_path, "--as", "systemd", "--directory", str(tmp_path / "units"))
    units = {file.name: file.read_text() for file in (tmp_path / "units").iterdir()}
    assert len(units) == 2 * len(slots)
    assert "OnCalendar=*-*-* *:00:00 UTC\n" in units["newscrawl-new-maghress.timer"]
    assert "$$what" in units["newscrawl-backfill-maghress.service"]
    assert "User=root\n" in schedule(tmp_path, "--as", "systemd", "--user", "root")


def test_source_checks_take_the_last_quiet_hour_if_asked_for(tmp_path: Path) -> None:
    assert "check" not in {slot.kind for slot in plan([0, 1, 2, 3])}
    slots = {slot.kind: slot for slot in plan([0, 1, 2, 3], 200) if slot.site == "maghress"}
    assert {kind: slot.hours for kind, slot in slots.items()} == {
        "new": (),
        "waiting": (0,),
        "backfill": (1, 2),
        "check": (3,),
    }
    report = {"job": "one", "spider": "maghress", "arguments": slots["check"].arguments}
    assert kind_of(report) == "check"
    assert {slot.kind for slot in plan([0], 200)} == {"new", "waiting"}
    lines = schedule(tmp_path, "-s", "SOURCE_CHECKS_A_NIGHT=200").splitlines()
    (check,) = (line for line in lines if "crawl maghress -a check=200" in line)
    assert "in 03)" in check


def test_crontab_and_units_contain_the_nodes_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = {
        "NEWSCRAWL_CONTACT": "desk@here.example",
        "NEWSCRAWL_NOTIFY_URLS": "json://hooks.example/100%",
        "NEWSCRAWL_GUARD_TRUSTED_HOSTS": '{"mirror.example": ""}',
        "https_proxy": "http://proxy.example:3128",
        "SSL_CERT_FILE": "/etc/ssl/own.pem",
    }
    for name, value in wanted.items():
        monkeypatch.setenv(name, value)
    lines = schedule(tmp_path).splitlines()
    assert 'NEWSCRAWL_GUARD_TRUSTED_HOSTS=\'{"mirror.example": ""}\'' in lines
    for name in wanted:
        assert [line for line in lines if line.startswith(f"{name}=")], name
    schedule(tmp_path, "--as", "systemd", "--directory", str(tmp_path / "units"))
    unit = (tmp_path / "units" / "newscrawl-new-maghress.service").read_text()
    assert f'Environment="NEWSCRAWL_DATA={tmp_path}"\n' in unit
    assert 'Environment="NEWSCRAWL_NOTIFY_URLS=json://hooks.example/100%%"\n' in unit
    assert r'Environment="NEWSCRAWL_GUARD_TRUSTED_HOSTS={\"mirror.example\": \"\"}"' in unit
    assert "\nUser=" in unit
    for name in wanted:
        assert f'Environment="{name}=' in unit, name


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd-analyze")
def test_systemd_takes_the_units(tmp_path: Path) -> None:
    options = ("--as", "systemd", "--directory", str(tmp_path / "units"))
    schedule(tmp_path, "-s", "SOURCE_CHECKS_A_NIGHT=200", *options)
    units = [tmp_path / "units" / f"newscrawl-{kind}-maghress.service" for kind in KINDS]
    done = subprocess.run(
        ["systemd-analyze", "verify", "--recursive-errors=no", *units],
        capture_output=True,
        text=True,
    )
    assert not [line for line in done.stderr.splitlines() if "newscrawl-" in line], done.stderr


class Jobs(BaseHTTPRequestHandler):
    """Scrapyd without jobs, which records what is posted."""

    posted: ClassVar[list[dict[str, list[str]]]] = []

    def do_GET(self) -> None:
        self._respond({"status": "ok", "pending": [], "running": [], "finished": []})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.posted.append(parse_qs(body))
        self._respond({"status": "ok"})

    def _respond(self, body: dict[str, Any]) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *_: Any) -> None:
        pass


def test_settings_are_posted_with_the_runs_and_incomplete_reports_are_ignored(
    tmp_path: Path,
) -> None:
    runs = tmp_path / "runs"
    runs.mkdir()
    (runs / "torn.json").write_text('{"job": "torn", "spider": "maghr')
    (runs / "empty.json").write_text("")
    month = (datetime.now(UTC).replace(day=1) - timedelta(days=1)).strftime("%Y-%m")
    arguments = next_backfill(tmp_path, "maghress", 1, datetime.now(UTC).date())
    assert arguments is not None
    (runs / f"{arguments['_job']}.json").write_text("")
    assert next_backfill(tmp_path, "maghress", 1, datetime.now(UTC).date()) == arguments
    assert arguments["_job"].endswith(month)
    server = HTTPServer(("127.0.0.1", 0), Jobs)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    url = f"http://127.0.0.1:{server.server_address[1]}/"
    hour = str(datetime.now(UTC).hour)
    done = preloaded.run(
        [
            *(*preloaded.SCRAPY, "schedule", "--post", url),
            *("--setting", "LOG_JSON=1", "--setting", "DOWNLOAD_DELAY=2"),
            *("-s", f"QUIET_HOURS={hour},{hour}"),
        ],
        env=os.environ | {"NEWSCRAWL_DATA": str(tmp_path), "no_proxy": "127.0.0.1"},
    )
    server.shutdown()
    server.server_close()
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert Jobs.posted
    for job in Jobs.posted:
        assert job["setting"] == ["LOG_JSON=1", "DOWNLOAD_DELAY=2"]


@pytest.mark.parametrize("setting", ["NOSUCH=1", "LOG_JSON"])
def test_a_setting_to_post_must_exist(tmp_path: Path, setting: str) -> None:
    done = preloaded.run(
        [
            *(*preloaded.SCRAPY, "schedule"),
            *("--post", "http://127.0.0.1:1/", "--setting", setting),
        ],
        env=os.environ | {"NEWSCRAWL_DATA": str(tmp_path)},
    )
    assert done.returncode == 2
    assert setting in done.stderr


@pytest.fixture
def few_outlets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have this process know a few outlets only: a run of each takes time."""
    outlets = sorted(
        (fact for fact in known_outlets().values() if fact.country == "MA"),
        key=lambda fact: (fact.edition, fact.slug),
    )
    few = {fact.slug: fact for fact in outlets[:12]}
    monkeypatch.setattr(operations.schedule, "known_outlets", lambda: few)


@pytest.mark.usefixtures("few_outlets")
def test_the_backfill_continues_month_by_month(tmp_path: Path) -> None:
    def following() -> dict[str, str]:
        words = schedule(tmp_path, "--next", "maghress").split()
        return dict(word.split("=", 1) for word in words if word != "-a")

    # The outlet that is known best comes first, with the month before this.
    day = datetime.now(UTC).date().replace(day=1) - timedelta(days=3)
    url = "https://www.maghress.com/fr/courrier/101"
    text = ["Le conseil communal a voté jeudi le budget des ruelles de la vieille ville."]
    page = aggregator_page("Le budget des ruelles", text, date=f"{day:%d - %m - %Y}", link=None)
    assert crawl(Web({url: page}), tmp_path, urls=url).code == 0
    first = following()
    assert (first["editions"], first["outlets"]) == ("fr", "courrier")
    assert first["since"] == f"{day:%Y-%m}-01"
    assert first["until"].startswith(f"{day:%Y-%m}-")
    assert first == following()

    # When a run has come to its end the next outlet's turn has come.
    crawl(Web({url: page}), tmp_path, settings=None, **first)
    second = following()
    assert second["since"] == first["since"]
    assert second["outlets"] != "courrier"

    # That run found no listing of the outlet, so it is left out of the months before. One that had
    # nothing in the month is not.
    asked: list[str] = []
    today = datetime.now(UTC).date()
    while (what := next_backfill(tmp_path, "maghress", 2, today)) is not None:
        asked.append(f"{what['outlets']} {what['since']}")
        done = {"state": "finished", "outcome": "ok", "found": 0}
        write_report(report_path(tmp_path, what["_job"]), done)
    assert len({each.split()[1] for each in asked}) == 2
    assert not [each for each in asked if each.startswith("courrier ")]
    outlets = [each.split()[0] for each in asked]
    assert outlets.count(second["outlets"]) == 2


@pytest.mark.usefixtures("few_outlets")
def test_a_listing_with_a_transient_failure_is_requested_again_the_next_day(tmp_path: Path) -> None:
    # Mid-month, so that the next day is of the same month whenever the test runs.
    today = datetime.now(UTC).date().replace(day=15)
    day = today.replace(day=1) - timedelta(days=3)
    url = "https://www.maghress.com/fr/courrier/101"
    text = ["Le conseil communal a voté jeudi le budget des ruelles de la vieille ville."]
    page = aggregator_page("Le budget", text, date=f"{day:%d - %m - %Y}", link=None)
    assert crawl(Web({url: page}), tmp_path, urls=url).code == 0
    first = next_backfill(tmp_path, "maghress", 2, today)
    assert first is not None
    busy = Web({"https://www.maghress.com/fr/courrier": Reply(503)})
    outcome = crawl(busy, tmp_path, settings={"RETRY_TIMES": "0"}, **first)
    assert outcome.code == 1
    write_report(
        report_path(tmp_path, first["_job"]),
        outcome.report | {"started": f"{today}T00:00:00+00:00"},
    )
    assert (outcome.report["listings_failed"], outcome.report["listings_gone"]) == (1, 0)

    # All others come before it, and its own earlier months.
    asked: list[str] = []
    while (what := next_backfill(tmp_path, "maghress", 2, today)) is not None:
        asked.append(what["_job"])
        done = {"state": "finished", "outcome": "ok", "found": 0}
        write_report(report_path(tmp_path, what["_job"]), done)
    assert first["_job"] not in asked
    assert len([job for job in asked if "-courrier-" in job]) == 1
    # One attempt a day.
    assert next_backfill(tmp_path, "maghress", 2, today) is None
    assert next_backfill(tmp_path, "maghress", 2, today + timedelta(days=1)) == first
    crawl(Web(), tmp_path, settings=None, **first)
    assert next_backfill(tmp_path, "maghress", 2, today + timedelta(days=1)) is None
