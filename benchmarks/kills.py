"""Kills a crawl of the demo network again and again, and counts what the feeds hold in the end.

    python benchmarks/kills.py [--kills 100] [--signal KILL|TERM|INT]

Every article must stand in the feeds exactly once, with the same content as in a run that nobody
disturbed, but for what tells of the run. Exits 1 if not.
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

SITE = "maghress"
SETTINGS = {
    "DOWNLOAD_DELAY": 0.02,
    "AUTOTHROTTLE_ENABLED": 0,
    "CONCURRENT_REQUESTS_PER_DOMAIN": 2,
    "FEED_BATCH": 10,
    "LOG_LEVEL": "ERROR",
}


def start(proxy: DemoProxy, data: Path) -> subprocess.Popen[bytes]:
    """The real command over all outlets of a site."""
    slugs = {o.slug for site, e in EDITIONS if site == SITE for o in outlets_of(site, e)}
    return subprocess.Popen(
        [sys.executable, "-m", "scrapy", "crawl", SITE, "-a", f"outlets={','.join(sorted(slugs))}"]
        + [f"--set={name}={value}" for name, value in SETTINGS.items()],
        env=os.environ | proxy.environment() | {"NEWSCRAWL_DATA": str(data)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def records(data: Path) -> list[dict[str, Any]]:
    """All records, without what tells of the run; damaged lines raise."""
    found = []
    for feed in sorted((data / "feeds").rglob("*.jsonl")):
        for line in feed.read_text("utf-8").splitlines():
            record = json.loads(line)
            del record["crawl"], record["copy"]["fetched"], record["source"]["fetched"]
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


def main() -> int:
    """Kill and compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--signal", choices=["KILL", "TERM", "INT"], default="KILL")
    options = parser.parse_args()
    number = signal.Signals[f"SIG{options.signal}"]
    chance = random.Random(3)
    with tempfile.TemporaryDirectory() as directory:
        calm, killed = Path(directory, "calm"), Path(directory, "killed")
        with DemoProxy(build().answer) as proxy:
            if code := start(proxy, calm).wait():
                sys.exit(f"the undisturbed run ended with exit code {code}")
        kills = 0
        with DemoProxy(build().answer) as proxy:
            while True:
                run = start(proxy, killed)
                limit = 0.8 + 2.2 * chance.random() if kills < options.kills else None
                try:
                    run.wait(limit)
                    break
                except subprocess.TimeoutExpired:
                    run.send_signal(number)
                    kills += 1
                    run.wait()
        expected = {record["id"]: record for record in records(calm)}
        got = records(killed)
        counts = Counter(record["id"] for record in got)
        changed = Counter(
            name
            for record in got
            if record["id"] in expected
            for name in differences(expected[record["id"]], record)
        )
        print(f"{kills} × SIG{options.signal}, {len(expected)} articles in an undisturbed run")
        print(f"missing {len(expected.keys() - counts.keys())}", end=", ")
        print(f"extra {len(counts.keys() - expected.keys())}", end=", ")
        repeated = sum(count > 1 for count in counts.values())
        print(f"repeated {repeated}, fields that differ: {dict(changed)}")
        return int(counts.keys() != expected.keys() or repeated > 0)


if __name__ == "__main__":
    started = time.monotonic()
    code = main()
    print(f"{time.monotonic() - started:.0f} s")
    sys.exit(code)
