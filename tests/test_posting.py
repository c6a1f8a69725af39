"""Jobs posted to several Scrapyd servers, some of them unreachable."""

import json
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from newscrawl.errors import ScrapydError
from newscrawl.operations.schedule import Slot, plan
from newscrawl.operations.scrapyd import post
from newscrawl.state.place import Place

AWAY = "http://127.0.0.1:9/"


class Scrapyd(ThreadingHTTPServer):
    """Scrapyd server that accepts jobs, or fails after listing jobs."""

    def __init__(self, running: int, *, fails: bool = False) -> None:
        self.jobs: list[str] = []
        self.running = [{"id": f"old{n}", "spider": f"other{n}"} for n in range(running)]
        self.fails = fails
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}/"


class Handler(BaseHTTPRequestHandler):
    """The two services that are used."""

    server: Scrapyd

    def do_GET(self) -> None:
        self.reply({"pending": [], "running": self.server.running, "finished": []})

    def do_POST(self) -> None:
        given = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        if self.server.fails:
            self.close_connection = True
            return
        self.server.jobs += given["jobid"]
        self.reply({})

    def reply(self, more: dict[str, object]) -> None:
        body = json.dumps({"status": "ok"} | more).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@contextmanager
def serving(*servers: Scrapyd) -> Iterator[None]:
    for each in servers:
        threading.Thread(target=each.serve_forever, args=(0.05,), daemon=True).start()
    yield
    for each in servers:
        each.shutdown()
        each.server_close()


def due() -> tuple[list[Slot], datetime]:
    """Slots of new articles, which are due once an hour, and the end of an hour."""
    slots = [slot for slot in plan([2, 3], 0) if slot.kind == "new"]
    return slots, datetime(2026, 1, 1, 12, 59, tzinfo=UTC)


def test_jobs_of_unreachable_or_failing_scrapyds_go_to_the_others(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    idle, busy, failing = Scrapyd(0), Scrapyd(3), Scrapyd(0, fails=True)
    slots, now = due()
    urls = [failing.url, AWAY, idle.url, busy.url]
    with serving(idle, busy, failing), caplog.at_level(logging.WARNING):
        told = list(post(urls, slots, Place(tmp_path), 0, now, {}))
    assert len(told) == len({*idle.jobs, *busy.jobs}) == len(slots) >= 6
    assert len(idle.jobs) >= 3 + len(busy.jobs) - 1
    assert busy.jobs
    assert told[0].endswith(f" to {idle.url}")
    assert [AWAY in line or failing.url in line for line in caplog.messages] == [True, True]


def test_it_is_an_error_if_no_scrapyd_takes_a_job(tmp_path: Path) -> None:
    slots, now = due()
    with pytest.raises(ScrapydError, match="no Scrapyd can be reached"):
        list(post([AWAY, AWAY], slots, Place(tmp_path), 0, now, {}))
    failing = Scrapyd(0, fails=True)
    with serving(failing), pytest.raises(ScrapydError, match=r"schedule\.json: no valid response"):
        list(post([AWAY, failing.url], slots, Place(tmp_path), 0, now, {}))
