"""The ledger at size: memory of a run, look-ups per second, bytes per article.

    python -m benchmarks.ledger [--articles 1000000]

Starts a run with 10 thousand and with ``--articles`` articles waiting to be read, lets each read
for some seconds from a server that has nothing, and compares their peak memory. Then says what an
article takes that is exported and due again, and what the memory of its text takes. Times are the
processor's, which other work on the machine hardly troubles.
"""

import argparse
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from benchmarks.cost import cost_of
from newscrawl.demo.proxy import DemoProxy, Reply
from newscrawl.pipelines.versions import COMPARED
from newscrawl.state import Entry, Ledger
from newscrawl.text.signatures import PERMUTATIONS

SMALL = 10_000
LOOKUPS = 100_000
SETTLED = 100_000
PRINTS = 1 + 6 * len(COMPARED)
NOW = "2026-01-01T00:00:00+00:00"
SETTINGS = {
    "DOWNLOAD_DELAY": 0,
    "AUTOTHROTTLE_ENABLED": 0,
    "CONCURRENT_REQUESTS_PER_DOMAIN": 16,
    "CLOSESPIDER_TIMEOUT": 12,
    "LOG_LEVEL": "ERROR",
}


def fill(path: Path, count: int) -> float:
    """Enter articles; seconds of processor time it took."""
    ledger = Ledger(path)
    began = time.process_time()
    for start in range(0, count, 1000):
        entries = [
            Entry(f"maghress:fr/outlet{n % 40}/{n}", "maghress", "fr", f"outlet{n % 40}")
            for n in range(start, min(start + 1000, count))
        ]
        ledger.articles.find(entries, "20260101T000000.000000-maghress", NOW, attempts=5)
    ledger.close()
    return time.process_time() - began


def look_up(path: Path, count: int) -> float:
    """State look-ups a second of processor time, at random."""
    ledger = Ledger(path)
    chance = random.Random(5)
    ids = [f"maghress:fr/outlet{n % 40}/{n}" for n in chance.choices(range(count), k=LOOKUPS)]
    began = time.process_time()
    for article in ids:
        ledger.articles.is_settled(article)
    return LOOKUPS / (time.process_time() - began)


def settle(path: Path, count: int) -> None:
    """Enter articles as a run leaves them that has exported them all."""
    ledger = Ledger(path)
    chance = random.Random(7)
    for start in range(0, count, 50):
        job = f"20260101T{start // 5000:06}.000000-maghress"
        entries = [
            Entry(f"maghress:fr/outlet{n % 40}/{n}", "maghress", "fr", f"outlet{n % 40}")
            for n in range(start, min(start + 50, count))
        ]
        ledger.articles.find(entries, job, NOW, attempts=5)
        with ledger.transaction():
            for entry in entries:
                sign = chance.randbytes(2 * PERMUTATIONS)
                list(ledger.texts.alike(entry.id, sign))
                ledger.texts.note_texts({entry.id: sign})
                ledger.articles.settle(entry.id, "done", due=NOW)
                prints = chance.randbytes(PRINTS)
                file = f"feeds/maghress/{job}.jsonl"
                ledger.articles.note_export(entry.id, job, 1, prints, file, chance.randrange(10**7))
    ledger.close()


def sizes(path: Path) -> dict[str, int]:
    """Bytes of each table and its indices."""
    with closing(sqlite3.connect(path)) as db:
        return dict(
            db.execute(
                "SELECT tbl_name, sum(pgsize) FROM dbstat JOIN sqlite_schema USING (name)"
                " GROUP BY tbl_name"
            )
        )


def run(data: Path) -> float:
    """Peak memory in MB of a run that takes up what is left."""

    def reply(_method: str, _url: str, _headers: Mapping[str, str]) -> Reply:
        return Reply(404, {"Content-Type": "text/html"}, b"404")

    with DemoProxy(reply) as proxy:
        return cost_of(
            [sys.executable, "-m", "scrapy", "crawl", "maghress", "-a", "editions=fr"]
            + [f"--set={name}={value}" for name, value in SETTINGS.items()],
            env=os.environ | proxy.environment() | {"NEWSCRAWL_DATA": str(data)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ).megabytes


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--articles", type=int, default=1_000_000)
    large = parser.parse_args().articles
    peaks = {}
    for count in (SMALL, large):
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory) / "ledger" / "ledger.sqlite"
            seconds = fill(path, count)
            size = path.stat().st_size / count
            rate = look_up(path, count)
            peaks[count] = run(Path(directory))
            print(
                f"{count:>9} articles: {count / seconds:,.0f} entered/s, {rate:,.0f} look-ups/s, "
                f"{size:.0f} bytes an article, peak memory of a run {peaks[count]:.0f} MB"
            )
    print(f"memory ratio {peaks[large] / peaks[SMALL]:.2f}")
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "ledger.sqlite"
        settle(path, SETTLED)
        taken = sizes(path)
    texts = taken["texts"] + taken["bands"]
    print(
        f"{SETTLED:>9} exported articles: {taken['articles'] / SETTLED:.0f} bytes an article, "
        f"and {texts / SETTLED:.0f} for its text"
    )


if __name__ == "__main__":
    main()
