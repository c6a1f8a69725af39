"""Kill the parse workers of crawls of the demo network, and compare the records at the end.

    python -m benchmarks.worker_kills [--kills 50]

A worker is killed by SIGKILL at random times, once for each batch of records, so that no page is
hit three times. Every article must be in the feeds exactly once, with the same record as in a crawl
without kills, apart from the fields that ``docs/crawling.md`` names. Exits 1 if one is missing,
repeated or different.
"""

import argparse
import random
import signal
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import psutil

from benchmarks.kills import compare, start, undisturbed
from newscrawl.demo.network import build
from newscrawl.demo.proxy import DemoProxy
from tests.written import records

SERVES = "newscrawl.articles.worker_process"


def workers_of(pid: int) -> list[psutil.Process]:
    """Return the parse workers of a crawl."""
    found = []
    with suppress(psutil.Error):
        for child in psutil.Process(pid).children():
            with suppress(psutil.Error):
                if any(SERVES in argument for argument in child.cmdline()):
                    found.append(child)
    return found


def written(data: Path) -> int:
    """Return the bytes of all feeds."""
    return sum(feed.stat().st_size for feed in (data / "feeds").rglob("*.jsonl"))


def crawl(data: Path, kills: int, chance: random.Random, options: argparse.Namespace) -> int:
    """Crawl to the end, and return how often a worker was killed, at most ``kills`` times."""
    killed = size = 0
    with DemoProxy(build().reply) as proxy:
        run = start(proxy, options.site, data, 2)
        while run.poll() is None:
            time.sleep(chance.uniform(0.005, 0.1))
            workers = workers_of(run.pid)
            if workers and killed < kills and (grown := written(data)) > size:
                with suppress(psutil.Error):
                    chance.choice(workers).send_signal(signal.SIGKILL)
                    killed, size = killed + 1, grown
        if run.returncode:
            sys.exit(f"a crawl ended with exit code {run.returncode}")
    return killed


def main() -> int:
    """Kill and compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--site", default="maghress")
    parser.add_argument("--seed", type=int, default=3)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as directory:
        calm = Path(directory, "calm")
        undisturbed(options.site, calm, 2)
        expected = records(calm)
        good, kills, crawls = True, 0, 0
        while kills < options.kills:
            crawls += 1
            data = Path(directory, f"killed-{crawls}")
            count = crawl(data, options.kills - kills, chance, options)
            if not count:
                sys.exit("no worker was killed")
            kills += count
            good &= compare(f"crawl {crawls}, {count} workers killed", expected, records(data))
        return int(not good)


if __name__ == "__main__":
    sys.exit(main())
