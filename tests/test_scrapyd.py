"""End to end: a real Scrapyd in a separate environment with only its requirements."""

import base64
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest

from newscrawl.archive.warc import ArchiveIndex
from newscrawl.demo.network import build
from newscrawl.demo.proxy import DemoProxy
from newscrawl.state import Ledger, Scope, ledger_path
from tests.web import Outcome

PROJECT = Path(__file__).parent.parent
OUTLETS = "lecourrierdusouss,gazettedelatlas"
SECRET = {"SCRAPYD_USERNAME": "desk", "SCRAPYD_PASSWORD": "argan: 100% $HOME"}
DISTRIBUTIONS = "/usr/bin/python3"
FAST = {"DOWNLOAD_DELAY": "0", "AUTOTHROTTLE_ENABLED": "0", "ARCHIVE": "1", "FEED_BATCH": "3"}


def until(what: Callable[[], Any], seconds: float = 120) -> Any:
    """Wait for something to be true."""
    deadline = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < deadline, what
        time.sleep(0.1)
    return found


def system_python() -> str:
    """The distribution's Python, if it can make environments; its pip is older than any other."""
    can = [DISTRIBUTIONS, "-c", "import ensurepip, sys; sys.exit(sys.version_info < (3, 11))"]
    if Path(DISTRIBUTIONS).exists() and not subprocess.run(can, check=False).returncode:
        return DISTRIBUTIONS
    return sys.executable


class Node:
    """Scrapyd with the project's configuration, on its own port."""

    def __init__(self, directory: Path, proxy: DemoProxy) -> None:
        self.data = directory / "data"
        self.home = directory / "scrapyd"
        self.home.mkdir()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}/"
        clean = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        self.environment = clean | SECRET | {"SCRAPYD_URL": self.url}
        python = self.python = directory / "venv" / "bin" / "python"
        # As docs/operate.md has it: with the system's Python, and the pip that comes with it.
        subprocess.run([system_python(), "-m", "venv", directory / "venv"], check=True)
        subprocess.run(
            [python, "-m", "pip", "-qq", "install", "-r", PROJECT / "deploy" / "requirements.txt"],
            check=True,
            timeout=600,
        )
        shutil.copy(PROJECT / "deploy" / "scrapyd.conf", self.home)
        self.log = (self.home / "scrapyd.log").open("wb")
        self.process = subprocess.Popen(
            [python.with_name("scrapyd")],
            cwd=self.home,
            env=self.environment
            | proxy.environment()
            | {"NEWSCRAWL_DATA": str(self.data), "SCRAPYD_HTTP_PORT": str(port)},
            stdout=self.log,
            stderr=self.log,
        )

    def close(self) -> None:
        self.process.terminate()
        self.process.wait()
        self.log.close()

    def ask(self, service: str, **values: Any) -> dict[str, Any]:
        """Call the web service; with ``project`` it is a POST."""
        query = urlencode(values, doseq=True)
        posted = "project" in values
        request = Request(  # noqa: S310 - our own server
            f"{self.url}{service}.json" + ("" if posted else f"?{query}"),
            data=query.encode() if posted else None,
        )
        login = ":".join(SECRET.values()).encode()
        request.add_header("Authorization", f"Basic {base64.b64encode(login).decode()}")
        with urlopen(request, timeout=60) as response:  # noqa: S310
            answer: dict[str, Any] = json.load(response)
        assert answer["status"] == "ok", answer
        return answer

    def answers(self) -> bool:
        try:
            return bool(self.ask("daemonstatus"))
        except OSError:
            return False

    def schedule(self, job: str, settings: dict[str, str], **arguments: str) -> None:
        options = [f"{name}={value}" for name, value in settings.items()]
        self.ask(
            "schedule",
            project="newscrawl",
            spider="maghress",
            jobid=job,
            setting=options,
            **arguments,
        )

    def ended(self, job: str) -> dict[str, Any]:
        """Wait for the end of a job; its run report."""
        until(lambda: self.ask("status", job=job)["currstate"] == "finished")
        report: dict[str, Any] = json.loads(self.report(job).read_text())
        return report

    def report(self, job: str) -> Path:
        return self.data / "runs" / f"{job}.json"

    def feed(self, job: str) -> Path:
        return self.data / "feeds" / "maghress" / f"{job}.jsonl"


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    with DemoProxy(build().reply) as proxy:
        made = Node(tmp_path, proxy)
        try:
            until(made.answers)
            yield made
        finally:
            made.close()


def test_a_cancelled_job_on_a_deployed_node_loses_nothing(node: Node) -> None:
    # What a crawl imports can be imported in the environment that the documents make.
    doctor = subprocess.run(
        [node.python, "-m", "scrapy", "doctor", "--offline"],
        cwd=PROJECT,
        env=node.environment
        | {"NEWSCRAWL_DATA": str(node.data), "NEWSCRAWL_CONTACT": "a@b.example"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "fail" not in doctor.stdout, doctor.stdout + doctor.stderr
    assert "all that a crawl imports" in doctor.stdout

    deployed = subprocess.run(
        ["make", "deploy", "TARGET=server"],
        cwd=PROJECT,
        env=node.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert deployed.returncode == 0, deployed.stdout + deployed.stderr
    assert '"spiders": 7' in deployed.stdout
    seen = Outcome(0, "", node.data, [])

    # A run finishes, and its name is in all that it leaves.
    wanted = {"editions": "fr", "outlets": OUTLETS}
    node.schedule("first", FAST, **wanted)
    report = node.ended("first")
    assert (report["state"], report["outcome"]) == ("finished", "ok"), report
    records = seen.lines("feeds")
    assert len(records) == report["exported"] > 20
    assert {record["crawl"]["job"] for record in records} == {"first"}
    assert node.feed("first").exists()
    index = ArchiveIndex(node.data / "archive")
    index.update()
    assert all(list(index.responses_to(record["url"])) for record in records)
    ledger = Ledger(ledger_path(node.data))
    states: Counter[str] = Counter()
    for *_, state, count in ledger.articles.count_by_outlet(Scope(site="maghress")):
        states[state] += count
    ledger.close()
    assert states.total() == report["found"]
    assert states["done"] + states["waiting"] == len(records)
    assert {Path(record["archive"]["copy"]["file"]).name[:5] for record in records} == {"first"}
    assert any(record["source"]["status"] == "ok" for record in records)

    # The same again finds nothing new.
    node.schedule("second", FAST, **wanted)
    report = node.ended("second")
    assert (report["outcome"], report["exported"]) == ("ok", 0), report
    assert report["known"] >= len(records)
    assert len(seen.lines("feeds")) == len(records)

    # The job's log has the summary; a wrong argument leaves its reason there and in a report.
    log = node.home / "logs" / "newscrawl" / "maghress" / "second.log"
    assert "found 0 = exported 0" in log.read_text()
    node.schedule("wrong", FAST, limit="none")
    report = node.ended("wrong")
    assert (report["outcome"], "limit=none" in report["reason"]) == ("failed", True), report
    assert "limit=none" in log.with_name("wrong.log").read_text()

    # A third is cancelled mid-way, while one that overlaps it has been skipped.
    wanted["outlets"] = "riftelegraphe"
    slow = FAST | {"DOWNLOAD_DELAY": "0.3", "CONCURRENT_REQUESTS_PER_DOMAIN": "1"}
    node.schedule("third", slow, **wanted)
    until(lambda: node.feed("third").exists() and node.feed("third").stat().st_size)
    node.schedule("overlapping", FAST, **wanted)
    report = node.ended("overlapping")
    assert (report["outcome"], report["reason"]) == ("skipped", "site is busy")
    assert json.loads(node.report("third").read_text())["state"] == "running"
    assert "site is busy" not in log.with_name("third.log").read_text()
    assert "skipped" in log.with_name("overlapping.log").read_text()
    for _ in range(2):  # a second cancel does not cut it short
        assert node.ask("cancel", project="newscrawl", job="third")["prevstate"] == "running"
    report = node.ended("third")
    assert (report["state"], report["outcome"]) == ("interrupted", "ok"), report["errors"]
    assert report["left"] > 0

    # What it had is complete, and the next run brings the rest, each article once.
    node.schedule("fourth", FAST, **wanted)
    report = node.ended("fourth")
    assert report["outcome"] == "ok", report
    ids = [record["id"] for record in seen.lines("feeds")]
    assert len(ids) == len(set(ids))
    of_outlet = [id_ for id_ in ids if "/riftelegraphe/" in id_]
    missing = {id_ for id_ in build().truth if "/riftelegraphe/" in id_} - set(of_outlet)
    assert missing == set(report["failures"]) | set(report["rejections"])
    assert "no outcome" not in str(report["failures"])

    # The plan is posted twice, and nothing is queued twice.
    def posted() -> list[str]:
        done = subprocess.run(
            [sys.executable, "-m", "scrapy", "schedule", "--post", node.url],
            cwd=PROJECT,
            env=node.environment | {"NEWSCRAWL_DATA": str(node.data)},
            capture_output=True,
            text=True,
            check=True,
        )
        return [line.removeprefix("posted ") for line in done.stdout.splitlines()]

    def listed() -> list[str]:
        states = node.ask("listjobs")
        return [job["id"] for kind in ("pending", "running", "finished") for job in states[kind]]

    once, twice = posted(), posted()
    assert any(job.startswith("new-maghress-") for job in once)
    assert not set(once) & set(twice)
    jobs = node.ask("listjobs")
    ahead = [job["spider"] for kind in ("pending", "running") for job in jobs[kind]]
    assert len(ahead) == len(set(ahead))  # a site has one job at a time
    assert len(listed()) == len(set(listed()))

    # When the node is stopped its jobs end in order first, also one that was just cancelled.
    new = next(job for job in once if job.startswith("new-"))
    until(node.report(new).exists)
    node.ask("cancel", project="newscrawl", job=new)
    end_jobs = PROJECT / "deploy" / "end-jobs"
    subprocess.run([end_jobs, str(node.process.pid)], check=True, timeout=60)
    report = json.loads(node.report(new).read_text())
    assert (report["state"], report["reason"]) == ("interrupted", "shutdown"), report

    node.log.flush()
    assert "exitstatus=75" in Path(node.log.name).read_text()
