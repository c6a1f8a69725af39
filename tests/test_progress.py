"""Progress of a run: a line on a terminal, JSON for machines."""

import json
import os
import pty
import re
import subprocess
from pathlib import Path

from newscrawl.demo.proxy import DemoProxy, Reply
from tests import preloaded
from tests.web import HTML, Web, aggregator_page, command, environment

TEXT = ["Le conseil communal a voté jeudi le budget des ruelles de la vieille ville."]
CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def articles(count: int) -> Web:
    web = Web()
    for number in range(1, count + 1):
        url = f"https://www.maghress.com/fr/courrier/{number}"
        web.pages[url] = aggregator_page(f"Titre numéro {number}", TEXT, link=None)
    return web


LOST = f"https://lost.example/{'one-long-word-' * 12}"


def test_a_terminal_shows_one_line_and_the_log_stays_readable(tmp_path: Path) -> None:
    slow = {
        "DOWNLOAD_MAXSIZE": "3000",
        "DOWNLOAD_DELAY": "0.15",
        "CONCURRENT_REQUESTS_PER_DOMAIN": "1",
    }
    arguments = {"ids": "courrier:1-22", "editions": "fr"}
    terminal = {"COLUMNS": "130", "TERM": "xterm", "NEWSCRAWL_CONTACT": ""}
    ours, theirs = pty.openpty()
    web = articles(20)
    web.pages["https://www.maghress.com/fr/courrier/1"] = aggregator_page("Un", TEXT, link=LOST)
    web.pages[LOST] = Reply(headers=HTML, body=b"x" * 5000)
    with DemoProxy(web.reply) as proxy:
        run = preloaded.start(
            command("maghress", slow, arguments),
            env=environment(proxy, tmp_path) | terminal,
            stderr=theirs,
        )
        os.close(theirs)
        shown = b""
        try:
            while piece := os.read(ours, 65536):
                shown += piece
        except OSError:
            pass  # the terminal is closed when the run has ended
        assert run.wait() == 0
    os.close(ours)
    text = CONTROL.sub("", shown.decode())
    states = [piece for piece in re.split(r"[\r\n]+", text) if " · " in piece]
    assert len(states) > 2, text
    assert re.search(rf"WARNING: Expected to receive \d+ bytes .*{re.escape(LOST)}", text), text
    assert re.search(
        r"^\d{4}-\d\d-\d\d \S+ \[scrapy\.core\.engine\] INFO: Spider opened", text, re.MULTILINE
    )
    assert re.search(
        r"^\d{4}-\d\d-\d\d \S+ \[scrapy\.core\.engine\] INFO: Spider closed", text, re.MULTILINE
    )
    assert re.search(r"^found 20 = exported 20", text, re.MULTILINE)


def test_json_logs_are_one_object_per_line_and_nothing_else(tmp_path: Path) -> None:
    loaded = tmp_path / "sitecustomize.py"
    loaded.write_text(
        "import atexit, sys\natexit.register(lambda: print('rich' in sys.modules, flush=True))\n"
    )
    with DemoProxy(articles(1).reply) as proxy:
        runs = [
            subprocess.run(
                [*command("maghress", {}, {"ids": "courrier:1-2", "editions": edition}), "--json"],
                env=environment(proxy, tmp_path)
                | {"PYTHONPATH": str(tmp_path), "NEWSCRAWL_CONTACT": "desk@university.example"},
                capture_output=True,
                text=True,
                check=False,
            )
            for edition in ("fr", "xx")
        ]
    good, wrong = ([json.loads(line) for line in run.stderr.splitlines()] for run in runs)
    assert [run.returncode for run in runs] == [0, 1], good
    assert all({"time", "level", "logger", "message"} <= set(entry) for entry in good)
    assert any(entry["message"].startswith("found 1 = exported 1") for entry in good)
    # A good run has nothing to warn of.
    assert [entry["message"] for entry in good if entry["level"] != "INFO"] == []
    assert "editions=xx" in wrong[-1]["message"]
    assert (wrong[-1]["level"], wrong[-1]["logger"]) == (
        "ERROR",
        "newscrawl.operations.announcements",
    )
    # Where there is no terminal, what draws on one is not loaded.
    assert {run.stdout.strip() for run in runs} == {"False"}
