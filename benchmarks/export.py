"""Export a whole site's history of invented records in every format, and read it back.

    python -m benchmarks.export [--records 1500000] [--words 90] [--directory DIR] [--cases LIST]

Writes a data directory with feeds of a number of articles, one in twenty with an earlier version in
another feed and one in ten a dispatch that eight newspapers print, three of them without its end;
with a ledger that knows each article; and with a check of every second source. Runs ``scrapy
export`` for each case, reads every record of two of them back, and compares it and its cluster with
the expected result. Prints a table; exits 1 if anything differs or an export takes 1 GB of memory.
Needs about 8 KB of disk per record. With ``--directory`` the data directory is kept for the next
run.
"""

import argparse
import json
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.cost import Cost, cost_of
from newscrawl.export import FORMATS
from newscrawl.export.columns import COLUMNS
from newscrawl.items import (
    Agreement,
    Article,
    Copy,
    Crawl,
    Image,
    Location,
    Outlet,
    Source,
    SourceCheck,
)
from newscrawl.items import Archive as Responses
from newscrawl.state.ledger import Ledger

OUTLETS = 80
FEEDS = 40
LETTERS = "ابتثجحخدذرزسشصضطظعغفقكلمنهوي"
MOST_MEMORY = 1_000_000_000
CASES: dict[str, list[str]] = {
    **{name: ["--format", name] for name in FORMATS if name != "coding"},
    "csv --bom": ["--format", "csv", "--bom"],
    "jsonl --split outlet": ["--split", "outlet"],
    "jsonl --no-duplicates": ["--no-duplicates"],
    "jsonl --versions all": ["--versions", "all"],
    "differences --versions all": ["--format", "differences", "--versions", "all"],
    "coding --sample 1000": ["--sample", "1000"],
    "jsonl --grep": ["--grep", f"{LETTERS[0]}*"],
}
"""Options of each case."""
_FIRST = datetime(2008, 1, 1, tzinfo=UTC)
_random = random.Random(1)
_WORDS = ["".join(_random.choices(LETTERS, k=_random.randint(2, 9))) for _ in range(20_000)]


def published(number: int, version: int) -> str:
    """Publication time of an invented article, within 16 years."""
    seconds = (number * 2_654_435_761 + version) % 500_000_000
    return (_FIRST + timedelta(seconds=seconds)).isoformat()


def record(number: int, words: int, version: int) -> Article:
    """The invented article with a number; its fields follow from that."""
    chance = random.Random(number * 2 + version)
    told = random.Random(f"dispatch {number // OUTLETS}") if is_dispatch(number) else chance
    outlet = f"paper{number % OUTLETS:02}"
    parts = [" ".join(told.choices(_WORDS, k=words // 4)) for _ in range(4)]
    text = "\n\n".join(parts[:3] if is_dispatch(number) and number // 10 % 3 == 2 else parts)
    title = " ".join(chance.choices(_WORDS, k=8))
    when = published(number, version)
    url = f"https://www.maghress.com/{outlet}/{number}"
    source = f"https://{outlet}.example/{number}"
    is_read = number % 4 > 0
    return Article(
        id=f"maghress:ar/{outlet}/{number}",
        aggregator="maghress",
        country="MA",
        edition="ar",
        url=url,
        outlet=Outlet(outlet, outlet.title(), f"{outlet}.example"),
        title=title,
        text=text,
        authors=chance.choices(_WORDS, k=number % 3),
        section=_WORDS[number % 12],
        tags=chance.choices(_WORDS, k=number % 5),
        images=[Image(f"{source}.jpg", "صورة")] * (number % 2),
        published=when,
        published_precision="second",
        language="ar",
        origin="source" if is_read else "aggregator",
        copy=Copy(title, text[:300], when, fetched=when, sha256=f"{number:064x}"),
        source=Source(source, source, status="ok", text=text, sha256=f"{number:064x}")
        if is_read
        else Source(source, status="gone", reason="404"),
        agreement=Agreement(1.0, chance.random(), 0.5, number % 3 - 1) if is_read else Agreement(),
        archive=Responses(Location("a.warc.gz", number)) if number % 7 else None,
        crawl=Crawl("job", "maghress", "1", when, f"2026-01-0{1 + version}T00:00:00+00:00"),
    )


def is_dispatch(number: int) -> bool:
    """Whether the article is one of eight with the same text."""
    return number % 10 == 0


def latest(number: int) -> int:
    """The version of an article that has to be exported."""
    return int(number % 20 == 0)


def write_feeds(directory: Path, records: int, words: int) -> int:
    """Feeds as many crawls would have left them; the number of lines."""
    directory.mkdir(parents=True)
    encode = msgspec.json.Encoder().encode
    lines = 0
    for feed in range(FEEDS):
        with (directory / f"{feed:03}.jsonl").open("wb") as file:
            for number in range(feed, records, FEEDS):
                file.write(encode(record(number, words, 0)) + b"\n")
                lines += 1
    with (directory / "recrawl.jsonl").open("wb") as file:
        for number in filter(latest, range(records)):
            file.write(encode(record(number, words, 1)) + b"\n")
            lines += 1
    return lines


def write_checks(path: Path, records: int) -> None:
    """Write a check of every second source."""
    path.parent.mkdir(parents=True)
    encode = msgspec.json.Encoder().encode
    with path.open("wb") as file:
        for number in range(0, records, 2):
            outlet, is_alive = f"paper{number % OUTLETS:02}", number % 8 > 0
            link = f"https://{outlet}.example/{number}"
            check = SourceCheck(
                id=f"maghress:ar/{outlet}/{number}",
                link=link,
                published=published(number, latest(number)),
                checked="2026-06-01T00:00:00+00:00",
                state="alive" if is_alive else "gone",
                status="ok" if is_alive else "gone",
                reason=None if is_alive else "HTTP 404",
                http=200 if is_alive else 404,
                url=link,
                agreement=1.0 if is_alive else None,
                words=90 if is_alive else None,
            )
            file.write(encode(check) + b"\n")


def write_ledger(data: Path, records: int) -> None:
    """Write a ledger that knows every article, discovered on its day of publication."""
    ledger = Ledger(data / "ledger" / "ledger.sqlite")
    for first in range(0, records, 10_000):
        rows: list[dict[str, Any]] = [
            {
                "number": number + 1,
                "id": f"maghress:ar/paper{number % OUTLETS:02}/{number}",
                "site": "maghress",
                "edition": "ar",
                "outlet": f"paper{number % OUTLETS:02}",
                "state": "done",
                "job": 1,
                "found": published(number, 0),
                "version": 1,
            }
            for number in range(first, min(first + 10_000, records))
        ]
        ledger.copies.append("articles", rows)
    ledger.close()


def prepare(data: Path, records: int, words: int) -> int:
    """Write the data directory, or use that of an earlier run; the number of lines."""
    count = data / f"lines-{records}-{words}"
    if not count.exists():
        lines = write_feeds(data / "feeds" / "maghress", records, words)
        write_checks(data / "checks" / "maghress" / "checks.jsonl", records)
        write_ledger(data, records)
        count.write_text(str(lines))
    return int(count.read_text())


def export(data: Path, output: Path, options: list[str]) -> Cost:
    """Run the command, a single process."""
    command = ["-m", "scrapy", "export", "-o", output, *options, "-s", f"NEWSCRAWL_DATA={data}"]
    cost = cost_of([sys.executable, *command], stdout=subprocess.DEVNULL)
    if cost.code:
        sys.exit("the export failed")
    return cost


def parquet_lines(output: Path) -> Iterator[tuple[bytes, int]]:
    """The records of a Parquet file, each as a line of a feed, and the size of its cluster."""
    import pyarrow.parquet

    for batch in pyarrow.parquet.ParquetFile(output / "articles.parquet").iter_batches(1000):
        for row in batch.to_pylist():
            size = row["cluster_size"]
            for name in COLUMNS:
                del row[name]
            yield msgspec.json.encode(row), size


def study_lines(output: Path) -> Iterator[bytes]:
    """The lines of the study's layout, newspaper by newspaper."""
    for path in sorted((output / "maghress" / "ar").glob("*.json")):
        with path.open("rb") as file:
            yield from (line.rstrip(b"\n") for line in file)


def studied(article: Article) -> dict[str, str]:
    """Values that the study's code must read from an article."""
    assert article.text
    assert article.published
    return {
        "content": article.text,
        "author": ", ".join(article.authors),
        "date": article.published[:10].replace("-", ""),
        "new_category": article.section or "",
        "newspaper": article.outlet.slug,
    }


def in_order(records: int, words: int) -> Iterator[Article]:
    """Expected records of the export, in the expected order."""
    for outlet in range(OUTLETS):
        numbers = range(outlet, records, OUTLETS)
        keys = [(published(n, latest(n)), f"maghress:ar/paper{outlet:02}/{n}", n) for n in numbers]
        for _, _, number in sorted(keys):
            yield record(number, words, latest(number))


def main() -> int:
    """Write, export, compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--records", type=int, default=1_500_000)
    parser.add_argument("--words", type=int, default=90, help="words in a text, 11 bytes each")
    parser.add_argument("--directory", type=Path, help="where there is room")
    parser.add_argument("--cases", default=",".join(CASES), help="separated by commas")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        directory = options.directory or Path(temporary)
        data = directory / "data"
        lines = prepare(data, options.records, options.words)
        size = sum(path.stat().st_size for path in (data / "feeds" / "maghress").iterdir())
        print(f"{options.records} articles, {lines} lines, feeds of {size / 1e9:.2f} GB")
        print("| case | seconds | processor s | peak MB | output MB |")
        print("|---|--:|--:|--:|--:|", flush=True)
        cases = [name for name in options.cases.split(",") if name]
        is_good = True
        for name in cases:
            output = directory / "exports" / name.replace(" ", "-")
            shutil.rmtree(output, ignore_errors=True)
            cost = export(data, output, CASES[name])
            memory = cost.megabytes * 1024**2
            size = sum(file.stat().st_size for file in output.rglob("*") if file.is_file())
            print(
                f"| {name} | {cost.seconds:.0f} | {cost.cpu:.0f} | {memory / 1e6:.0f} "
                f"| {size / 1e6:.0f} |",
                flush=True,
            )
            is_good = is_good and memory < MOST_MEMORY
            if name not in ("parquet", "study"):
                shutil.rmtree(output)
        if {"parquet", "study"} <= set(cases):
            is_good = compare(directory / "exports", options.records, options.words) and is_good
    return 0 if is_good else 1


def compare(exports: Path, records: int, words: int) -> bool:
    """Compare every record of two exports, and its cluster, with what was put in."""
    equal = differing = misjudged = 0
    for article, (line, size), row in zip(
        in_order(records, words),
        parquet_lines(exports / "parquet"),
        study_lines(exports / "study"),
        strict=True,
    ):
        same = line == msgspec.json.encode(article) and json.loads(row) == studied(article)
        equal += same
        differing += not same
        number = int(article.id.rpartition("/")[2])
        whole = number // OUTLETS < records // OUTLETS  # none of its eight is missing
        misjudged += whole and size != (8 if is_dispatch(number) else 1)
    print(f"read back: {equal} equal in both, {differing} not; {misjudged} in a wrong cluster")
    return equal == records and not differing and not misjudged


if __name__ == "__main__":
    sys.exit(main())
