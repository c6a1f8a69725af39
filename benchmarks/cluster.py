"""Cost of a Dask cluster for a re-extraction: two workers on this machine against ``--jobs 2``.

    python -m benchmarks.cluster [--articles 3000] [--kilobytes 90]

The archive is written without a crawl, and the feeds are compared. The processor time of the
cluster is that of scheduler, workers and ``scrapy reextract`` together, without what the start of
scheduler and workers takes. It says more than the clock where the machine is busy.
"""

import argparse
import os
import random
import re
import resource
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.archive import page
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


def processor() -> float:
    """Return the seconds of processor time of all processes that were started and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


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
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        archive, one, other = root / "data" / "archive", root / "one.jsonl", root / "other.jsonl"
        write(archive, given.articles, given.kilobytes)
        used = processor()
        clock = reextract(archive, one, "--jobs", "2")
        print(f"two parse workers: {clock:.1f} s, {processor() - used:.1f} s of processor time")
        used = processor()
        with cluster(root):
            time.sleep(10)  # until the workers are there
        start, used = processor() - used, processor()
        with cluster(root) as address:
            time.sleep(10)
            clock = reextract(archive, other, "--cluster", address)
        used = processor() - used - start
        print(f"two workers of a cluster: {clock:.1f} s, {used:.1f} s of processor time")
        assert records(one) == records(other)


if __name__ == "__main__":
    main()
