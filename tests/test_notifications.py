"""Notifications and heartbeats: what is sent, and that failures reveal no secret."""

import json
import os
import signal
import socket
import socketserver
import subprocess
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar

import pytest
from scrapy.settings import Settings

from newscrawl.demo.proxy import DemoProxy
from newscrawl.operations.notifications import heartbeat, notify
from newscrawl.state.run import job_name
from newscrawl.state.run_reports import report_path, write_report
from newscrawl.state.running import killed_runs
from tests import preloaded
from tests.web import Web, command, crawl, environment

REPORT = {"spider": "maghress", "outcome": "failed", "job": "a", "errors": ["no page"]}


class Hook(BaseHTTPRequestHandler):
    """Web service that records what is posted."""

    got: ClassVar[list[tuple[str, str]]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.got.append((self.path, body))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


class Mail(socketserver.StreamRequestHandler):
    """Mail server that records received messages."""

    got: ClassVar[list[str]] = []

    def handle(self) -> None:
        self.wfile.write(b"220 here\r\n")
        while line := self.rfile.readline():
            verb = line[:4].upper()
            if verb == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                while (line := self.rfile.readline()) != b".\r\n":
                    self.got.append(line.decode())
            self.wfile.write(b"221 bye\r\n" if verb == b"QUIT" else b"250 good\r\n")


@pytest.fixture
def servers() -> Iterator[tuple[int, int]]:
    """Ports of a web service and a mail server."""
    Hook.got.clear()
    Mail.got.clear()
    made = [HTTPServer(("127.0.0.1", 0), Hook), socketserver.TCPServer(("127.0.0.1", 0), Mail)]
    for server in made:
        Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield made[0].server_address[1], made[1].server_address[1]
    for server in made:
        server.shutdown()
        server.server_close()


def test_runs_are_notified_by_webhook_and_mail(servers: tuple[int, int]) -> None:
    web, mail = servers
    urls = (
        f"json://127.0.0.1:{web}/hook "
        f"mailto://127.0.0.1:{mail}?from=crawl@here.example&to=desk@university.example"
    )
    assert list(notify(REPORT, _settings(urls))) == []
    ((path, body),) = Hook.got
    assert path == "/hook"
    assert json.loads(body)["title"] == "newscrawl maghress: failed"
    assert json.loads(body)["message"] == "Run a\nno page"
    assert any("Subject: newscrawl maghress: failed" in line for line in Mail.got)


def test_heartbeats_are_sent_by_site_and_kind(servers: tuple[int, int]) -> None:
    report = {"spider": "maghress", "job": "x", "arguments": {"revisit": "no", "_job": "x"}}
    url = f"http://127.0.0.1:{servers[0]}/ping/{{site}}-{{kind}}?create=1"
    settings = Settings({"HEARTBEAT_URL": url, "USER_AGENT": "newscrawl"})
    assert list(heartbeat(report, "start", settings)) == []
    assert list(heartbeat(report | {"job": "backfill-maghress-fr-a-2026-10"}, "0", settings)) == []
    assert [path for path, _ in Hook.got] == [
        "/ping/maghress-new/start?create=1",
        "/ping/maghress-backfill/0?create=1",
    ]


@pytest.mark.parametrize("url", ["secret", "http://127.0.0.1:1/secret", "http://[secret/"])
def test_a_heartbeat_that_fails_is_a_sentence_without_its_url(url: str) -> None:
    settings = Settings({"HEARTBEAT_URL": url, "USER_AGENT": "newscrawl"})
    (said,) = heartbeat(REPORT, "start", settings)
    assert said.startswith("HEARTBEAT_URL: ")
    assert "secret" not in said


def test_a_killed_run_is_found_and_notified(tmp_path: Path, servers: tuple[int, int]) -> None:
    root = f"http://127.0.0.1:{servers[0]}"
    settings = {
        "NOTIFY_URLS": root.replace("http", "json") + "/notify",
        "HEARTBEAT_URL": root + "/{site}",
        "DOWNLOAD_DELAY": "5",
    }
    direct = {"no_proxy": "127.0.0.1", "NO_PROXY": "127.0.0.1"}
    with DemoProxy(Web().reply) as proxy:
        first = preloaded.start(
            command("maghress", settings, {"_job": "first"}),
            env=environment(proxy, tmp_path) | direct,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 30
        while not report_path(tmp_path, "first").exists():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert list(killed_runs(tmp_path)) == []  # it is alive
        first.send_signal(signal.SIGKILL)
        first.wait()
    # However many reports are written in between.
    for number in range(60):
        write_report(report_path(tmp_path, f"skipped-{number}"), {"spider": "maghress"})
    web = Web()
    web.direct = "127.0.0.1"
    second = crawl(web, tmp_path, settings=settings | {"DOWNLOAD_DELAY": "0"}, _job="second")
    assert second.code == 1
    report = json.loads(report_path(tmp_path, "first").read_text())
    assert (report["state"], report["outcome"]) == ("killed", "failed")
    sent = [path if path != "/notify" else json.loads(body)["message"] for path, body in Hook.got]
    assert sent[0] == "/maghress/start"
    assert sent[1].startswith("Run first\nthe process was killed")
    assert sent[2] == "/maghress/start"
    assert sent[3].startswith("Run second\n")
    assert sent[4] == "/maghress/1"


def test_killed_runs_of_all_sites_are_found_without_a_new_run(tmp_path: Path) -> None:
    (tmp_path / "ledger").mkdir()
    (tmp_path / "runs" / "running").mkdir(parents=True)
    for site in ("maghress", "turess"):
        (tmp_path / "runs" / "running" / site).write_text(f"of-{site}")
        process = os.getpid() if site == "turess" else 2**22 + 1
        report = {"job": f"of-{site}", "spider": site, "state": "running", "process": process}
        write_report(report_path(tmp_path, f"of-{site}"), report)
    assert [report["job"] for report in killed_runs(tmp_path)] == ["of-maghress"]
    assert list(killed_runs(tmp_path)) == []


def test_a_killed_run_whose_report_cannot_be_written_is_logged_and_found_later(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "ledger").mkdir()
    (tmp_path / "runs" / "running").mkdir(parents=True)
    (tmp_path / "runs" / "running" / "maghress").write_text("killed")
    path = report_path(tmp_path, "killed")
    write_report(path, {"job": "killed", "state": "running", "process": 2**22 + 1})
    obstacle = path.with_suffix(".part")  # where a new report is written first
    obstacle.mkdir()
    assert list(killed_runs(tmp_path)) == []
    assert f"A killed run of maghress is not reported: {path} cannot be written" in caplog.text
    obstacle.rmdir()
    assert [report["job"] for report in killed_runs(tmp_path)] == ["killed"]


@pytest.fixture(params=[b"garbage\r\n\r\n", b"", b"HTTP/1.1 999999999 x\r\n\r\n", b"\x00" * 99])
def port(request: pytest.FixtureRequest) -> Iterator[int]:
    """The port of a server that sends a malformed response."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(request.param)

        thread = Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        thread.join(5)


def test_a_malformed_response_of_a_webhook_is_reported_without_its_url(port: int) -> None:
    (said,) = notify(REPORT, _settings(f"json://127.0.0.1:{port}/services/token?key=value"))
    assert said.startswith(f"NOTIFY_URLS: json://127.0.0.1:{port}: ")
    assert "token" not in said
    assert "value" not in said


@pytest.mark.parametrize(
    "url", ["json://127.0.0.1:port-token/token", "json://[token/token", "token", "ftp://a/token"]
)
def test_an_invalid_url_is_reported_without_its_secrets(url: str) -> None:
    (said,) = notify(REPORT, _settings(url))
    assert "token" not in said


def _settings(urls: str) -> Settings:
    return Settings({"NOTIFY_URLS": urls})


@pytest.mark.parametrize("name", ["a" * 300, "é" * 150, "ع" * 300, "𝒂" * 300])
def test_a_long_run_name_is_truncated_to_a_valid_file_name(name: str) -> None:
    job = job_name("maghress", name)
    assert len(job.encode()) <= 200
    assert name.startswith(job)
