"""Several nodes on one PostgreSQL ledger, with kills of runs and of the server."""

import json
import os
import signal
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from newscrawl.demo.proxy import DemoProxy
from newscrawl.errors import LeaseLostError, SiteBusyError, StoreError
from newscrawl.state import Ledger
from newscrawl.state.place import Place
from newscrawl.state.run_reports import read_report, report_path, write_report
from newscrawl.state.shared_reports import exchange
from tests import preloaded
from tests.postgres import LEASE, Server, find, place
from tests.support import LINK, SOURCE, TEXT, TITLE
from tests.web import Web, aggregator_page, command, environment

BASE = "https://www.maghress.com/fr/courrier"
SETTINGS = {
    "LEASE_SECONDS": "0.5",
    "FEED_BATCH": "2",
    "FEED_BATCH_SECONDS": "0.5",
    "DOWNLOAD_DELAY": "0.05",
    "CONCURRENT_REQUESTS_PER_DOMAIN": "1",
    "MONITORS": "0",
    "PARSE_WORKERS": "0",
}


# --- Leases of sites ------------------------------------------------------------------------------


def test_a_site_is_taken_over_by_another_node_after_the_lease_and_nothing_is_written_late(
    tmp_path: Path, url: str
) -> None:
    one, other = (Ledger(place(tmp_path, url, node)) for node in ("one", "other"))
    with closing(one), closing(other):
        one.lock("maghress", "a")
        find(one, "a", 1)
        with pytest.raises(SiteBusyError, match=r"on node one \(job a\)"):
            other.lock("maghress", "b")
        running = {"job": "a", "spider": "maghress", "state": "running", "outcome": "ok"}
        write_report(report_path(tmp_path / "one", "a"), running)
        exchange(place(tmp_path, url, "one"))
        time.sleep(LEASE)
        other.lock("maghress", "b")
        exchange(place(tmp_path, url, "other"))
        assert read_report(tmp_path / "other", "a")["state"] == "killed"
        for change in (
            lambda: find(one, "a", 2),
            lambda: one.articles.settle("maghress:fr/courrier/1", "done"),
            lambda: one.files.commit_length("feeds/maghress/a@one.jsonl", "maghress", 7),
            one.renew,
        ):
            with pytest.raises(LeaseLostError, match="another run has taken it"):
                change()
        assert other.articles.counts("a") == {"found": 1}
        find(other, "b", 3)


def test_a_lease_that_is_renewed_or_not_taken_continues(tmp_path: Path, url: str) -> None:
    one, other = (Ledger(place(tmp_path, url, node)) for node in ("one", "other"))
    with closing(one), closing(other):
        one.lock("maghress", "a")
        for _ in range(4):
            time.sleep(LEASE / 3)
            one.renew()
        with pytest.raises(SiteBusyError):
            other.lock("maghress", "b")
        time.sleep(LEASE)
        find(one, "a", 1)
        one.renew()
        one.close()
        other.lock("maghress", "b")  # at once, as the run has ended in order


def test_a_killed_run_is_taken_over_at_once_on_its_own_node(tmp_path: Path, url: str) -> None:
    killed = os.fork()
    if not killed:
        Ledger(place(tmp_path, url, "one")).lock("maghress", "a")
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(killed, 0)
    with closing(Ledger(place(tmp_path, url, "one"))) as ledger:
        ledger.lock("maghress", "b")


def test_a_run_stopped_within_a_transaction_blocks_no_other_run(tmp_path: Path, url: str) -> None:
    one, other = (Ledger(place(tmp_path, url, node)) for node in ("one", "other"))
    with closing(one), closing(other):
        one.lock("maghress", "a")
        with one.transaction():
            began = time.monotonic()
            with pytest.raises(SiteBusyError):
                other.lock("maghress", "b")
            assert time.monotonic() - began < LEASE


def test_a_node_cuts_back_its_own_files_only(tmp_path: Path, url: str) -> None:
    one, other = (Ledger(place(tmp_path, url, node)) for node in ("one", "other"))
    with closing(one), closing(other):
        one.files.commit_length("feeds/maghress/a@one.jsonl", "maghress", 5)
        other.files.commit_length("feeds/maghress/a@other.jsonl", "maghress", 6)
        assert one.files.committed("maghress") == [("feeds/maghress/a@one.jsonl", 5)]


def test_two_data_directories_cannot_have_the_same_node_name(tmp_path: Path, url: str) -> None:
    Ledger(Place(tmp_path / "a", url, "one")).lock("maghress", "a")
    other = Ledger(Place(tmp_path / "b", url, "one"))
    with pytest.raises(StoreError, match="the node name one belongs to the data directory"):
        other.lock("masress", "b")


# --- Runs -----------------------------------------------------------------------------------------


class Cluster:
    """Nodes with a data directory each, which crawl the same site."""

    def __init__(self, proxy: DemoProxy, data: Path, url: str, urls: str) -> None:
        self._proxy, self._data, self._url, self._urls = proxy, data, url, urls

    def start(self, node: str, **settings: str) -> preloaded.Running:
        data = self._data / node
        data.mkdir(exist_ok=True)
        return preloaded.start(
            command("maghress", SETTINGS | settings, {"urls": self._urls}),
            env=environment(self._proxy, data)
            | {"NEWSCRAWL_LEDGER": self._url, "NEWSCRAWL_NODE": node},
            stderr=(self._data / f"{node}.log").open("ab"),
        )

    def log(self, node: str) -> str:
        return (self._data / f"{node}.log").read_text()

    def records(self) -> list[tuple[str, str]]:
        """Node and id of each whole line of all feeds."""
        return [
            (path.parts[-4], json.loads(line)["id"])
            for path in self._data.rglob("feeds/maghress/*.jsonl")
            for line in path.read_text().split("\n")[:-1]
        ]

    def wait_for(self, count: int) -> None:
        """Wait until there are some more records."""
        count += len(self.records())
        until = time.monotonic() + 30
        while len(self.records()) < count and time.monotonic() < until:
            time.sleep(0.05)


def articles(count: int) -> tuple[Web, str]:
    web = Web()
    for number in range(1, count + 1):
        web.pages[f"{BASE}/{number}"] = aggregator_page(TITLE, TEXT, link=LINK)
    web.pages[LINK] = SOURCE
    return web, ",".join(f"{BASE}/{number}" for number in range(1, count + 1))


def test_kills_of_runs_and_of_the_server_lose_and_duplicate_nothing(
    own_server: Server, tmp_path: Path
) -> None:
    web, urls = articles(60)
    nodes = ["one", "two", "three"]
    with DemoProxy(web.reply) as proxy:
        cluster = Cluster(proxy, tmp_path, own_server.create(), urls)
        for turn in range(12):
            run = cluster.start(nodes[turn % 3])
            cluster.wait_for(2)
            if turn in (3, 8):
                own_server.stop()
                assert run.wait(60) == 1, "a lost connection ends the run in order"
                own_server.start()
            else:
                run.kill()
                run.wait()
            time.sleep(0.5)
        for node in nodes:
            assert cluster.start(node).wait(60) == 0, cluster.log(node)[-3000:]
    records = cluster.records()
    assert Counter(article for _, article in records) == Counter(
        f"maghress:fr/courrier/{number}" for number in range(1, 61)
    )
    assert len({node for node, _ in records}) >= 2


def test_a_paused_run_ends_once_another_node_has_its_site(
    postgres: Server, url: str, tmp_path: Path
) -> None:
    web, urls = articles(20)
    slow = {"LEASE_SECONDS": "600", "DOWNLOAD_DELAY": "0.3"}
    with DemoProxy(web.reply) as proxy:
        cluster = Cluster(proxy, tmp_path, url, urls)
        paused = cluster.start("one", **slow)
        cluster.wait_for(2)
        paused.send_signal(signal.SIGSTOP)
        assert cluster.start("two", **slow).wait(60) == 75
        assert "another run of maghress is under way on node one" in cluster.log("two")
        with postgres.connect(url.rpartition("/")[2]) as connection:  # as if ten minutes had passed
            connection.execute("UPDATE processes SET lease_until = 0")
        other = cluster.start("two", **slow)
        cluster.wait_for(2)
        paused.send_signal(signal.SIGCONT)
        assert paused.wait(60) == 1
        assert other.wait(60) == 0, cluster.log("two")[-3000:]
    assert "another run has taken it" in cluster.log("one")
    # The paused run may have written lines that were not committed; its next run removes them.
    with closing(Ledger(place(tmp_path, url, "one"))) as ledger:
        lengths = dict(ledger.files.committed("maghress"))
    for name, length in lengths.items():
        if (tmp_path / "one" / name).exists():
            os.truncate(tmp_path / "one" / name, length)
    assert Counter(article for _, article in cluster.records()) == Counter(
        f"maghress:fr/courrier/{number}" for number in range(1, 21)
    )
