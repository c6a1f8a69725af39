"""A ledger in PostgreSQL: its connection, reports of all nodes, lost nodes, and moves."""

import os
import random
import socket
import subprocess
import sys
import threading
import time
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from newscrawl.errors import StoreError
from newscrawl.state import Ledger, Scope
from newscrawl.state.jsonl import LineFile
from newscrawl.state.move import move
from newscrawl.state.place import Place
from newscrawl.state.run import Run
from newscrawl.state.run_reports import read_report, report_path, reports, write_report
from newscrawl.state.shared_reports import exchange
from newscrawl.state.texts import text_keys
from newscrawl.text.signatures import signature
from tests import preloaded
from tests.postgres import LEASE, NOW, Server, find, place
from tests.support import TEXT

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


def test_no_statement_is_prepared_as_poolers_change_connections(tmp_path: Path, url: str) -> None:
    with closing(Ledger(Place(tmp_path, url, "one"))) as ledger:
        for number in range(20):
            find(ledger, "a", number)
        (count,) = ledger._database.execute(
            "SELECT count(*) FROM pg_prepared_statements"
        ).fetchone()
    assert count == 0


def test_keys_of_texts_are_those_of_the_index(postgres: Server, url: str, tmp_path: Path) -> None:
    Ledger(Place(tmp_path, url, "one")).close()
    with postgres.connect(url.rpartition("/")[2]) as connection:
        for number in range(50):
            sign = random.Random(number).randbytes(72)
            (keys,) = connection.execute("SELECT text_keys(%s)", (sign,)).fetchone()
            assert text_keys(sign) == keys


def test_psycopg_is_imported_for_postgresql_only() -> None:
    code = "import sys; from newscrawl.state import Ledger; assert 'psycopg' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


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
    done = preloaded.run(
        [*preloaded.SCRAPY, "ledger", *arguments, "-s", f"LEASE_SECONDS={LEASE}"],
        env=os.environ
        | {
            "NEWSCRAWL_DATA": str(place.data),
            "NEWSCRAWL_LEDGER": place.url,
            "NEWSCRAWL_NODE": place.node,
        },
    )
    return done.returncode, done.stdout + done.stderr


def test_the_records_of_a_lost_node_are_fetched_again(tmp_path: Path, url: str) -> None:
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
        census = ledger.articles.count_by_outlet(Scope())
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
            assert ledger.articles.count_by_outlet(Scope()) == census
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


# --- A lost response to a commit ------------------------------------------------------------------


class Cut:
    """Proxy that breaks a connection at its next COMMIT, before or after the server has it.

    With ``stall`` it keeps the connections and forwards nothing more.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self.when = ""
        self._cut = False
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            client, _ = self._listener.accept()
            upstream = socket.create_connection(("127.0.0.1", self._port))
            threading.Thread(target=self._forward, args=(client, upstream), daemon=True).start()
            threading.Thread(target=self._back, args=(upstream, client), daemon=True).start()

    def _forward(self, client: socket.socket, upstream: socket.socket) -> None:
        while data := client.recv(65536):
            if self.when == "stall":
                continue
            self._cut = bool(self.when) and b"COMMIT" in data
            if not self._cut or self.when == "after":
                upstream.sendall(data)
            if self._cut:
                self.when = ""
                time.sleep(0.3)  # for the server to commit
                client.shutdown(socket.SHUT_RDWR)
                upstream.shutdown(socket.SHUT_RDWR)
                return

    def _back(self, upstream: socket.socket, client: socket.socket) -> None:
        with suppress(OSError):
            while data := upstream.recv(65536):
                if not self._cut:
                    client.sendall(data)


@pytest.mark.parametrize(("when", "lines"), [("before", 1), ("after", 2)])
def test_the_next_run_determines_whether_an_unconfirmed_commit_succeeded(
    postgres: Server, url: str, tmp_path: Path, when: str, lines: int
) -> None:
    proxy = Cut(postgres.port)
    through = url.replace(f":{postgres.port}/", f":{proxy.port}/")
    run = Run("maghress", "a", Place(tmp_path, through, "one"))
    find(run.ledger, "a", 1, 2)
    feed = LineFile(run, "feeds", fsync=False)

    def append(number: int) -> None:
        with run.ledger.transaction():
            feed.append([{"number": number}])
            run.ledger.articles.settle(f"maghress:fr/courrier/{number}", "done")

    append(1)
    proxy.when = when
    with pytest.raises(StoreError, match="lost its connection"):
        append(2)
    with pytest.raises(StoreError, match="lost its connection"):
        append(2)
    feed.close()
    run.close()
    later = Run("maghress", "b", Place(tmp_path, url, "one"))
    left = [article for article, _ in later.ledger.articles.adopt("maghress", "b", NOW)]
    later.close()
    assert feed.path.read_text().count("\n") == lines
    assert left == ["maghress:fr/courrier/2"][: 2 - lines]


# --- A server that does not respond, is full or read-only -----------------------------------------


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Statements may take half a second."""
    monkeypatch.setattr("newscrawl.state.postgres._STATEMENT_SECONDS", 0.5)


@pytest.mark.usefixtures("hurried")
def test_a_network_that_forwards_nothing_ends_a_run_and_its_transaction(
    postgres: Server, url: str, tmp_path: Path
) -> None:
    proxy = Cut(postgres.port)
    through = url.replace(f":{postgres.port}/", f":{proxy.port}/")
    run = Run("maghress", "a", Place(tmp_path, through, "one"))
    find(run.ledger, "a", 1)
    feed = LineFile(run, "feeds", fsync=False)
    began = time.monotonic()

    def stall_in_a_transaction() -> None:
        with run.ledger.transaction():
            run.ledger.articles.settle("maghress:fr/courrier/1", "done")
            proxy.when = "stall"
            feed.append([{"number": 1}])

    with pytest.raises(StoreError, match="lost its connection: no response for"):
        stall_in_a_transaction()
    with pytest.raises(StoreError, match="lost its connection"):
        find(run.ledger, "a", 2)
    feed.close()
    run.close()
    assert time.monotonic() - began < 8
    # The server has ended the transaction, which held the lease of the site.
    later = Run("maghress", "b", Place(tmp_path, url, "one"))
    left = [article for article, _ in later.ledger.articles.adopt("maghress", "b", NOW)]
    later.close()
    assert left == ["maghress:fr/courrier/1"]


NO_SPACE = (
    "CREATE FUNCTION no_space() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION"
    " 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END $$;"
    "CREATE TRIGGER no_space BEFORE INSERT ON articles EXECUTE FUNCTION no_space()"
)


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize(
    ("faults", "message"),
    [
        (["BEGIN", "LOCK TABLE articles"], "statement timeout; the server is overloaded, or"),
        ([NO_SPACE], "No space left on device; make space on the server"),
    ],
)
def test_a_failed_statement_says_what_to_do(
    postgres: Server, url: str, tmp_path: Path, faults: list[str], message: str
) -> None:
    database = url.rpartition("/")[2]
    with (
        closing(Ledger(Place(tmp_path, url, "one"))) as ledger,
        postgres.connect(database) as other,
    ):
        for fault in faults:
            other.execute(fault)
        for _ in range(2):
            with pytest.raises(StoreError, match=message):
                find(ledger, "a", 1)
        other.execute("ROLLBACK")


def test_a_server_that_becomes_read_only_ends_a_run(own_server: Server, tmp_path: Path) -> None:
    with closing(Ledger(Place(tmp_path, own_server.create(), "one"))) as ledger:
        with own_server.connect() as other:
            other.execute("ALTER SYSTEM SET default_transaction_read_only = on")
            other.execute("SELECT pg_reload_conf()")
        time.sleep(0.5)  # the server's processes take note
        for _ in range(2):
            with pytest.raises(StoreError, match="read-only: name the primary server"):
                find(ledger, "a", 1)
