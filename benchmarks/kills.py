"""Kill a crawl of the demo network again and again, and compare its feeds at the end.

    python -m benchmarks.kills [--kills 100] [--minutes 10] [--signal KILL|TERM|INT]

Every article must be in the feeds exactly once, with the same record as in a crawl that was not
killed, apart from the fields that ``docs/crawling.md`` names. A second undisturbed crawl shows what
else differs between two crawls. A crawl that ends before it was killed often enough is compared,
and another one is started. Exits 1 if an article is missing, repeated or different.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from newscrawl.demo.network import build
from newscrawl.demo.outlets import EDITIONS, outlets_of
from newscrawl.demo.proxy import DemoProxy
from newscrawl.state.compression import PACKINGS
from tests.written import WrittenFile, records

SETTINGS = {
    "DOWNLOAD_DELAY": 0.02,
    "DOWNLOAD_TIMEOUT": 90,
    "BROWSER_PAGE_SECONDS": 90,  # no page may time out because the machine is slow
    "AUTOTHROTTLE_ENABLED": 0,
    "FEED_BATCH": 10,
    "LOG_LEVEL": "ERROR",
}


def start(
    proxy: DemoProxy, site: str, data: Path, parallel: int, packing: str = "none"
) -> subprocess.Popen[bytes]:
    """Start the real command over all outlets of a site."""
    slugs = {o.slug for name, e in EDITIONS if name == site for o in outlets_of(name, e)}
    settings = SETTINGS | {
        "CONCURRENT_REQUESTS_PER_DOMAIN": parallel,
        "FEED_COMPRESSION": packing,
    }
    return subprocess.Popen(
        [sys.executable, "-m", "scrapy", "crawl", site, "-a", f"outlets={','.join(sorted(slugs))}"]
        + [f"--set={name}={value}" for name, value in settings.items()],
        env=os.environ | proxy.environment() | {"NEWSCRAWL_DATA": str(data)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def undisturbed(site: str, data: Path, parallel: int) -> float:
    """Crawl to the end and return the seconds it took."""
    began = time.monotonic()
    with DemoProxy(build().reply) as proxy:
        if code := start(proxy, site, data, parallel).wait():
            sys.exit(f"the undisturbed run ended with exit code {code}")
    return time.monotonic() - began


def differences(one: Mapping[str, Any], other: Mapping[str, Any], inside: str = "") -> list[str]:
    """Return the names of the fields in which two records differ."""
    found = []
    for name, value in one.items():
        if isinstance(value, dict) and isinstance(other[name], dict):
            found += differences(value, other[name], f"{inside}{name}.")
        elif value != other[name]:
            found.append(inside + name)
    return found


def compare(title: str, expected: list[WrittenFile], got: list[WrittenFile]) -> bool:
    """Print how records differ from those expected; return whether they do not."""
    right = {record.id: record for record in expected}
    counts = Counter(record.id for record in got)
    missing, extra = right.keys() - counts.keys(), counts.keys() - right.keys()
    repeated = sum(count > 1 for count in counts.values())
    known = [record for record in got if record.id in right]
    wrong = [record for record in known if record != right[record.id]]
    changed = Counter(
        name
        for record in wrong
        for name in differences(json.loads(right[record.id].record), json.loads(record.record))
    )
    print(f"{title}: {len(known) - len(wrong)} of {len(right)} articles the same,", end=" ")
    print(f"missing {len(missing)}, extra {len(extra)}, repeated {repeated}", end=", ")
    print(f"fields that differ: {dict(changed)}", flush=True)
    for record in wrong[:5]:
        print(f"  {record.id}: {right[record.id].rule} before, {record.rule} now")
    return not wrong and len(right) == len(got) == len(known)


def main() -> int:
    """Kill and compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--minutes", type=float, default=600, help="nothing is killed after this")
    parser.add_argument("--signal", choices=["KILL", "TERM", "INT"], default="KILL")
    parser.add_argument("--site", default="maghress")
    parser.add_argument("--parallel", type=int, default=2, help="concurrent requests to a host")
    parser.add_argument("--packing", choices=PACKINGS, default="none", help="of the killed feeds")
    parser.add_argument("--seed", type=int, default=3)
    options = parser.parse_args()
    number = signal.Signals[f"SIG{options.signal}"]
    end = time.monotonic() + 60 * options.minutes
    chance = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as directory:
        calm, again = Path(directory, "calm"), Path(directory, "again")
        seconds = undisturbed(options.site, calm, options.parallel)
        undisturbed(options.site, again, options.parallel)
        expected = records(calm)
        good = compare("undisturbed again", expected, records(again))
        kills = crawls = 0
        while kills < options.kills and time.monotonic() < end:
            crawls += 1
            killed = Path(directory, f"killed-{crawls}")
            before = kills
            with DemoProxy(build().reply) as proxy:
                while True:
                    run = start(proxy, options.site, killed, options.parallel, options.packing)
                    # From the start, when nothing is open yet, to well into the crawl.
                    limit = 0.3 + 0.2 * seconds * chance.random()
                    try:
                        is_killed = kills < options.kills and time.monotonic() < end
                        run.wait(limit if is_killed else None)
                        break
                    except subprocess.TimeoutExpired:
                        run.send_signal(number)
                        kills += 1
                        run.wait()
            title = f"crawl {crawls}, {kills - before} × SIG{options.signal}"
            good &= compare(title, expected, records(killed))
        return int(not good)


if __name__ == "__main__":
    started = time.monotonic()
    code = main()
    print(f"{time.monotonic() - started:.0f} s")
    sys.exit(code)
