"""The ledger: state across runs."""

import multiprocessing
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from newscrawl.errors import SiteBusyError, StoreError
from newscrawl.state import Entry, Ledger
from newscrawl.state.articles import ClaimFilter
from newscrawl.state.migrations import SQLITE as MIGRATIONS
from newscrawl.state.place import Place

NOW = "2026-01-01T00:00:00+00:00"


def entries(*numbers: int, outlet: str = "lopinion", edition: str = "fr") -> list[Entry]:
    return [Entry(f"maghress:{edition}/{outlet}/{n}", "maghress", edition, outlet) for n in numbers]


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """Place of a new ledger, in each of the two databases."""
    if request.param == "SQLite":
        return Place(tmp_path)
    return Place(tmp_path, request.getfixturevalue("postgres").create(), "one")


@pytest.fixture
def ledger(place: Place) -> Iterator[Ledger]:
    with closing(Ledger(place)) as ledger:
        yield ledger


def find(ledger: Ledger, job: str, *numbers: int, again: str = "") -> list[int]:
    fresh = ledger.articles.find(entries(*numbers), job, NOW, attempts=2, again=again)
    return [int(article.rsplit("/", 1)[1]) for article in fresh]


def test_an_article_is_claimed_once_per_run(ledger: Ledger) -> None:
    assert find(ledger, "a", 3, 1, 3, 2) == [3, 1, 2]
    assert find(ledger, "a", 1, 4) == [4]
    assert ledger.articles.counts("a") == {"found": 4}


def test_finished_articles_are_not_fetched_again_unless_requested(ledger: Ledger) -> None:
    find(ledger, "a", 1, 2)
    ledger.articles.settle("maghress:fr/lopinion/1", "done")
    assert find(ledger, "b", 1, 2) == [2]
    assert find(ledger, "c", 1, again="9") == [1]
    assert ledger.articles.is_settled("maghress:fr/lopinion/1") is False


def test_failed_articles_are_retried_a_limited_number_of_times(ledger: Ledger) -> None:
    for job in ("a", "b"):
        assert find(ledger, job, 1) == [1]
        ledger.articles.settle("maghress:fr/lopinion/1", "failed", reason="HTTP 500")
    assert find(ledger, "c", 1) == []
    assert ledger.articles.outcomes("b", "failed", 9) == [("maghress:fr/lopinion/1", "HTTP 500")]


def test_a_later_run_takes_up_what_was_left_within_its_scope(ledger: Ledger) -> None:
    many = range(1, 1203)
    find(ledger, "a", *many)
    ledger.articles.find(entries(5, outlet="liberation"), "a", NOW, attempts=2)
    ledger.articles.settle("maghress:fr/lopinion/7", "done")
    assert list(ledger.articles.adopt("masress", "b", NOW)) == []
    taken = list(
        ledger.articles.adopt(
            "maghress", "b", NOW, wanted=ClaimFilter(editions=["fr"], outlets=["lopinion"])
        )
    )
    assert len(taken) == 1201
    assert taken[0] == ("maghress:fr/lopinion/1", NOW)
    assert [
        article
        for article, _ in ledger.articles.adopt(
            "maghress", "c", NOW, wanted=ClaimFilter(outlets=["liberation"])
        )
    ] == ["maghress:fr/liberation/5"]


def test_a_finished_run_has_no_article_without_an_outcome(ledger: Ledger) -> None:
    find(ledger, "a", 1, 2)
    ledger.articles.settle("maghress:fr/lopinion/1", "done")
    assert ledger.articles.claimed("a") == ["maghress:fr/lopinion/2"]
    assert ledger.articles.counts("a") == {"done": 1, "found": 1}


def test_a_transaction_is_all_or_nothing(ledger: Ledger) -> None:
    find(ledger, "a", 1)

    def write_on_a_full_disk() -> None:
        with ledger.transaction():
            ledger.articles.settle("maghress:fr/lopinion/1", "done")
            raise OSError("disk full")

    with pytest.raises(OSError, match="full"):
        write_on_a_full_disk()
    assert ledger.articles.counts("a") == {"found": 1}


def test_the_domain_most_sources_were_read_at_is_the_outlets(ledger: Ledger) -> None:
    for domain in ("old.example", "new.example", "new.example"):
        ledger.outlets.learn_domain("maghress", "fr", "lopinion", domain)
    assert ledger.outlets.domain_of("maghress", "fr", "lopinion") == "new.example"
    assert ledger.outlets.domain_of("maghress", "ar", "lopinion") is None


def test_a_damaged_or_newer_ledger_stops_the_run_and_is_not_changed(tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.sqlite"
    damaged.write_bytes(b"no database at all" * 99)
    with pytest.raises(StoreError, match=r"damaged\.sqlite cannot be opened"):
        Ledger(damaged)
    assert damaged.read_bytes().startswith(b"no database")
    newer = tmp_path / "newer.sqlite"
    with sqlite3.connect(newer) as db:
        db.execute("PRAGMA user_version = 999")
    with pytest.raises(StoreError, match="newer newscrawl"):
        Ledger(newer)


def test_an_older_ledger_is_migrated(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    with sqlite3.connect(path) as db:
        for statement in ";\n".join(list(MIGRATIONS.values())[:4]).split(";\n"):
            db.execute(statement)
        db.executemany(
            "INSERT INTO articles (rowid, id, site, edition, outlet, state, job, found, version,"
            " exported, file) VALUES (?, ?, 'maghress', 'fr', 'lopinion', ?, ?, ?, ?, ?, ?)",
            [
                (7, "maghress:fr/lopinion/1", "done", "a", NOW, 1, "a", "feeds/maghress/a.jsonl"),
                (9, "maghress:fr/lopinion/2", "found", "b", NOW, 0, None, None),
                (12, "maghress:fr/lopinion/3", "found", "", NOW, 0, None, None),
            ],
        )
        db.execute("PRAGMA user_version = 4")
    db.close()
    ledger = Ledger(path)
    assert ledger.articles.counts("a") == {"done": 1}
    assert ledger.articles.count_exported("a") == 1
    assert ledger.articles.describe("maghress:fr/lopinion/1") == {
        "id": "maghress:fr/lopinion/1",
        "state": "done",
        "reason": None,
        "due": None,
        "found": NOW,
        "settled": None,
        "attempts": 0,
        "job": "a",
        "version": 1,
        "file": "feeds/maghress/a.jsonl",
        "position": None,
    }
    assert list(ledger.articles.adopt("maghress", "c", NOW)) == [
        ("maghress:fr/lopinion/2", NOW),
        ("maghress:fr/lopinion/3", NOW),
    ]
    assert find(ledger, "c", 1, 2, 4) == [4]


def columns_of(db: sqlite3.Connection, table: str) -> dict[str, list[object]]:
    rows = db.execute(f"SELECT * FROM {table}")  # noqa: S608 - of the schema
    names = [column[0] for column in rows.description]
    return {name: list(values) for name, values in zip(names, zip(*rows, strict=True), strict=True)}


def test_a_file_of_version_5_keeps_all_rows_and_records_the_names_of_its_migrations(
    tmp_path: Path,
) -> None:
    path = tmp_path / "ledger.sqlite"
    with sqlite3.connect(path) as db:
        for statement in ";\n".join(list(MIGRATIONS.values())[:5]).split(";\n"):
            db.execute(statement)
        db.execute("PRAGMA user_version = 5")
        tables = [
            name
            for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
            if not name.startswith("sqlite_")
        ]
        for table in tables:
            columns = db.execute(f"PRAGMA table_info({table})").fetchall()
            marks = ", ".join("?" * len(columns))
            for row in (1, 2, 3):
                values = [
                    row if kind == "INTEGER" else f"{name} {row}" for _, name, kind, *_ in columns
                ]
                db.execute(f"INSERT INTO {table} VALUES ({marks})", values)  # noqa: S608 - of the schema
        before = {table: columns_of(db, table) for table in tables}
    db.close()
    assert len(tables) == 10
    for _ in range(2):  # opened again, nothing is left to migrate
        Ledger(path).close()
        with sqlite3.connect(path) as db:
            for table, known in before.items():
                assert {len(values) for values in known.values()} == {3}
                assert known.items() <= columns_of(db, table).items()
            recorded = {name for (name,) in db.execute("SELECT name FROM migrations")}
        db.close()
        assert recorded == set(MIGRATIONS)


def test_a_number_from_a_failed_transaction_is_not_used_again(ledger: Ledger) -> None:
    find(ledger, "a", 1)

    def export_and_fail() -> None:
        with ledger.transaction():
            ledger.articles.note_export("maghress:fr/lopinion/1", "new", 1, b"", "file", 0)
            raise OSError("disk full")

    with pytest.raises(OSError, match="full"):
        export_and_fail()
    assert find(ledger, "new", 2) == [2]
    assert ledger.articles.counts("new") == {"found": 1}


def test_a_site_is_claimed_by_one_run(place: Place) -> None:
    one, other = Ledger(place), Ledger(place)
    one.lock("maghress", "a")
    other.lock("masress", "b")
    with pytest.raises(SiteBusyError, match=r"\(job a"):
        other.lock("maghress", "b")
    one.close()
    other.lock("maghress", "b")


def test_runs_that_start_together_make_one_ledger(tmp_path: Path) -> None:
    runs, times = 6, 300
    together = multiprocessing.get_context("fork").Barrier(runs)

    def open_each() -> None:
        for time in range(times):
            together.wait(60)
            Ledger(tmp_path / f"{time}.sqlite").close()

    processes = [multiprocessing.get_context("fork").Process(target=open_each) for _ in range(runs)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * runs
    assert find(Ledger(tmp_path / "0.sqlite"), "a", 1) == [1]
