"""The ledger in SQLite and in PostgreSQL at size: articles per second, statements and bytes.

    python -m benchmarks.databases [--articles 1000000] [--sample 5000] [--only sqlite|postgresql]

Fills a ledger with articles that are exported and their texts, and then does for a sample of new
ones what a run does: pages of 40 headlines, half of them known, look-ups of the earlier version
and of the text, and commits of 50. PostgreSQL is started in a temporary directory, without fsync.
"""

import argparse
import os
import random
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from newscrawl.state import Entry, Ledger
from newscrawl.state.place import Place
from newscrawl.text.signatures import PERMUTATIONS, TextIndex
from tests.postgres import server

NOW = "2026-01-01T00:00:00+00:00"
PAGE, BATCH, FILL = 40, 50, 5000
PRINTS = 109
"""Bytes of the fingerprints of a record."""


def article_id(number: int) -> str:
    """Return an id of the usual length."""
    return f"maghress:fr/outlet{number % 40}/{number}"


def fill(ledger: Ledger, count: int, chance: random.Random) -> None:
    """Store exported articles with their texts."""
    ledger.copies.append("names", [{"number": 1, "name": "20260101T000000.000000-maghress"}])
    ledger.copies.append("names", [{"number": 2, "name": "feeds/maghress/20260101.jsonl"}])
    for start in range(1, count + 1, FILL):
        numbers = range(start, min(start + FILL, count + 1))
        common = {"site": "maghress", "edition": "fr", "state": "done", "job": 1, "attempts": 1}
        common |= {"found": NOW, "settled": NOW, "due": NOW, "version": 1, "exported": 1, "file": 2}
        articles = [
            {
                "number": n,
                "id": article_id(n),
                "outlet": f"outlet{n % 40}",
                "position": n,
                "prints": chance.randbytes(PRINTS),
                **common,
            }
            for n in numbers
        ]
        ledger.copies.append("articles", articles)
        texts = [
            {"number": n, "id": article_id(n), "signature": chance.randbytes(2 * PERMUTATIONS)}
            for n in numbers
        ]
        ledger.copies.append("texts", texts)
        ledger.renew()
    ledger.copies.finish("", "")


def crawl(ledger: Ledger, known: int, count: int, chance: random.Random) -> None:
    """Do what a run does with new articles."""
    index = TextIndex(ledger.texts)
    job, file = "20260102T000000.000000-maghress", "feeds/maghress/20260102.jsonl"
    batch: list[str] = []
    for start in range(known + 1, known + count + 1, PAGE // 2):
        numbers = [*range(start, start + PAGE // 2), *chance.choices(range(1, known), k=PAGE // 2)]
        entries = [Entry(article_id(n), "maghress", "fr", f"outlet{n % 40}") for n in numbers]
        for article in ledger.articles.find(entries, job, NOW, attempts=5):
            ledger.articles.last_export(article)
            index.first_alike(article, chance.randbytes(2 * PERMUTATIONS))
            index.accept(article)
            batch.append(article)
            if len(batch) == BATCH:
                with ledger.transaction():
                    index.commit()
                    ledger.files.commit_length(file, "maghress", start)
                    ledger.outlets.learn_domain("maghress", "fr", "outlet", "outlet.example", BATCH)
                    ledger.articles.last_outcomes(batch)
                    for each in batch:
                        ledger.articles.settle(each, "done", due=NOW)
                        prints = chance.randbytes(PRINTS)
                        ledger.articles.note_export(each, job, 1, prints, file, start)
                batch.clear()


@contextmanager
def counted(ledger: Ledger) -> Iterator[list[int]]:
    """Count the statements that are executed meanwhile."""
    database: Any = ledger._database
    connection, count = database._connection, [0]

    class Counting:
        def __getattr__(self, name: str) -> Any:
            count[0] += name in ("execute", "executemany", "cursor")
            return getattr(connection, name)

    database._connection = Counting()
    try:
        yield count
    finally:
        database._connection = connection


def sizes(ledger: Ledger, *, postgres: bool) -> dict[str, int]:
    """Return the bytes of each table with its indexes."""
    execute = ledger._database.execute
    if postgres:
        tables = ("articles", "texts")
        return {
            table: execute(f"SELECT pg_total_relation_size('{table}')").fetchone()[0]
            for table in tables
        }
    rows = execute(
        "SELECT tbl_name, sum(pgsize) FROM dbstat JOIN sqlite_schema USING (name) GROUP BY tbl_name"
    )
    found = dict(rows.fetchall())
    return {"articles": found["articles"], "texts": found["texts"] + found["bands"]}


def _backend(ledger: Ledger) -> int:
    """Return the process id of the server's end of the connection."""
    (number,) = ledger._database.execute("SELECT pg_backend_pid()").fetchone()
    return int(number)


def processor(backend: int | None) -> float:
    """Return the processor time of this process and of the server's, in seconds."""
    used = time.process_time()
    if backend:
        fields = Path(f"/proc/{backend}/stat").read_text().rpartition(")")[2].split()
        used += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return used


def measure(name: str, place: Place, count: int, sample: int) -> None:
    """Fill, measure and print."""
    chance = random.Random(5)
    with closing(Ledger(place)) as ledger:
        ledger.lock("maghress", "benchmark")
        backend = _backend(ledger) if place.url else None
        began = time.perf_counter()
        fill(ledger, count, chance)
        filled = time.perf_counter() - began
        taken = sizes(ledger, postgres=bool(place.url))
        crawl(ledger, count, sample // 10, chance)  # warm
        ledger.renew()
        with counted(ledger) as statements:
            began, used = time.perf_counter(), processor(backend)
            crawl(ledger, count + sample, sample, chance)
            seconds, used = time.perf_counter() - began, processor(backend) - used
    print(
        f"{name}: {count} articles: {taken['articles'] / count:.0f} bytes an article, "
        f"{taken['texts'] / count:.0f} a text; {sample / seconds:.0f} articles/s "
        f"({sample / used:.0f} a second of processor time, the server's included), "
        f"{statements[0] / sample:.1f} statements an article; filled in {filled:.0f} s"
    )


def main() -> None:
    """Measure both databases."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--articles", type=int, default=1_000_000)
    parser.add_argument("--sample", type=int, default=5000)
    parser.add_argument("--only", choices=["sqlite", "postgresql"])
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        if given.only != "postgresql":
            measure("SQLite", Place(Path(directory) / "local"), given.articles, given.sample)
        if given.only != "sqlite":
            with server() as running:
                place = Place(Path(directory) / "shared", running.create(), "one", 600)
                measure("PostgreSQL", place, given.articles, given.sample)


if __name__ == "__main__":
    main()
