"""Effect of each argument and event on the state of an article, with real crawls."""

import json
import os
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from newscrawl.demo.proxy import DemoProxy
from newscrawl.state import Ledger, ledger_path
from tests.changing_network import PER_PAGE, TODAY, Network, Piece
from tests.preloaded import SCRAPY, run
from tests.web import FAST, environment

SECONDS = timedelta(days=1).total_seconds()

WALK = {"outlets": "courrier"}
QUIET = FAST | {"CONCURRENT_REQUESTS_PER_DOMAIN": "1", "MONITORS": "0", "PARSE_WORKERS": "0"}


class Sandbox:
    """A network, and a data directory that crawls of it write to."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.network = Network()
        self.days = 0.0
        self._runs = 0

    def publish(self, count: int, days_ago: int = 0) -> list[Piece]:
        return [self.network.publish("maghress", "courrier", days_ago) for _ in range(count)]

    def crawl(self, *codes: int, **given: str) -> dict[str, Any]:
        """Report of a crawl that exits with 0 or one of the codes; capitals are settings."""
        self._runs += 1
        job = f"run-{self._runs}"
        settings = QUIET | {"NEWSCRAWL_DATA": str(self.data)}
        settings |= {name: value for name, value in given.items() if name.isupper()}
        arguments = {"editions": "fr", "_job": job}
        arguments |= {name: value for name, value in given.items() if not name.isupper()}
        self.network.requests.clear()
        with DemoProxy(self.network.reply) as proxy:
            argv = ["crawl", "maghress", *(f"--set={name}={v}" for name, v in settings.items())]
            argv += [part for item in arguments.items() for part in ("-a", "=".join(item))]
            code, log = self._run(argv, environment(proxy, self.data))
            assert code in (codes or (0,)), log
        report: dict[str, Any] = json.loads((self.data / "runs" / f"{job}.json").read_text())
        parts = ("exported", "rejected", "failed", "unchanged", "left")
        assert report["found"] == sum(report[part] for part in parts)
        return report

    def ledger(self, *arguments: str) -> None:
        argv = ["ledger", *arguments, "--yes", "-s", f"NEWSCRAWL_DATA={self.data}"]
        code, log = self._run(argv, os.environ)
        assert code == 0, log

    def validate(self) -> int:
        return self._run(["validate", "-s", f"NEWSCRAWL_DATA={self.data}"], os.environ)[0]

    def _run(self, arguments: list[str], variables: Mapping[str, str]) -> tuple[int, str]:
        """Run a command and return its exit code and output."""
        # Timestamps of the ledger have whole seconds: each run begins in another one.
        days = self.days + self._runs / SECONDS
        done = run([*SCRAPY, *arguments], env=variables, days=days)
        return done.returncode, done.stdout + done.stderr

    def records(self) -> list[dict[str, Any]]:
        feeds = sorted((self.data / "feeds").rglob("*.jsonl"), key=lambda f: f.stat().st_mtime_ns)
        return [json.loads(line) for feed in feeds for line in feed.read_bytes().splitlines()]

    def ids(self) -> list[str]:
        return [record["id"] for record in self.records()]

    def describe(self, piece: Piece) -> dict[str, object]:
        ledger = Ledger(ledger_path(self.data))
        try:
            return ledger.articles.describe(piece.key.id)
        finally:
            ledger.close()


@pytest.fixture
def sandbox(tmp_path: Path) -> Sandbox:
    return Sandbox(tmp_path)


# --- Leftovers -----------------------------------------------------------------------------------


def test_a_run_with_dates_leaves_the_leftovers_it_does_not_want(sandbox: Sandbox) -> None:
    old = sandbox.publish(3, days_ago=12)
    stopped = sandbox.crawl(CLOSESPIDER_PAGECOUNT="3", **WALK)
    assert stopped["left"] > 0
    since = (TODAY.replace(day=TODAY.day - 3)).isoformat()
    # Each is requested once, although the listing leads to it, too, and the next time not at all.
    report = sandbox.crawl(since=since, **WALK)
    asked = [url for url in sandbox.network.requests if url.rpartition("/")[2].isdigit()]
    assert len(asked) == len(set(asked)) == report["outside"] > 0
    sandbox.crawl(since=since, **WALK)
    assert not [url for url in sandbox.network.requests if url.rpartition("/")[2].isdigit()]
    for piece in old:
        piece.listed = False
    assert sandbox.crawl()["found"] == stopped["left"]
    assert sorted(sandbox.ids()) == sorted(piece.key.id for piece in old)


def test_articles_to_retry_survive_a_run_that_excludes_them(sandbox: Sandbox) -> None:
    (old,) = sandbox.publish(1, days_ago=12)
    sandbox.crawl(**WALK)
    sandbox.ledger("retry")
    sandbox.crawl(since=TODAY.isoformat(), **WALK)
    old.edits += 1
    assert sandbox.crawl(revisit="only")["exported"] == 1
    assert [record["version"] for record in sandbox.records()] == [1, 2]


def test_a_revisit_run_fetches_due_articles_only(sandbox: Sandbox) -> None:
    sandbox.publish(6)
    stopped = sandbox.crawl(CLOSESPIDER_PAGECOUNT="4", **WALK)
    assert stopped["left"] > 0
    report = sandbox.crawl(revisit="only")
    assert (report["found"], report["left"]) == (0, 0)
    assert sandbox.crawl(**WALK)["exported"] >= stopped["left"]
    assert len(sandbox.ids()) == len(set(sandbox.ids())) == 6


def test_a_site_that_becomes_unreachable_leaves_its_articles_untouched(sandbox: Sandbox) -> None:
    pieces = sandbox.publish(8)
    for piece in pieces[:6]:
        piece.page = 503
    report = sandbox.crawl(1, HOST_FAILURES="2", RETRY_TIMES="0", **WALK)
    assert report["reason"] == "site_away"
    assert report["left"] > 0
    untouched = [piece for piece in pieces if sandbox.describe(piece).get("attempts") == 0]
    assert len(untouched) == report["left"]
    for piece in pieces:
        piece.page = 200
    sandbox.crawl(**WALK)
    assert sorted(sandbox.ids()) == sorted(piece.key.id for piece in pieces)


# --- Unchanged feeds -----------------------------------------------------------------------------


def test_an_unchanged_feed_hides_neither_failed_nor_forgotten_articles(sandbox: Sandbox) -> None:
    pieces = sandbox.publish(3)
    pieces[0].page = 404
    sandbox.crawl()
    assert len(sandbox.ids()) == 2
    pieces[0].page = 200
    sandbox.crawl()
    assert len(sandbox.ids()) == 3
    assert sandbox.crawl()["feeds_unchanged"] == 1
    sandbox.ledger("forget")
    assert sandbox.crawl()["exported"] == 3
    versions = sorted(record["version"] for record in sandbox.records())
    assert versions == [1, 1, 1, 2, 2, 2]
    assert sandbox.validate() == 0


def test_a_failed_page_is_requested_again_when_it_is_due(sandbox: Sandbox) -> None:
    (piece,) = sandbox.publish(1)
    piece.page = 404
    sandbox.crawl(1, **WALK)
    piece.page, piece.listed = 200, False
    sandbox.publish(1)
    sandbox.crawl(**WALK)
    assert piece.key.id not in sandbox.ids()
    sandbox.days = 1
    sandbox.crawl(**WALK)
    assert piece.key.id in sandbox.ids()


# --- Walks ---------------------------------------------------------------------------------------


def test_a_stopped_walk_is_not_resumed_by_one_that_looks_for_more(sandbox: Sandbox) -> None:
    count = 4 * PER_PAGE
    for number in range(count):
        sandbox.publish(1, days_ago=count - number)
    until = TODAY.replace(day=TODAY.day - count // 2 - 1).isoformat()
    sandbox.crawl(CLOSESPIDER_PAGECOUNT=str(count - 1), until=until, **WALK)
    sandbox.crawl(**WALK)
    assert len(set(sandbox.ids())) == len(sandbox.ids()) == count


@pytest.mark.parametrize("vanished", [2, PER_PAGE, 2 * PER_PAGE])
def test_articles_that_vanish_while_a_walk_is_stopped_cause_no_gap(
    sandbox: Sandbox, vanished: int
) -> None:
    pieces = sandbox.publish(5 * PER_PAGE)
    sandbox.crawl(limit=str(2 * PER_PAGE + 1), **WALK)
    for piece in pieces[-vanished:]:
        piece.listed = False
    sandbox.crawl(**WALK)
    assert {piece.key.id for piece in pieces[:-vanished]} <= set(sandbox.ids())


def test_articles_that_appear_while_a_walk_is_stopped_cause_no_gap(sandbox: Sandbox) -> None:
    sandbox.publish(5 * PER_PAGE)
    sandbox.crawl(limit=str(2 * PER_PAGE + 1), **WALK)
    sandbox.publish(2 * PER_PAGE + 1)
    sandbox.crawl(limit=str(PER_PAGE), **WALK)
    sandbox.crawl(**WALK)
    assert len(sandbox.ids()) == len(set(sandbox.ids())) == 7 * PER_PAGE + 1


# --- Later fetches -------------------------------------------------------------------------------


@pytest.mark.parametrize("part", ["page", "source"])
def test_failures_do_not_use_up_the_recheck(sandbox: Sandbox, part: str) -> None:
    (piece,) = sandbox.publish(1)
    options = {"RECHECK_DAYS": "36500", "RECHECK_HOURS": "48"}
    setattr(piece, part, 503)
    for _ in range(3):
        sandbox.crawl(0, 1, RETRY_TIMES="0", **WALK, **options)
        sandbox.days += 10
    setattr(piece, part, 200)
    sandbox.crawl(**WALK, **options)
    assert sandbox.records()[-1]["source"]["status"] == "ok"
    piece.edits += 1
    sandbox.days += 2.1
    sandbox.crawl(**WALK, **options)
    assert sandbox.records()[-1]["copy"]["title"] == piece.title


def test_a_source_that_is_lost_later_keeps_its_text(sandbox: Sandbox) -> None:
    (piece,) = sandbox.publish(1)
    options = {"RECHECK_DAYS": "36500", "RECHECK_HOURS": "0,0,0,0,0,0,0", "RETRY_TIMES": "0"}
    sandbox.crawl(**WALK, **options)
    piece.source = 503
    report = sandbox.crawl(**WALK, **options)
    assert (report["exported"], report["waiting"]) == (0, 1), "it may recover"
    piece.source = 404
    sandbox.days += 1
    sandbox.crawl(**WALK, **options)
    first, second = sandbox.records()
    assert second["changed"] == ["source.status"]
    assert (second["source"]["status"], second["source"]["http"]) == ("gone", 404)
    assert second["source"]["lost_since"] > first["crawl"]["exported"]
    for name in ("title", "text", "lead", "authors", "section", "tags", "published", "origin"):
        assert second[name] == first[name]
    assert second["source"]["text"] == first["source"]["text"]
    sandbox.days += 1
    piece.edits += 1
    sandbox.crawl(**WALK, **options)
    third = sandbox.records()[-1]
    assert third["copy"]["title"] == piece.title
    assert third["text"] == first["text"]
    assert third["source"]["lost_since"] == second["source"]["lost_since"]
    piece.source = 200
    sandbox.crawl(**WALK, **options)
    fourth = sandbox.records()[-1]
    assert (fourth["source"]["status"], fourth["source"]["lost_since"]) == ("ok", None)
    assert sandbox.validate() == 0


@pytest.mark.parametrize("packing", ["gzip", "zstd"])
def test_the_text_of_a_lost_source_is_found_in_compressed_feeds(
    sandbox: Sandbox, packing: str
) -> None:
    pieces = sandbox.publish(2)
    options = {"RECHECK_DAYS": "36500", "RECHECK_HOURS": "0", "FEED_COMPRESSION": packing}
    sandbox.crawl(**WALK, **options)
    for piece in pieces:
        piece.source = 404
    assert sandbox.crawl(**WALK, **(options | {"FEED_COMPRESSION": "none"}))["exported"] == 2
    assert {record["origin"] for record in sandbox.records()} == {"source"}


def test_following_no_links_never_replaces_the_text_of_a_source(sandbox: Sandbox) -> None:
    (piece,) = sandbox.publish(1)
    sandbox.crawl(**WALK)
    sandbox.ledger("retry")
    for arguments in (WALK, {"urls": piece.key.url}):
        assert sandbox.crawl(follow="no", **arguments)["found"] == 0
    assert sandbox.describe(piece)["due"] is not None
    assert sandbox.crawl(**WALK)["unchanged"] == 1


# --- Lists of URLs -------------------------------------------------------------------------------


def test_a_list_of_urls_respects_editions(sandbox: Sandbox) -> None:
    (piece,) = sandbox.publish(1)
    arabic = piece.key.url.replace("/fr/", "/")
    report = sandbox.crawl(urls=f"{piece.key.url},{arabic}")
    assert (report["found"], report["outside"]) == (1, 1)
    assert arabic not in sandbox.network.requests


def test_a_stopped_list_starts_over_on_request(sandbox: Sandbox) -> None:
    urls = ",".join(piece.key.url for piece in sandbox.publish(6))
    stopped = sandbox.crawl(CLOSESPIDER_PAGECOUNT="6", urls=urls)
    assert 0 < stopped["exported"] < 6
    report = sandbox.crawl(urls=urls, again="yes")
    assert (report["found"], report["unchanged"]) == (6, stopped["exported"])


def test_a_failed_or_unwanted_request_of_a_list_makes_no_version(sandbox: Sandbox) -> None:
    (piece,) = sandbox.publish(1, days_ago=9)
    sandbox.crawl(urls=piece.key.url)
    piece.page = 404
    sandbox.crawl(1, urls=piece.key.url)
    piece.page = 200
    sandbox.crawl(1, urls=piece.key.url, since=TODAY.isoformat())
    assert sandbox.crawl(urls=piece.key.url)["unchanged"] == 1
    assert len(sandbox.records()) == 1


# --- A wrong clock -------------------------------------------------------------------------------


def test_articles_in_the_future_are_retried_once_the_clock_is_right(sandbox: Sandbox) -> None:
    (piece,) = sandbox.publish(1)
    sandbox.days = -5000
    report = sandbox.crawl(1, MONITORS="1", **WALK)
    assert (report["rejected"], report["future"]) == (1, 1)
    assert "dated in the future" in report["monitors"]["clock"]
    sandbox.days = 0
    piece.listed = False
    assert sandbox.crawl(revisit="only")["exported"] == 1


def test_articles_settled_in_the_future_are_due_once_the_clock_is_right(sandbox: Sandbox) -> None:
    (piece,) = sandbox.publish(1)
    piece.source = 503
    sandbox.days = 400
    sandbox.crawl(RETRY_TIMES="0", **WALK)
    sandbox.days = 0
    piece.source = 200
    assert sandbox.crawl(revisit="only")["exported"] == 1
