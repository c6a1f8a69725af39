"""Kills a crawl of the demo network again and again, and compares its feeds in the end.

    python benchmarks/kills.py [--kills 100] [--signal KILL|TERM|INT] [--packing zstd]

Every article must stand in the feeds exactly once, and be the same as in a run that was not killed,
apart from what names the run, and from what a learned rule extracts if only one of the two runs
knew it. A second undisturbed run shows what else differs from run to run. A crawl that comes to its
end before it was killed often enough is compared, and another one is begun. Exits 1 if an article
is missing, repeated or different.
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
from newscrawl.export import find_feeds
from newscrawl.state.compression import PACKINGS, open_unpacked

FIXED = ("schema", "aggregator", "country", "edition", "url", "outlet", "copy", "version")
FETCHED = ("link", "url", "redirects", "http", "directives", "via", "snapshot", "sha256")
"""Fields that no rule extracts, of the record and of its source."""

SETTINGS = {
    "DOWNLOAD_DELAY": 0.02,
    "AUTOTHROTTLE_ENABLED": 0,
    "FEED_BATCH": 10,
    "LOG_LEVEL": "ERROR",
}


def start(
    proxy: DemoProxy, site: str, data: Path, parallel: int, packing: str = "none"
) -> subprocess.Popen[bytes]:
    """The real command over all outlets of a site."""
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
    """Crawl to the end; seconds it took."""
    began = time.monotonic()
    with DemoProxy(build().answer) as proxy:
        if code := start(proxy, site, data, parallel).wait():
            sys.exit(f"the undisturbed run ended with exit code {code}")
    return time.monotonic() - began


def records(data: Path) -> list[dict[str, Any]]:
    """All records, without what names the run; damaged lines raise."""
    found = []
    for feed in find_feeds(data):
        with open_unpacked(feed.path) as lines:
            for line in lines:
                record = json.loads(line)
                del record["crawl"], record["copy"]["fetched"], record["source"]["fetched"]
                del record["duplicate_of"]  # the one known by then
                if record["source"]["link"] is None:
                    del record["outlet"]["domain"]  # the one known by then
                found.append(record)
    return found


def differences(one: Mapping[str, Any], other: Mapping[str, Any], inside: str = "") -> list[str]:
    """Names of the fields in which two records differ."""
    found = []
    for name, value in one.items():
        if isinstance(value, dict) and isinstance(other[name], dict):
            found += differences(value, other[name], f"{inside}{name}.")
        elif value != other[name]:
            found.append(inside + name)
    return found


def same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two records are the same.

    What a learned rule extracts depends on whether the run knew it already; where the rules of the
    two differ, only what no rule extracts is compared.
    """
    rules = one["source"]["rule"], other["source"]["rule"]
    if rules[0] != rules[1] and "#" in f"{rules[0]}{rules[1]}":
        one, other = _fixed(one), _fixed(other)
    return json.dumps(one) == json.dumps(other)


def _fixed(record: Mapping[str, Any]) -> dict[str, Any]:
    source = {name: record["source"][name] for name in FETCHED}
    return {**{name: record[name] for name in FIXED}, "source": source}


def compare(title: str, expected: list[dict[str, Any]], got: list[dict[str, Any]]) -> bool:
    """Print how records differ from those expected; whether they do not."""
    right = {record["id"]: record for record in expected}
    counts = Counter(record["id"] for record in got)
    missing, extra = right.keys() - counts.keys(), counts.keys() - right.keys()
    repeated = sum(count > 1 for count in counts.values())
    known = [record for record in got if record["id"] in right]
    wrong = [record for record in known if not same(record, right[record["id"]])]
    changed = Counter(name for record in wrong for name in differences(right[record["id"]], record))
    print(f"{title}: {len(known) - len(wrong)} of {len(right)} articles the same,", end=" ")
    print(f"missing {len(missing)}, extra {len(extra)}, repeated {repeated}", end=", ")
    print(f"fields that differ: {dict(changed)}", flush=True)
    return not wrong and len(right) == len(got) == len(known)


def main() -> int:
    """Kill and compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--signal", choices=["KILL", "TERM", "INT"], default="KILL")
    parser.add_argument("--site", default="maghress")
    parser.add_argument("--parallel", type=int, default=2, help="requests at once to a host")
    parser.add_argument("--packing", choices=PACKINGS, default="none", help="of the killed feeds")
    parser.add_argument("--seed", type=int, default=3)
    options = parser.parse_args()
    number = signal.Signals[f"SIG{options.signal}"]
    chance = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as directory:
        calm, again = Path(directory, "calm"), Path(directory, "again")
        seconds = undisturbed(options.site, calm, options.parallel)
        undisturbed(options.site, again, options.parallel)
        expected = records(calm)
        good = compare("undisturbed again", expected, records(again))
        kills = crawls = 0
        while kills < options.kills:
            crawls += 1
            killed = Path(directory, f"killed-{crawls}")
            before = kills
            with DemoProxy(build().answer) as proxy:
                while True:
                    run = start(proxy, options.site, killed, options.parallel, options.packing)
                    # From the start, when nothing is open yet, to well into the crawl.
                    limit = 0.3 + 0.2 * seconds * chance.random()
                    try:
                        run.wait(limit if kills < options.kills else None)
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
