"""Cancelled runs: a clean shutdown at any time."""

import json
import os
import pty
import signal
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from newscrawl.demo.proxy import DemoProxy, Reply
from tests import preloaded
from tests.support import walked
from tests.web import Web, command, crawl, environment

WALK: dict[str, Any] = {"outlets": "courrier", "editions": "fr"}


def cancelled(
    small: Web, data: Path, signals: list[signal.Signals], until: Callable[[list[str]], bool]
) -> tuple[int, str, dict[str, Any]]:
    """Exit code, log and report of a crawl that is sent signals once it has come somewhere."""
    asked: list[str] = []

    def reply(method: str, url: str, headers: Mapping[str, str]) -> Reply:
        asked.append(url)
        return small.reply(method, url, headers)

    path = data / "log"
    with DemoProxy(reply) as proxy, path.open("w") as file:
        run = preloaded.start(
            command("maghress", {"DOWNLOAD_TIMEOUT": "90"}, WALK | {"_job": "cancelled"}),
            env=environment(proxy, data),
            stderr=file,
        )
        deadline = time.monotonic() + 60
        while not until(asked):
            assert time.monotonic() < deadline
            assert run.poll() is None
            time.sleep(0.001)
        for count, number in enumerate(signals):
            # Signals of one kind are merged until the first one is handled.
            while path.read_text().count("Received SIG") < count:
                time.sleep(0.01)
            run.send_signal(number)
        code = run.wait(timeout=90)
    log = path.read_text()
    report = json.loads((data / "runs" / "cancelled.json").read_text())
    assert "Traceback" not in log, log
    return code, log, report


def test_a_run_that_is_cancelled_while_the_engine_opens_shuts_down_cleanly(tmp_path: Path) -> None:
    code, log, report = cancelled(
        walked(1, 3, 3),
        tmp_path,
        [signal.SIGTERM],
        lambda _: (tmp_path / "runs" / "cancelled.json").exists(),
    )
    assert (code, report["state"]) == (0, "interrupted"), log


IMPATIENT = """
import sys

if "crawl" in sys.argv:
    from newscrawl.extensions import shutdown

    shutdown._SECONDS = 1
"""
"""What Python runs first: the time for open requests after a second Ctrl-C is short."""


@pytest.mark.parametrize(("number", "delay"), [(signal.SIGTERM, 1), (signal.SIGINT, 4)])
def test_a_second_cancel_loses_nothing(
    tmp_path: Path, number: signal.Signals, delay: float, before_python: Callable[[str], None]
) -> None:
    before_python(IMPATIENT)
    slow = walked(1, 6, 6)
    url = "https://www.maghress.com/fr/courrier/4"
    page = slow.pages[url]
    slow.pages[url] = Reply(page.status, page.headers, page.body, delay=delay)
    code, log, report = cancelled(slow, tmp_path, [number, number], lambda asked: url in asked)
    assert (code, report["state"]) == (0, "interrupted"), log
    assert report["found"] == report["exported"] + report["left"] == 6
    slow.pages[url] = page
    last = crawl(slow, tmp_path, **WALK)
    assert (last.code, len(last.lines("feeds"))) == (0, 6), last.stderr


def test_a_second_interrupt_on_a_terminal_abandons_open_requests_and_loses_nothing(
    tmp_path: Path, before_python: Callable[[str], None]
) -> None:
    before_python(IMPATIENT)
    data = tmp_path / "data"
    slow = walked(1, 6, 6)
    url = "https://www.maghress.com/fr/courrier/4"
    page = slow.pages[url]
    slow.pages[url] = Reply(page.status, page.headers, page.body, delay=60)
    asked: list[str] = []

    def reply(method: str, url: str, headers: Mapping[str, str]) -> Reply:
        asked.append(url)
        return slow.reply(method, url, headers)

    terminal, its_end = pty.openpty()
    os.set_blocking(terminal, False)
    shown = b""

    def wait_until(done: Callable[[], object]) -> None:
        nonlocal shown
        deadline = time.monotonic() + 45
        while not done():
            assert time.monotonic() < deadline, shown.decode()
            with suppress(BlockingIOError):
                shown += os.read(terminal, 100_000)
            time.sleep(0.01)

    settings = {"DOWNLOAD_TIMEOUT": "90", "FEED_BATCH": "1", "PROGRESS": "0"}
    with DemoProxy(reply) as proxy:
        run = preloaded.start(
            command("maghress", settings, WALK | {"_job": "abandoned"}),
            env=environment(proxy, data),
            stderr=its_end,
        )
        wait_until(lambda: url in asked)
        run.send_signal(signal.SIGINT)
        wait_until(lambda: b"Received SIGINT" in shown)
        run.send_signal(signal.SIGINT)
        wait_until(lambda: run.poll() is not None)
        wait_until(lambda: b"found 6 = " in shown)
    os.close(its_end)
    os.close(terminal)
    assert b"Open requests are abandoned" in shown, shown.decode()
    assert b"Traceback" not in shown, shown.decode()
    report = json.loads((data / "runs" / "abandoned.json").read_text())
    assert report["state"] == "interrupted"
    assert report["found"] == report["exported"] + report["left"] == 6
    slow.pages[url] = page
    last = crawl(slow, data, **WALK)
    assert (last.code, len(last.lines("feeds"))) == (0, 6), last.stderr
