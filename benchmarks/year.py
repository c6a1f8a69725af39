"""A year of hourly runs: cost of a node's commands after operating for that long.

    python -m benchmarks.year [--records 2] [--directory DIR]

Makes a data directory as a year of the schedule leaves it: a run of each site every hour (52,560
reports and feeds) and all articles in the ledger. Then measures each command twice, and compares
the better time with its budget. Times are the processor's, which other work on the machine hardly
affects; elapsed times are printed, too. ``--directory`` keeps the data for the next call. Exits 1
if a budget is exceeded.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.cost import cost_of
from benchmarks.export import record
from newscrawl.aggregator.sites import SITES
from newscrawl.demo.proxy import DemoProxy, Reply
from newscrawl.state import Entry, Ledger, ledger_path

ALIVE = [site.name for site in SITES.values() if site.alive]
HOURS = 365 * 24
WORDS = 90
BUDGETS = {"crawl": 2.0, "status": 2.0, "post": 2.0, "prune": 15.0, "report": 15.0}
"""Seconds: from the command to the first request of a crawl, and to the end of the others."""


def report(site: str, job: str, ended: datetime, records: int) -> dict[str, Any]:
    """The report of an hourly run, as large as a real one."""
    outlets = {f"fr/outlet{number}": 1 for number in range(30)}
    hosts = {
        f"www.outlet{number}.example": {"answers": 9, "failures": 0, "seconds": 3.2, "slowest": 0.9}
        for number in range(30)
    }
    return {
        "job": job,
        "spider": site,
        "version": "0.1.0",
        "arguments": {"revisit": "no", "_job": job},
        "started": (ended - timedelta(minutes=9)).isoformat(timespec="seconds"),
        "written": ended.isoformat(timespec="seconds"),
        "process": 1,
        "state": "finished",
        "outcome": "ok",
        "errors": [],
        "reason": "finished",
        **dict.fromkeys(("found", "exported", "compared", "article_pages"), records),
        **dict.fromkeys(("rejected", "failed", "unchanged", "waiting", "left", "outside"), 0),
        **dict.fromkeys(("unreadable", "listings_failed", "listings_gone", "absent"), 0),
        "known": 90,
        "sources": {"ok": records},
        "flags": {},
        "languages": {"fr": records},
        "filled": dict.fromkeys(("title", "text", "authors", "published"), records),
        "outlets": outlets,
        "agreement": 0.99,
        "rules_withdrawn": [],
        "clock_offset": 0.1,
        "left_alone": {},
        "pages": 200,
        "seconds": 540.0,
        "files": {"feeds": f"feeds/{site}/{job}.jsonl"},
        "hosts": hosts,
        "failures": {},
        "rejections": {},
        "monitors": {},
    }


def make_year(data: Path, now: datetime, records: int) -> None:
    """Write reports, feeds and ledger."""
    encode = msgspec.json.Encoder().encode
    (data / "runs").mkdir(parents=True)
    number = 0
    with closing(Ledger(ledger_path(data))) as ledger:
        for site in ALIVE:
            feeds = data / "feeds" / site
            feeds.mkdir(parents=True)
            jobs: dict[str, list[Entry]] = {}
            for hour in range(HOURS):
                ended = now - timedelta(hours=HOURS - hour)
                job = f"new-{site}-{ended:%Y%m%dT%H}"
                lines = [encode(record(number + n, WORDS, 0)) for n in range(records)]
                jobs[job] = [
                    Entry(f"{site}:fr/outlet{n % 40}/{n}", site, "fr", f"outlet{n % 40}")
                    for n in range(number, number + records)
                ]
                number += records
                feed, path = feeds / f"{job}.jsonl", data / "runs" / f"{job}.json"
                feed.write_bytes(b"\n".join([*lines, b""]))
                whole = encode(report(site, job, ended, records))
                path.write_bytes(msgspec.json.format(whole, indent=2))
                for file in (feed, path):
                    os.utime(file, (ended.timestamp(), ended.timestamp()))
            stamp = now.isoformat(timespec="seconds")
            found = [entry for entries in jobs.values() for entry in entries]
            ledger.articles.find(found, "year", stamp, attempts=5)
            with ledger.transaction():
                for job, entries in jobs.items():
                    file_name = f"feeds/{site}/{job}.jsonl"
                    for entry in entries:
                        due = stamp if entry.id.endswith("49") else None
                        ledger.articles.settle(entry.id, "waiting" if due else "done", due=due)
                        ledger.articles.note_export(entry.id, job, 1, b"", file_name, 0)


class Scrapyd(BaseHTTPRequestHandler):
    """Scrapyd server that lists 5,000 finished jobs and accepts any job."""

    listed = json.dumps(
        {
            "status": "ok",
            "pending": [],
            "running": [],
            "finished": [{"id": f"job-{n}", "spider": "maghress"} for n in range(5000)],
        }
    ).encode()

    def do_GET(self) -> None:
        """List the jobs."""
        self._respond(self.listed)

    def do_POST(self) -> None:
        """Take a job."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self._respond(b'{"status": "ok"}')

    def _respond(self, body: bytes) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def seconds_of(data: Path, *arguments: str) -> tuple[float, float]:
    """Processor time and elapsed time of a command."""
    cost = cost_of(
        [sys.executable, "-m", "scrapy", *arguments],
        env=os.environ | {"NEWSCRAWL_DATA": str(data), "no_proxy": "127.0.0.1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    if cost.code not in (0, 1):  # status says so if the last run is old
        sys.exit(f"scrapy {arguments[0]} failed")
    return cost.cpu, cost.seconds


def start_of_crawl(data: Path) -> tuple[float, float]:
    """Processor time and elapsed time from the command to its first request."""
    first: list[tuple[float, float]] = []

    def reply(_method: str, _url: str, _headers: Mapping[str, str]) -> Reply:
        if not first:
            first.append((processor_time(process.pid), time.monotonic() - began))
        return Reply(404, {"Content-Type": "text/html"}, b"404")

    with DemoProxy(reply) as proxy:
        began = time.monotonic()
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "scrapy", "crawl", "maghress", "-a", "revisit=no"),
                *("-a", "outlets=outlet1", "-a", "editions=fr"),
                *("-s", "LOG_LEVEL=ERROR", "-s", "DOWNLOAD_DELAY=0", "-s", "RETRY_TIMES=0"),
            ],
            env=os.environ | proxy.environment() | {"NEWSCRAWL_DATA": str(data)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        process.wait()
    return first[0]


def processor_time(process: int) -> float:
    """Processor time of a process so far (seconds)."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> int:
    """Make the year and measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--records", type=int, default=2, help="records of each run")
    parser.add_argument("--directory", type=Path, help="where the data is made and kept")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        data = options.directory or Path(directory)
        if not (data / "runs").exists():
            make_year(data, datetime.now(UTC), options.records)
        runs = sum(1 for _ in (data / "runs").iterdir())
        size = ledger_path(data).stat().st_size
        print(f"{runs} reports and feeds, ledger of {size / 1e6:.0f} MB")
        server = HTTPServer(("127.0.0.1", 0), Scrapyd)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_address[1]}/"
        commands: dict[str, Callable[[], tuple[float, float]]] = {
            "crawl": lambda: start_of_crawl(data),
            "status": lambda: seconds_of(data, "status"),
            "post": lambda: seconds_of(data, "schedule", "--post", url),
            "prune": lambda: seconds_of(data, "prune"),
            "report": lambda: seconds_of(data, "report"),
        }
        exceeded = 0
        for name, measure in commands.items():
            best, elapsed = min(measure() for _ in range(2))
            exceeded += best > BUDGETS[name]
            verdict = f"{'EXCEEDED' if best > BUDGETS[name] else 'ok'}, {elapsed:.1f} s elapsed"
            print(f"{name:<8}{best:6.1f} s of {BUDGETS[name]:g} s: {verdict}", flush=True)
        server.shutdown()
        server.server_close()
    return 1 if exceeded else 0


if __name__ == "__main__":
    sys.exit(main())
