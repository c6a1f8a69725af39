"""Crawls that end early: full disks, unexpected exceptions, a busy site, unusable directories."""

import json
import subprocess
import time
from pathlib import Path

from newscrawl.demo.proxy import DemoProxy
from newscrawl.items import Article
from tests import preloaded
from tests.support import (
    URL,
    walked,
    web,
)
from tests.web import command, crawl, environment


def test_a_full_disk_stops_the_run_and_the_next_one_completes_it(tmp_path: Path) -> None:
    small = walked(1, 40, 10)
    arguments = {"outlets": "courrier", "editions": "fr"}
    with DemoProxy(small.reply) as proxy:
        stopped = subprocess.run(
            # No file may grow beyond 300 blocks of 1 KiB: writes fail half-way.
            [
                *("bash", "-c", 'ulimit -f 300; exec "$@"', "bash"),
                *command("maghress", {"FEED_BATCH": "4"}, arguments),
            ],
            env=environment(proxy, tmp_path),
            capture_output=True,
            text=True,
            check=False,
        )
    assert stopped.returncode == 1
    assert "cannot be written" in stopped.stderr
    outcome = crawl(small, tmp_path, "maghress", settings=None, **arguments)
    assert outcome.code == 0, outcome.stderr
    numbers = sorted(int(record["id"].rsplit("/", 1)[1]) for record in outcome.lines("feeds"))
    assert numbers == list(range(1, 41))


class Broken:
    """Pipeline that raises an unexpected exception."""

    def process_item(self, item: Article) -> Article:
        raise ZeroDivisionError(f"dividing {item.id}")


def test_an_unexpected_exception_fails_the_article_and_the_run(tmp_path: Path) -> None:
    pipelines = json.dumps({"tests.test_crawl_failures.Broken": 250})
    outcome = crawl(web(), tmp_path, urls=URL, settings={"ITEM_PIPELINES": pipelines})
    assert outcome.code == 1
    report = outcome.report
    assert report["failures"] == {
        "maghress:fr/courrier/101": "ZeroDivisionError: dividing maghress:fr/courrier/101"
    }
    assert (report["outcome"], report["failed"]) == ("failed", 1)


def test_a_second_run_of_a_site_is_skipped(tmp_path: Path) -> None:
    small = walked(1, 40, 10)
    with DemoProxy(small.reply) as proxy:
        first = preloaded.start(
            command("maghress", {"DOWNLOAD_DELAY": "1"}, {"outlets": "courrier"}),
            env=environment(proxy, tmp_path),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            deadline = time.monotonic() + 20
            while not (begun := [*(tmp_path / "runs").glob("*.json")]):
                assert time.monotonic() < deadline, "the first run did not begin"
                time.sleep(0.05)
            running = json.loads(begun[0].read_text())
            second = crawl(small, tmp_path, outlets="courrier")
        finally:
            first.kill()
            first.wait()
    assert second.code == 75
    assert second.requests == []
    assert f"process {first.pid}" in second.stderr
    skipped = second.report
    assert (skipped["outcome"], skipped["errors"]) == ("skipped", [])
    assert (running["state"], running["process"]) == ("running", first.pid)
    third = crawl(small, tmp_path, outlets="courrier")
    assert third.code == 0, third.stderr
    states = {
        report["job"]: (report["state"], report["outcome"])
        for report in map(json.loads, (f.read_text() for f in (tmp_path / "runs").glob("*.json")))
    }
    assert states[running["job"]] == ("killed", "failed")
    assert states[skipped["job"]] == ("finished", "skipped")
    assert states[third.report["job"]] == ("finished", "ok")


def test_a_data_directory_that_cannot_be_used_stops_the_run(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    outcome = crawl(web(), tmp_path / "file", urls=URL)
    assert outcome.code == 1
    assert outcome.requests == []
    assert "ledger" in outcome.stderr
    assert "Traceback" not in outcome.stderr
