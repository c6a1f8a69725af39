"""Several nodes on one PostgreSQL ledger, with kills of runs and of the server."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from newscrawl.demo.proxy import DemoProxy
from newscrawl.errors import LeaseLostError, SiteBusyError, StoreError
from newscrawl.state import Entry, Ledger, Scope
from newscrawl.state.move import move
from newscrawl.state.place import Place
from newscrawl.state.run_reports import read_report, report_path, reports, write_report
from newscrawl.state.shared_reports import exchange
from newscrawl.text.signatures import signature
from tests.postgres import Server, server
from tests.support import LINK, SOURCE, TEXT, TITLE
from tests.web import Web, aggregator_page, command, environment

NOW = "2026-01-01T00:00:00+00:00"
BASE = "https://www.maghress.com/fr/courrier"
LEASE = 1.0
SETTINGS = {
    "LEASE_SECONDS": "0.5",
    "FEED_BATCH": "2",
    "FEED_BATCH_SECONDS": "0.5",
    "DOWNLOAD_DELAY": "0.05",
    "CONCURRENT_REQUESTS_PER_DOMAIN": "1",
    "MONITORS": "0",
    "PARSE_WORKERS": "0",
}


def place(data: Path, url: str, node: str) -> Place:
    return Place(data / node, url, node, LEASE)


@pytest.fixture
def url(postgres: Server) -> str:
    return postgres.create()


@pytest.fixture
def own_server() -> Iterator[Server]:
    """A server that a test may stop."""
    with server() as running:
        yield running


def find(ledger: Ledger, job: str, *numbers: int) -> None:
    entries = [Entry(f"maghress:fr/courrier/{n}", "maghress", "fr", "courrier") for n in numbers]
    ledger.articles.find(entries, job, NOW, attempts=2)


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
        time.sleep(LEASE)
        other.lock("maghress", "b")
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


def test_a_lease_that_is_renewed_or_not_taken_goes_on(tmp_path: Path, url: str) -> None:
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


def test_a_killed_run_is_taken_over_at_once_on_its_own_node(tmp_path: Path, url: str) -> None:
    killed = os.fork()
    if not killed:
        Ledger(place(tmp_path, url, "one")).lock("maghress", "a")
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(killed, 0)
    with closing(Ledger(place(tmp_path, url, "one"))) as ledger:
        ledger.lock("maghress", "b")


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


# --- Start and loss of the connection -------------------------------------------------------------


def test_start_errors_are_clear_and_never_contain_the_password(
    postgres: Server, url: str, tmp_path: Path
) -> None:
    read_only = f"{url}?options=-cdefault_transaction_read_only%3Don"
    wrong = url.replace("secret", "pa55word")
    newer = postgres.create()
    Ledger(Place(tmp_path, newer, "one")).close()
    with postgres.connect(newer.rpartition("/")[2]) as connection:
        connection.execute("INSERT INTO migrations VALUES ('colours of hosts')")
    for given, message in {
        wrong: "password authentication failed",
        url.replace(f":{postgres.port}/", ":1/"): "cannot be opened.*refused",
        f"{url}0": "does not exist",
        "postgresql://user:pa55/word@host/x": "cannot be parsed",
        read_only: "is read-only",
        newer: r"written by a newer newscrawl \(colours of hosts\)",
    }.items():
        with pytest.raises(StoreError, match=message) as caught:
            Ledger(Place(tmp_path, given, "one"))
        assert "pa55" not in str(caught.value)
        assert "secret" not in str(caught.value)


def test_a_lost_connection_refuses_all_later_changes(own_server: Server, tmp_path: Path) -> None:
    with closing(Ledger(Place(tmp_path, own_server.create(), "one"))) as ledger:
        ledger.lock("maghress", "a")
        find(ledger, "a", 1)
        own_server.stop()
        for _ in range(2):
            with pytest.raises(StoreError, match="lost its connection"):
                ledger.articles.settle("maghress:fr/courrier/1", "done")
        own_server.start()
        with pytest.raises(StoreError, match="lost its connection"):
            find(ledger, "a", 2)


def test_psycopg_is_imported_for_postgresql_only() -> None:
    code = "import sys; from newscrawl.state import Ledger; assert 'psycopg' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


# --- Runs -----------------------------------------------------------------------------------------


class Cluster:
    """Nodes with a data directory each, which crawl the same site."""

    def __init__(self, proxy: DemoProxy, data: Path, url: str, urls: str) -> None:
        self._proxy, self._data, self._url, self._urls = proxy, data, url, urls

    def start(self, node: str, **settings: str) -> subprocess.Popen[bytes]:
        data = self._data / node
        data.mkdir(exist_ok=True)
        return subprocess.Popen(
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


def test_kills_of_runs_and_of_the_server_lose_and_double_nothing(
    own_server: Server, tmp_path: Path
) -> None:
    web, urls = articles(60)
    nodes = ["one", "two", "three"]
    with DemoProxy(web.answer) as proxy:
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


def test_a_paused_run_ends_once_another_node_has_its_site(tmp_path: Path, url: str) -> None:
    web, urls = articles(20)
    slow = {"LEASE_SECONDS": "2", "DOWNLOAD_DELAY": "0.3"}
    with DemoProxy(web.answer) as proxy:
        cluster = Cluster(proxy, tmp_path, url, urls)
        paused = cluster.start("one", **slow)
        cluster.wait_for(2)
        busy = cluster.start("two", **slow)
        assert busy.wait(60) == 75
        assert "another run of maghress is under way on node one" in cluster.log("two")
        paused.send_signal(signal.SIGSTOP)
        time.sleep(2.5)
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


# --- Run reports ----------------------------------------------------------------------------------


def report(job: str, outcome: str, **more: str) -> dict[str, str]:
    written = datetime.now(UTC).isoformat(timespec="seconds")
    head = {"job": job, "spider": "maghress", "written": written, "started": written}
    return head | {"state": "finished", "outcome": outcome} | more


def test_every_node_has_the_run_reports_of_all(tmp_path: Path, url: str) -> None:
    one, other = (place(tmp_path, url, node) for node in ("one", "other"))
    write_report(report_path(one.data, "a"), report("a", "ok"))
    write_report(report_path(one.data, "hourly"), report("hourly", "ok"))
    write_report(report_path(other.data, "hourly"), report("hourly", "skipped"))
    (one.data / "runs" / "broken.json").write_text("{")
    for each in (other, one, other, one):
        exchange(each)
    for each in (one, other):
        told = {r["job"]: (r["outcome"], r.get("node", each.node)) for r in reports(each.data)}
        assert told == {"a": ("ok", "one"), "hourly": ("ok", "one")}
    write_report(report_path(one.data, "a"), report("a", "ok", state="killed"))
    exchange(one)
    exchange(other)
    assert read_report(other.data, "a")["state"] == "killed"


# --- Lost nodes and moves -------------------------------------------------------------------------


def export(ledger: Ledger, job: str, file: str, *numbers: int) -> None:
    """Store articles with a record each."""
    find(ledger, job, *numbers)
    with ledger.transaction():
        for number in numbers:
            article = f"maghress:fr/courrier/{number}"
            ledger.articles.settle(article, "done")
            ledger.articles.note_export(article, job, 1, b"prints", file, number)
            sign = signature(f"{number} {' '.join(TEXT)} {number * 7} {number * 11}")
            assert sign
            ledger.texts.note_texts({article: sign})


def scrapy_ledger(place: Place, *arguments: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "scrapy", "ledger", *arguments, "-s", f"LEASE_SECONDS={LEASE}"],
        env=os.environ
        | {
            "NEWSCRAWL_DATA": str(place.data),
            "NEWSCRAWL_LEDGER": place.url,
            "NEWSCRAWL_NODE": place.node,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


def test_the_records_of_a_lost_node_are_read_again(tmp_path: Path, url: str) -> None:
    one, other = (Place(tmp_path / node, url, node, 60) for node in ("one_a", "one-a"))
    with closing(Ledger(one)) as ledger, closing(Ledger(other)) as second:
        ledger.lock("maghress", "a")
        second.lock("masress", "b")
        export(ledger, "a", "feeds/maghress/a@one_a.jsonl", 1, 2)
        export(second, "b", "feeds/maghress/b@one-a.jsonl.gz", 3)
        code, told = scrapy_ledger(other, "lost-node", "one_a")
        assert (code, "is not lost: a run of maghress is under way" in told) == (1, True)
    assert scrapy_ledger(other, "lost-node", "two")[1] == (
        "there is no node two; known: one-a, one_a\n"
    )
    told = scrapy_ledger(other, "lost-node", "one_a")[1]
    assert told.splitlines() == [
        "feeds/maghress/a@one_a.jsonl: 2 records",
        "2 articles would be read again; nothing is done without --yes",
    ]
    assert scrapy_ledger(other, "lost-node", "one_a", "--yes")[0] == 0
    with closing(Ledger(other)) as ledger:
        ledger.lock("maghress", "c")
        adopted = [article for article, _ in ledger.articles.adopt("maghress", "c", NOW)]
        assert adopted == ["maghress:fr/courrier/1", "maghress:fr/courrier/2"]
        assert ledger.articles.last_export(adopted[0]) == (0, None)
    with closing(Ledger(Place(tmp_path / "new disk", url, "one_a"))) as ledger:
        ledger.lock("turess", "d")


def test_a_ledger_moves_to_postgresql_and_back_even_if_interrupted(
    tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    local, shared = Place(tmp_path, lease=LEASE), Place(tmp_path, url, "one", LEASE)
    numbers = range(1, 41)
    with closing(Ledger(local)) as ledger:
        export(ledger, "a", "feeds/maghress/a.jsonl", *numbers)
        find(ledger, "b", 101, 102)
        ledger.files.commit_length("feeds/maghress/a.jsonl", "maghress", 77)
        ledger.outlets.keep_rules("maghress", "courrier.example", b"{}\n")
        ledger.hosts.note_rendered("courrier.example")
        census = ledger.articles.census(Scope())
        ledger.lock("turess", "c")
        code, told = scrapy_ledger(shared, "move", "--yes")
        assert (code, "another run of turess" in told) == (1, True)
    monkeypatch.setattr("newscrawl.state.move._BATCH", 7)
    for source, target in ((local, shared), (shared, Place(tmp_path / "back", lease=LEASE))):
        for progress in move(source, target):
            if progress.startswith("articles: up to 14"):
                break  # as if the process had ended
        assert [*move(source, target)][-1].startswith("texts")
        with closing(Ledger(target)) as ledger:
            assert ledger.articles.census(Scope()) == census
            assert ledger.files.committed("maghress") == [("feeds/maghress/a.jsonl", 77)]
            assert ledger.outlets.rules("maghress") == [b"{}\n"]
            assert ledger.hosts.is_rendered("courrier.example")
            assert ledger.articles.last_export("maghress:fr/courrier/7") == (1, b"prints")
            sign = signature(f"8 {' '.join(TEXT)} 56 88")
            assert sign
            alike = [article for article, _ in ledger.texts.alike("new", sign)]
            assert alike[0] == "maghress:fr/courrier/1"
            assert "maghress:fr/courrier/8" in alike
    with pytest.raises(StoreError, match="has articles already"):
        next(move(shared, local))
    with closing(Ledger(shared)) as ledger:
        export(ledger, "d", "feeds/maghress/d@one.jsonl", 200)
