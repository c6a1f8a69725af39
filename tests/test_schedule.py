"""The plan, as cron, systemd and people read it, and the back-fill that walks through it."""

import json
import os
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from newscrawl.aggregator.sites import SITES
from newscrawl.demo.proxy import Answer
from newscrawl.operations.schedule import next_backfill
from newscrawl.state.run_reports import report_path, write_report
from tests.web import Web, aggregator_page, crawl

ALIVE = {site.name for site in SITES.values() if site.alive}


def schedule(data: Path, *options: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "scrapy", "schedule", *options],
        env=os.environ | {"NEWSCRAWL_DATA": str(data)},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_every_site_has_its_slots_and_no_two_begin_together(tmp_path: Path) -> None:
    slots = json.loads(schedule(tmp_path, "--as", "json"))
    assert {(s["kind"], s["site"]) for s in slots} == {
        (kind, site) for kind in ("new", "waiting", "backfill") for site in ALIVE
    }
    begins = [(hour, s["minute"]) for s in slots for hour in s["hours"] or range(24)]
    assert len(begins) == len(set(begins))

    lines = schedule(tmp_path).splitlines()
    assert lines == schedule(tmp_path).splitlines()
    assert f"NEWSCRAWL_DATA={tmp_path}" in lines
    commands = [line for line in lines if " crawl " in line]
    assert len(commands) == len(slots)
    assert all(re.match(r"\d+ (\*|\d+(,\d+)*) \* \* \* cd /", line) for line in commands)
    scrapy = Path(sys.executable).with_name("scrapy")
    assert f"{scrapy} crawl maghress -a revisit=no" in commands[0]
    # Cron mails what is printed: nothing after a run that is good or was skipped.
    stand_in = tmp_path / "scrapy"
    for code, printed in {0: "", 75: "", 1: "all of it\n", 3: "all of it\n"}.items():
        stand_in.write_text(f"#!/bin/sh\necho all of it >&2\nexit {code}\n")
        stand_in.chmod(0o755)
        for line in commands[:3]:  # what is new, what waits, a back-fill
            shell = line.split(maxsplit=5)[5].replace(str(scrapy), str(stand_in))
            shell = shell.replace(f"$({stand_in} schedule --next maghress)", "something")
            ran = subprocess.run(["/bin/sh", "-c", shell], capture_output=True, text=True)
            assert (ran.stdout, ran.stderr) == (printed, ""), line

    schedule(tmp_path, "--as", "systemd", "--directory", str(tmp_path / "units"))
    units = {file.name: file.read_text() for file in (tmp_path / "units").iterdir()}
    assert len(units) == 2 * len(slots)
    assert "OnCalendar=*-*-* *:00:00 UTC\n" in units["newscrawl-new-maghress.timer"]
    assert "$$what" in units["newscrawl-backfill-maghress.service"]


def test_back_fill_goes_from_month_to_month_by_what_was_done(tmp_path: Path) -> None:
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
    busy = Web({"https://www.maghress.com/fr/courrier": Answer(503)})
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
