"""Memory that hostile servers cost: peak of a run through all faults, and of a plain run.

    python -m benchmarks.faults [--times 4] [--rounds 3]

Crawls of as many articles take turns. In one, each link leads to a server that plays a fault of the
demo's table (bombs, pages and headers without end, drips, floods of redirects); in a plain one, to
the same servers in good health. A crawl loads some parts only when a page needs them: the general
extractor, and the model that tells languages. Sound pages of these servers need neither, so they
are also measured with one link more whose page has been given to another story, as it happens in
any run. That is what the faults are compared with; the other figure is shown beside it.

What counts is the peak of the crawl's own process; a browser is another process, and is off. Exits
1 if the ratio of the medians is above 1.5.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

from newscrawl.demo.faults import FAULTS, LINK_ROT, Fault, FaultServer, copies, healthy
from newscrawl.demo.proxy import DemoProxy, Reply

MOST = 1.5
SETTINGS = {
    "DOWNLOAD_DELAY": 0,
    "AUTOTHROTTLE_ENABLED": 0,
    "CONCURRENT_REQUESTS_PER_DOMAIN": 4,
    "DOWNLOAD_TIMEOUT": 10,
    "RETRY_BACKOFF": 0.2,
    "HOST_FAILURES": 0,
    "BROWSER": "off",
    "MONITORS": 0,
    "LOG_LEVEL": "ERROR",
}


def repeated(fault: Fault, times: int) -> Fault:
    """The fault with a number of additional articles that link to it."""
    paths = [
        f"{path}{'&' if '?' in path else '?'}n={number}"
        for path in fault.paths
        for number in range(times)
    ]
    return replace(fault, paths=tuple(paths))


def peak(faults: list[Fault]) -> tuple[float, Counter[str]]:
    """Most memory that a crawl of the articles held, in MB, and the statuses of its sources."""
    with FaultServer(faults) as server, tempfile.TemporaryDirectory() as directory:
        pages = dict(copies(server, faults))
        listed = Path(directory, "urls.txt")
        listed.write_text("\n".join(pages))
        with DemoProxy(lambda _, url, __: pages.get(url, Reply(404))) as proxy:
            settings = SETTINGS | server.settings
            run = subprocess.Popen(
                [sys.executable, "-m", "scrapy", "crawl", "maghress", "-a", f"urls={listed}"]
                + [f"--set={name}={value}" for name, value in settings.items()],
                env=os.environ
                | proxy.environment()
                | {"NEWSCRAWL_DATA": directory, "no_proxy": ",".join(server.hosts)},
                stderr=subprocess.DEVNULL,
            )
            most = 0.0
            while run.poll() is None:
                most = max(most, _peak_of(run.pid))
                time.sleep(0.05)
        feeds = Path(directory, "feeds").rglob("*.jsonl")
        lines = (line for feed in feeds for line in feed.read_text("utf-8").splitlines())
        return most, Counter(json.loads(line)["source"]["status"] for line in lines)


def _peak_of(pid: int) -> float:
    """The peak of a process so far, in MB; 0 if it has just ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), 0.0)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--times", type=int, default=4, help="articles that lead to each fault")
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    troubled = [repeated(fault, chosen.times) for fault in FAULTS]
    well = [healthy(fault) for fault in troubled]
    kinds = {"well": well, "plain": [*well, LINK_ROT], "faults": [*troubled, LINK_ROT]}
    peaks: dict[str, list[float]] = {name: [] for name in kinds}
    for _ in range(chosen.rounds):
        for name, faults in kinds.items():
            most, statuses = peak(faults)
            print(f"{name}: {most:.0f} MB, {dict(statuses)}", flush=True)
            sound = statuses["ok"] + (name == "plain")
            articles = sum(len(fault.paths) for fault in faults)
            if statuses.total() != articles or (name != "faults" and sound != articles):
                sys.exit(f"these are not the {articles} records that there should be")
            peaks[name].append(most)
    bare, plain, faulty = (statistics.median(values) for values in peaks.values())
    print(f"Medians: {plain:.0f} MB in a plain run, {faulty:.0f} MB: {faulty / plain:.2f} times")
    print(
        f"{faulty / bare:.2f} times the {bare:.0f} MB of a run without the parts loaded on demand"
    )
    sys.exit(faulty / plain > MOST)


if __name__ == "__main__":
    main()
