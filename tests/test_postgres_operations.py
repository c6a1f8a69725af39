"""``scrapy status``, ``scrapy prune`` and a whole crawl where the ledger is on PostgreSQL."""

import json
import os
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from newscrawl.operations import retention
from newscrawl.state import Ledger
from newscrawl.state.jsonl import LineFile
from newscrawl.state.place import Place
from newscrawl.state.run import Run
from tests.postgres import find, place
from tests.support import scrapy, walked
from tests.web import crawl

LAST_MONTH = datetime.now(UTC).replace(day=1) - timedelta(days=3)
MONTH = f"{LAST_MONTH:%Y-%m}"


def command(node: Place, *arguments: str) -> tuple[int, str]:
    """Exit code and output of a command on a node."""
    return scrapy(*arguments, data=node.data, NEWSCRAWL_LEDGER=node.url, NEWSCRAWL_NODE=node.node)


def article(number: int) -> str:
    return f"maghress:fr/courrier/{number}"


def export(node: Place, job: str, *numbers: int) -> None:
    """Write a feed of last month with a record for each number."""
    run = Run("maghress", job, node)
    find(run.ledger, job, *numbers)
    feed = LineFile(run, "feeds", fsync=False)
    with run.ledger.transaction():
        positions = feed.append([{"id": article(number)} for number in numbers])
        for number, position in zip(numbers, positions, strict=True):
            run.ledger.articles.settle(article(number), "done")
            file = run.relative(feed.path)
            run.ledger.articles.note_export(article(number), job, 1, b"prints", file, position)
    feed.close()
    run.close()
    os.utime(feed.path, (LAST_MONTH.timestamp(), LAST_MONTH.timestamp()))


def feeds(node: Place) -> list[str]:
    """Names of a node's feeds."""
    return sorted(path.name for path in (node.data / "feeds" / "maghress").iterdir())


def check_positions(node: Place, *numbers: int) -> None:
    """Check that the ledger's position of each article is that of its record."""
    with closing(Ledger(node)) as ledger:
        for number in numbers:
            described = ledger.articles.describe(article(number))
            with (node.data / str(described["file"])).open("rb") as file:
                file.seek(int(str(described["position"])))
                assert json.loads(file.readline())["id"] == article(number)


# --- Status ---------------------------------------------------------------------------------------


def test_status_counts_the_backlog_of_a_shared_ledger(tmp_path: Path, url: str) -> None:
    node = place(tmp_path, url, "one")
    now = datetime.now(UTC)
    with closing(Ledger(node)) as ledger:
        find(ledger, "a", 1, 2, 3, 4)
        for number, hours in ((1, -1), (2, 1), (3, 2)):
            due = (now + timedelta(hours=hours)).isoformat(timespec="seconds")
            ledger.articles.settle(article(number), "waiting", due=due)
    _, told = command(node, "status", "--json", "--site", "maghress")
    (row,) = json.loads(told)["sites"]
    assert (row["unfinished"], row["waiting"], row["due"]) == (1, 3, 1)


def test_status_names_an_unreachable_server_and_not_its_password(tmp_path: Path) -> None:
    node = Place(tmp_path, "postgresql://crawler:s3cret@127.0.0.1:9/ledger", "one")
    code, told = command(node, "status")
    assert code == 1
    assert "PROBLEM  the ledger postgresql://crawler@127.0.0.1:9/ledger cannot be opened" in told
    assert "s3cret" not in told
    assert "Traceback" not in told


# --- Prune ----------------------------------------------------------------------------------------


def test_each_node_merges_its_own_feeds(tmp_path: Path, url: str) -> None:
    one, other = (place(tmp_path, url, node) for node in ("one", "other"))
    export(one, "a", 1, 2)
    export(one, "b", 3)
    export(other, "c", 4)
    export(other, "d", 5, 6)
    dry = command(one, "prune")
    assert f"would merge 2 feeds into feeds/maghress/{MONTH}@one.jsonl" in dry[1], dry
    assert feeds(one) == ["a@one.jsonl", "b@one.jsonl"]
    for node in (one, other):
        code, told = command(node, "prune", "--yes")
        assert (code, "merged 2 feeds" in told) == (0, True), told
        assert feeds(node) == [f"{MONTH}@{node.node}.jsonl"]
    check_positions(one, 1, 2, 3)
    check_positions(other, 4, 5, 6)
    export(one, "e", 7)
    assert command(one, "prune", "--yes")[0] == 0
    assert feeds(one) == [f"{MONTH}@one.jsonl"]
    check_positions(one, 1, 2, 3, 7)
    _, told = command(other, "ledger", "lost-node", "one")
    assert f"feeds/maghress/{MONTH}@one.jsonl: 4 records" in told


class KilledError(BaseException):
    """Stand-in for the end of the process."""


@pytest.mark.parametrize("at", ["fsync", "move", "unlink"])
def test_a_merge_may_be_killed_anywhere(
    tmp_path: Path, url: str, at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = place(tmp_path, url, "one")
    export(node, "a", 1, 2)
    export(node, "b", 3)

    def killed(*_: Any, **__: Any) -> None:
        raise KilledError

    run = Run("maghress", "prune", node)
    (planned,) = retention.merges(node, "maghress", datetime.now(UTC))
    owner = {"fsync": os, "move": run.ledger.positions, "unlink": Path}[at]
    monkeypatch.setattr(owner, at, killed)
    with pytest.raises(KilledError):
        retention.merge(run, planned)
    run.ledger.close()
    monkeypatch.undo()
    code, told = command(node, "prune", "--yes")
    assert code == 0, told
    lines = [
        json.loads(line)["id"]
        for path in (node.data / "feeds" / "maghress").iterdir()
        for line in path.read_bytes().splitlines()
    ]
    assert sorted(lines) == [article(1), article(2), article(3)]
    check_positions(node, 1, 2, 3)


def test_a_site_that_another_node_crawls_is_skipped(tmp_path: Path, url: str) -> None:
    one, other = (Place(tmp_path / node, url, node, 60) for node in ("one", "other"))
    export(one, "a", 1)
    export(one, "b", 2)
    with closing(Ledger(other)) as ledger:
        ledger.lock("maghress", "c")
        code, told = command(one, "prune", "--yes")
    assert (code, "maghress has a run in progress" in told) == (0, True), told
    assert feeds(one) == ["a@one.jsonl", "b@one.jsonl"]


# --- A whole crawl --------------------------------------------------------------------------------


def test_articles_beyond_a_limit_are_counted_and_fetched_by_the_next_run(
    tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEWSCRAWL_LEDGER", url)
    monkeypatch.setenv("NEWSCRAWL_NODE", "one")
    web = walked(1, 12, 6)
    walk: dict[str, Any] = {"outlets": "courrier", "editions": "fr"}
    stopped = crawl(web, tmp_path, settings={"CLOSESPIDER_PAGECOUNT": "4"}, **walk)
    assert stopped.report["left"] > 0, stopped.stderr
    limited = crawl(web, tmp_path, limit="2", **walk)
    assert limited.code == 0, limited.stderr
    assert limited.report["found"] == 2 + limited.report["left"]
    last = crawl(web, tmp_path, **walk)
    assert (last.code, last.report["left"]) == (0, 0), last.stderr
    assert len(last.lines("feeds")) == 12
