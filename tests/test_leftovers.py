"""Leftovers of a run: limits, budgets and kills never lose or duplicate an article."""

import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from newscrawl.demo.proxy import DemoProxy, Reply
from newscrawl.state import Ledger, ledger_path
from tests import preloaded
from tests.support import SOURCE, URL, listing, walked, web
from tests.web import Outcome, Web, command, crawl, environment

COUNT = 40
WALK: dict[str, Any] = {"outlets": "courrier", "editions": "fr"}


def kill(small: Web, data: Path, articles: int = 5, **arguments: str) -> None:
    """Kill a crawl that has requested the pages of some articles, once records are committed."""
    asked = 0
    before = len(Outcome(0, "", data, []).lines("feeds"))

    def reply(method: str, url: str, headers: Mapping[str, str]) -> Reply:
        nonlocal asked
        asked += url.rpartition("/")[2].isdigit()
        if asked > articles:
            deadline = time.monotonic() + 60
            # The second line is written when the first one is committed.
            while len(Outcome(0, "", data, []).lines("feeds")) < before + 2:
                assert time.monotonic() < deadline, "no record was written"
                time.sleep(0.01)
            run.kill()
        return small.reply(method, url, headers)

    settings = {"FEED_BATCH": "1", "CONCURRENT_REQUESTS_PER_DOMAIN": "1"}
    with DemoProxy(reply) as proxy:
        run = preloaded.start(
            command("maghress", settings, arguments),
            env=environment(proxy, data),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        assert run.wait(timeout=120) == -signal.SIGKILL


def ids(outcome: Outcome) -> list[str]:
    """Identifiers of all records."""
    return [record["id"] for record in outcome.lines("feeds")]


def test_articles_beyond_a_limit_stay_unclaimed(tmp_path: Path) -> None:
    small = walked(1, COUNT, COUNT)
    kill(small, tmp_path, **WALK)
    limited = crawl(small, tmp_path, limit="3", **WALK)
    assert limited.code == 0, limited.stderr
    report = limited.report
    left = COUNT - len(ids(limited))
    assert left > 0
    assert (report["exported"], report["failed"], report["left"]) == (3, 0, left)
    assert report["found"] == 3 + left
    ledger = Ledger(ledger_path(tmp_path))
    attempts = [
        ledger.articles.describe(f"maghress:fr/courrier/{number}")["attempts"]
        for number in range(1, COUNT + 1)
    ]
    ledger.close()
    assert attempts.count(0) == left
    last = crawl(small, tmp_path, **WALK)
    assert last.code == 0, last.stderr
    assert (last.report["exported"], last.report["left"]) == (left, 0)
    assert sorted(ids(last)) == sorted(f"maghress:fr/courrier/{n}" for n in range(1, COUNT + 1))


def test_a_limit_does_not_change_due_articles(tmp_path: Path) -> None:
    small = walked(1, 8, 8)
    settings = {"RECHECK_HOURS": "0,0", "RECHECK_DAYS": "36500"}
    crawl(small, tmp_path, settings=settings, **WALK)
    limited = crawl(small, tmp_path, settings=settings, limit="2", **WALK)
    report = limited.report
    assert (limited.code, report["found"], report["unchanged"]) == (0, 2, 2), limited.stderr
    assert (report["failed"], report["left"]) == (0, 0)
    last = crawl(small, tmp_path, settings=settings, **WALK)
    assert (last.code, last.report["failed"]) == (0, 0), last.stderr
    assert last.report["unchanged"] == 8
    assert len(ids(last)) == 8


def test_articles_beyond_a_budget_stay_unclaimed(tmp_path: Path) -> None:
    small = walked(1, COUNT, COUNT)
    kill(small, tmp_path, **WALK)
    stopped = crawl(small, tmp_path, settings={"CLOSESPIDER_PAGECOUNT": "4"}, **WALK)
    report = stopped.report
    assert (report["state"], report["failed"]) == ("interrupted", 0)
    assert len(ids(stopped)) + report["left"] == COUNT
    assert report["found"] == report["exported"] + report["left"]
    last = crawl(small, tmp_path, **WALK)
    assert last.code == 0, last.stderr
    assert len(set(ids(last))) == len(ids(last)) == COUNT


def test_a_list_of_urls_that_is_killed_continues_without_duplicates(tmp_path: Path) -> None:
    small = walked(1, COUNT, COUNT)
    file = tmp_path / "urls.txt"
    file.write_text(
        "".join(f"https://www.maghress.com/fr/courrier/{n}\n" for n in range(1, COUNT + 1))
    )
    data = tmp_path / "data"
    for _ in range(3):
        kill(small, data, urls=str(file))
    last = crawl(small, data, urls=str(file))
    assert last.code == 0, last.stderr
    assert len(set(ids(last))) == len(ids(last)) == COUNT
    assert last.report["found"] == last.report["exported"] < COUNT, "parsed once, not again"
    assert {record["version"] for record in last.lines("feeds")} == {1}
    small.seconds_ahead = 2
    again = crawl(small, data, urls=str(file))
    assert (again.report["found"], again.report["unchanged"]) == (COUNT, COUNT), again.stderr


def test_a_run_that_follows_no_links_leaves_exported_articles_as_they_are(tmp_path: Path) -> None:
    settings = {"SOURCE_RETRY_HOURS": "0,0,0", "RECHECK_HOURS": "0,0", "RECHECK_DAYS": "36500"}
    number = URL.rsplit("/", 1)[1]
    for data, source, state in (
        (tmp_path / "waiting", Reply(503), "waiting"),
        (tmp_path / "done", SOURCE, "done"),
    ):
        small = web(source)
        small.pages["https://www.maghress.com/fr/courrier"] = listing(
            range(int(number), int(number) + 1)
        )
        first = crawl(small, data, settings=settings, **WALK)
        assert first.report["exported"] == 1, first.stderr
        again = crawl(small, data, settings=settings, follow="no", **WALK)
        assert (again.code, again.report["found"]) == (0, 0), again.stderr
        assert len(again.lines("feeds")) == 1
        ledger = Ledger(ledger_path(data))
        described = ledger.articles.describe(f"maghress:fr/courrier/{number}")
        ledger.close()
        assert (described["state"], described["due"] is not None) == (state, True)
        last = crawl(small, data, settings=settings, **WALK)
        assert (last.report["found"], last.report["unchanged"]) == (1, 1), last.stderr
