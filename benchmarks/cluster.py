"""What a Dask cluster costs a re-extraction: two workers on this machine beside ``--jobs 2``.

    python benchmarks/cluster.py [--articles 3000] [--kilobytes 90] [--rounds 3]

The archive is written without a crawl. Both take turns, and the feeds are compared. The time of
``scrapy reextract`` is that from its start to its end; scheduler and workers run already.
"""

import argparse
import os
import random
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from archive import page  # beside this file

from newscrawl.archive.warc import Exchange
from newscrawl.archive.writer import WarcFile

PER_FILE = 500


def write(archive: Path, articles: int, kilobytes: int) -> None:
    """Write an archive of articles and their sources."""
    numbers = random.Random(1)
    headers = [(b"Content-Type", b"text/html; charset=utf-8")]
    for article in range(articles):
        if article % PER_FILE == 0:
            path = archive / "maghress" / f"a-{article // PER_FILE:05}.warc.gz"
            file = WarcFile(path, {})
        copy, source = page(numbers, article, kilobytes)
        for url, body in (
            (f"https://www.maghress.com/fr/banc/{article}", copy),
            (f"https://banc{article % 20}.example/{article}", source),
        ):
            file.write(Exchange(url, status=200, headers=headers, body=body))


@contextmanager
def cluster(directory: Path) -> Iterator[str]:
    """Run a scheduler and two workers; yield the address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    worker = ["worker", address, "--no-nanny", "--nthreads", "1", "--no-dashboard"]
    started = [
        subprocess.Popen([sys.executable, "-m", "dask", *words], cwd=directory, stderr=log)
        for log in [(directory / "log").open("wb")]
        for words in (["scheduler", "--host", address, "--no-dashboard"], worker, worker)
    ]
    try:
        yield address
    finally:
        for process in started:
            process.terminate()
            process.wait()


def reextract(archive: Path, feed: Path, *options: str) -> float:
    """Rebuild all records; return the seconds."""
    began = time.monotonic()
    subprocess.run(
        [sys.executable, "-m", "scrapy", "reextract", str(archive), "-o", str(feed), *options],
        env=os.environ | {"NEWSCRAWL_DATA": str(archive.parent)},
        check=True,
    )
    (archive / "index.sqlite").unlink()
    return time.monotonic() - began


def records(feed: Path) -> bytes:
    """Return the records without the time at which they were made."""
    return re.sub(rb'"exported":"[^"]*"', b"", feed.read_bytes())


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--articles", type=int, default=3000)
    parser.add_argument("--kilobytes", type=int, default=90)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    taken: dict[str, list[float]] = {"--jobs": [], "--cluster": []}
    with tempfile.TemporaryDirectory() as name, cluster(Path(name)) as address:
        archive = Path(name) / "data" / "archive"
        write(archive, given.articles, given.kilobytes)
        for number in range(given.rounds):
            feeds = []
            for option, value in (("--jobs", "2"), ("--cluster", address)):
                feeds.append(Path(name) / f"{option}{number}.jsonl")
                taken[option].append(reextract(archive, feeds[-1], option, value))
            assert records(feeds[0]) == records(feeds[1])
    jobs, workers = (statistics.median(seconds) for seconds in taken.values())
    print(f"{given.articles} articles: {jobs:.1f} s by two parse workers of one process")
    print(f"by two workers of a cluster {workers:.1f} s, {workers / jobs - 1:+.0%}; the same feed")


if __name__ == "__main__":
    main()
