"""Run crawls of the demo network with random interruptions, and balance every report.

    python -m benchmarks.campaign [--runs 200] [--minutes 9] [--seed 1]

Rounds of ``scrapy crawl`` processes share a data directory each. A run has random arguments (lists
of URLs, outlets, dates, ``limit``, ``follow``, ``revisit``) and is sent SIGKILL, SIGTERM or SIGINT
once or twice after a random number of requests, has a budget, or is left to itself. A round ends
when all that the network serves is exported, or with runs that are not disturbed. What must hold:

- in each report found = exported + rejected + failed + unchanged + left;
- nothing fails or is rejected that an undisturbed crawl exports;
- a run that came to its end has exported what its arguments cover;
- in the end each article that the undisturbed crawl exports is in the feeds, each version once and
  with a change, the last one being the record of the undisturbed crawl; no report says running.

Each round prints its seed. Exits 1 if something does not hold; the data directory is kept then.
"""

import argparse
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from newscrawl.aggregator.urls import parse_article_id, parse_article_url
from newscrawl.demo.network import build
from newscrawl.demo.outlets import outlets_of
from newscrawl.demo.proxy import DemoProxy, Reply
from newscrawl.state import Ledger, Scope, ledger_path
from tests.preloaded import SCRAPY, Running
from tests.preloaded import start as start_command
from tests.written import WrittenFile, lines, written

SITES = ("maghress", "djazairess")
ROUND = 16
"""Runs of a round that may be disturbed."""

SCALE = 0.5
"""Size of the demo network: about 160 articles on the two sites."""

SETTINGS = {
    "ARTICLE_MAX_ATTEMPTS": "1000",
    "AUTOTHROTTLE_ENABLED": "0",
    "BROWSER": "off",
    "CONCURRENT_REQUESTS_PER_DOMAIN": "4",
    "DOWNLOAD_DELAY": "0",
    "DOWNLOAD_TIMEOUT": "90",
    "FEED_BATCH": "4",
    "HOST_FAILURES": "0",
    "LOG_LEVEL": "WARNING",
    "MONITORS": "0",
    "RETRY_BACKOFF": "0.1",
}
DUE = {"RECHECK_DAYS": "36500", "RECHECK_HOURS": "0" + ",0" * 40, "SOURCE_RETRY_HOURS": "0"}
"""Settings with which every exported article is due at once."""

Record = dict[str, Any]


@dataclass
class Expected:
    """Result of an undisturbed crawl of a site."""

    records: dict[str, WrittenFile] = field(default_factory=dict)
    """Records by id."""
    unserved: set[str] = field(default_factory=set)
    """Articles that fail or are rejected."""
    days: dict[str, str] = field(default_factory=dict)
    """Printed dates by id."""


def start(
    proxy: DemoProxy,
    data: Path,
    site: str,
    arguments: Mapping[str, str],
    settings: Mapping[str, str],
) -> Running:
    """Start a crawl, whose output is added to a log in the data directory."""
    given = [f"--set={name}={value}" for name, value in (SETTINGS | dict(settings)).items()]
    given += [part for item in arguments.items() for part in ("-a", "=".join(item))]
    data.mkdir(exist_ok=True)
    environment = os.environ | proxy.environment() | {"NEWSCRAWL_DATA": str(data)}
    with (data / "log").open("a") as log:
        log.write(f"\n== {site} {arguments} {settings}\n")
        log.flush()
        return start_command(
            [*SCRAPY, "crawl", site, *given], env=environment, stdout=log, stderr=log
        )


def outlets(site: str) -> list[str]:
    """Slugs of a site's outlets."""
    return sorted({outlet.slug for outlet in outlets_of(site)})


def undisturbed(site: str, data: Path) -> Expected:
    """Crawl a whole site."""
    with DemoProxy(build(scale=SCALE).reply) as proxy:
        everything = {"outlets": ",".join(outlets(site)), "_job": "calm"}
        if code := start(proxy, data, site, everything, {}).wait():
            sys.exit(f"the undisturbed run ended with exit code {code}: {data / 'log'}")
    report = json.loads((data / "runs" / "calm.json").read_text())
    found = Expected(unserved={*report["failures"], *report["rejections"]})
    for record in lines(data):
        found.records[record["id"]] = comparable(record)
        found.days[record["id"]] = record["copy"]["published"][:10]
    return found


def comparable(record: Mapping[str, Any]) -> WrittenFile:
    """Return a record as its first version."""
    return written({**record, "version": 1, "changed": []})


class Round:
    """One data directory, and runs that write to it."""

    def __init__(self, seed: int, expected: Mapping[str, Expected], directory: Path) -> None:
        self._chance = random.Random(seed)
        self._expected = expected
        self._network = build(scale=SCALE)
        self._due = self._chance.random() < 0.3
        self._settings = DUE if self._due else {}
        self._settings = self._settings | {"PARSE_WORKERS": self._chance.choice("001")}
        self._requests = 0
        self._on_request = 0
        self._reached = threading.Event()
        self._versions: dict[str, list[Record]] = {}
        self.data = directory / f"round-{seed}"
        self.counts: Counter[str] = Counter()
        """Runs, and what happened to them."""

    def run(self) -> None:
        """Disturb some runs, then let the last ones come to their end."""
        with DemoProxy(self._answer) as proxy:
            for _ in range(ROUND):
                self._disturb(proxy)
                if self._complete():
                    break
            for site in SITES:
                self._crawl(proxy, site, {"outlets": ",".join(outlets(site))})
                if urls := self._not_followed(site):
                    self._crawl(proxy, site, {"urls": ",".join(urls)})
        self._check_end()

    def _not_followed(self, site: str) -> list[str]:
        """URLs of the articles that only runs with ``follow=no`` have exported."""
        last = [found[-1] for found in self._versions.values()]
        return [
            record["url"]
            for record in last
            if record["aggregator"] == site and record["source"]["status"] == "not_followed"
        ]

    def _answer(self, method: str, url: str, headers: Mapping[str, str]) -> Reply:
        if method != "CONNECT":
            self._requests += 1
            if self._requests == self._on_request:
                self._reached.set()
        return self._network.reply(method, url, headers)

    def _disturb(self, proxy: DemoProxy) -> None:
        """Run a crawl with random arguments, and stop it perhaps."""
        chance = self._chance
        site = chance.choice(SITES)
        arguments = self._arguments(site)
        settings = {}
        signals: list[signal.Signals] = []
        match chance.choice([*4 * ["kill"], "cancel", "twice", "budget", "none"]):
            case "kill":
                signals = [signal.SIGKILL]
            case "cancel":
                signals = [chance.choice([signal.SIGTERM, signal.SIGINT])]
            case "twice":
                signals = 2 * [chance.choice([signal.SIGTERM, signal.SIGINT])]
            case "budget":
                settings["CLOSESPIDER_PAGECOUNT"] = str(chance.randint(1, 60))
        self._crawl(proxy, site, arguments, settings, signals)

    def _arguments(self, site: str) -> dict[str, str]:
        chance = self._chance
        known = sorted(self._expected[site].records.keys() | self._expected[site].unserved)
        arguments: dict[str, str] = {}
        match chance.choice(["new", "outlets", "outlets", "all", "list", "list", "list", "due"]):
            case "outlets":
                chosen = chance.sample(outlets(site), chance.randint(1, 3))
                arguments["outlets"] = ",".join(chosen)
                if chance.random() < 0.3:
                    arguments["since"] = chance.choice(sorted(self._expected[site].days.values()))
            case "all":
                arguments["outlets"] = ",".join(outlets(site))
            case "list":
                file = self.data / f"list-{chance.randint(1, 3)}-{site}.txt"
                if not file.exists():
                    file.parent.mkdir(exist_ok=True)
                    keys = map(
                        parse_article_id,
                        chance.sample(known, chance.randint(5, 50)),
                    )
                    file.write_text("".join(f"{key.url}\n" for key in keys))
                arguments["urls"] = str(file)
            case "due":
                arguments["revisit"] = "only"
        if chance.random() < 0.3:
            arguments["limit"] = str(chance.randint(1, 30))
        if chance.random() < 0.1:
            arguments["follow"] = "no"
        if "urls" not in arguments and "revisit" not in arguments and chance.random() < 0.2:
            arguments["revisit"] = "no"
        return arguments

    def _crawl(
        self,
        proxy: DemoProxy,
        site: str,
        arguments: dict[str, str],
        settings: Mapping[str, str] | None = None,
        signals: list[signal.Signals] | None = None,
    ) -> None:
        """Run a crawl, send it signals, and check what it left."""
        self.counts["runs"] += 1
        self.counts["lists"] += "urls" in arguments
        self.counts["limits"] += "limit" in arguments
        self.counts["budgets"] += bool(settings)
        job = f"run-{self.counts['runs']:02}"
        # SIGINT interrupts the imports before the first request, as in any Python program.
        earliest = int(signal.SIGINT in (signals or []))
        self._requests, self._on_request = 0, self._chance.randint(earliest, 40)
        self._reached.clear()
        arguments = arguments | {"_job": job}
        settings = {**self._settings, **(settings or {})}
        process = start(proxy, self.data, site, arguments, settings)
        for number, each in enumerate(signals or []):
            if number or not self._on_request:
                time.sleep(self._chance.uniform(0, 0.5 if number else 2))
            else:
                while process.poll() is None and not self._reached.wait(0.02):
                    pass
            process.send_signal(each)
        code = process.wait()
        log = (self.data / "log").read_text(errors="replace")
        assert "Traceback" not in log, f"{job}: a traceback is in the log"
        self._check_feeds()
        if code == -signal.SIGKILL:
            self.counts["kills"] += 1
            return
        if code in (-signal.SIGTERM, -signal.SIGINT):
            self.counts["ended before the program had begun"] += 1
            return
        assert code in (0, 1, 130), f"{job}: exit code {code}"
        path = self.data / "runs" / f"{job}.json"
        if code == 130 or not path.exists():
            assert signals, f"{job}: no report, exit code {code}"
            self.counts["ended before the run had begun"] += 1
            return
        report = json.loads(path.read_text())
        self.counts["cancels"] += report["reason"] == "shutdown"
        self._check_report(site, job, report)
        if report["reason"] == "finished":
            self._check_covered(site, job, arguments)

    def _check_report(self, site: str, job: str, report: Record) -> None:
        parts = ("exported", "rejected", "failed", "unchanged", "left")
        said = {name: report[name] for name in ("found", *parts)}
        assert report["state"] in ("finished", "interrupted"), f"{job}: state {report['state']}"
        assert report["found"] == sum(report[part] for part in parts), f"{job}: {said}"
        assert "log_count" not in str(report["errors"]), f"{job}: {report['errors']}"
        for kind in ("failures", "rejections"):
            wrong = report[kind].keys() - self._expected[site].unserved
            assert not wrong, f"{job}: {kind} { ({name: report[kind][name] for name in wrong}) }"
        self.counts["found"] += report["found"]
        for part in parts:
            self.counts[part] += report[part]

    def _check_feeds(self) -> None:
        """Check that each version is in the feeds once, with what changed."""
        versions: dict[str, list[Record]] = defaultdict(list)
        for record in self._committed():
            versions[record["id"]].append(record)
        for article, found in versions.items():
            found.sort(key=lambda record: int(record["version"]))
            numbers = [record["version"] for record in found]
            assert numbers == [*range(1, len(found) + 1)], f"{article}: versions {numbers}"
            for record in found[1:]:
                assert record["changed"], f"{article}: version {record['version']} is unchanged"
        self._versions = versions

    def _committed(self) -> list[Record]:
        """Records as far as the ledger has committed them."""
        lengths: dict[str, int] = {}
        if ledger_path(self.data).exists():
            ledger = Ledger(ledger_path(self.data))
            for site in SITES:
                lengths |= dict(ledger.files.committed(site))
            ledger.close()
        found = []
        for feed in (self.data / "feeds").rglob("*.jsonl"):
            length = lengths.get(feed.relative_to(self.data).as_posix())
            found += [json.loads(line) for line in feed.read_bytes()[:length].splitlines()]
        return found

    def _check_covered(self, site: str, job: str, arguments: Mapping[str, str]) -> None:
        """Check that a finished run has exported all that its arguments cover."""
        if "limit" in arguments or arguments.get("revisit") == "only":
            return
        expected = self._expected[site]
        if "urls" in arguments:
            listed = arguments["urls"]
            urls = (
                listed.split(",")
                if listed.startswith("https:")
                else Path(listed).read_text().split()
            )
            keys = [*map(_article_of, urls)]
        elif "outlets" in arguments:
            slugs = arguments["outlets"].split(",")
            keys = [name for name in expected.records if parse_article_id(name).outlet in slugs]
        else:
            return
        since = arguments.get("since", "")
        missing = [
            name
            for name in keys
            if name in expected.records
            and expected.days[name] >= since
            and name not in self._versions
        ]
        assert not missing, f"{job}: not exported although it came to its end: {missing}"

    def _complete(self) -> bool:
        """Whether all that is served is exported; due articles are still fetched again."""
        return not self._due and all(
            each.records.keys() <= self._versions.keys() for each in self._expected.values()
        )

    def _check_end(self) -> None:
        for site, expected in self._expected.items():
            found = {n: v[-1] for n, v in self._versions.items() if n.startswith(f"{site}:")}
            assert found.keys() == expected.records.keys(), found.keys() ^ expected.records.keys()
            for name, record in found.items():
                same = comparable(record) == expected.records[name]
                assert same, f"{name}: {record} is not {expected.records[name].record}"
            ledger = Ledger(ledger_path(self.data))
            states = {row[3] for row in ledger.articles.count_by_outlet(Scope(site=site))}
            ledger.close()
            assert "found" not in states, f"{site}: articles without an outcome are left"
        for path in (self.data / "runs").glob("*.json"):
            report = json.loads(path.read_text())
            assert report["state"] != "running", f"{path} says running"


def _article_of(url: str) -> str:
    """Return the id of an article by its URL."""
    key = parse_article_url(url)
    assert key is not None, url
    return key.id


def main() -> int:
    """Run rounds until there are enough runs, or the time is over."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--minutes", type=float, default=600, help="no round begins after this")
    parser.add_argument("--seed", type=int, default=1, help="of the first round")
    options = parser.parse_args()
    end = time.monotonic() + 60 * options.minutes
    directory = Path(tempfile.mkdtemp(prefix="campaign-"))
    total: Counter[str] = Counter()
    seed = options.seed
    expected = {site: undisturbed(site, directory / f"calm-{site}") for site in SITES}
    while total["runs"] < options.runs and time.monotonic() < end:
        began = time.monotonic()
        one = Round(seed, expected, directory)
        try:
            one.run()
        except AssertionError as error:
            print(f"seed {seed}: {error}\n{one.data} has the files and the log", flush=True)
            return 1
        seconds = time.monotonic() - began
        print(f"seed {seed}: {dict(one.counts)}, {seconds:.0f} s", flush=True)
        shutil.rmtree(one.data)
        total += one.counts
        seed += 1
    print(f"all: {dict(total)}")
    shutil.rmtree(directory)
    return 0


if __name__ == "__main__":
    sys.exit(main())
