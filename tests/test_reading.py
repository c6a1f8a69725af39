"""Pages that are read in a process of their own: the same records, and what befalls it."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from newscrawl.demo.network import build
from newscrawl.demo.proxy import Answer, DemoProxy
from tests.test_nothing_lost import SETTINGS, records
from tests.web import Web, aggregator_page, command, crawl, environment, outlet_page

APART = {"READ_APART": "1"}

TEXT = [
    f"La phrase numéro {number} dit ce que le journal a imprimé ce jour-là." for number in "123456"
]

# Python runs this before anything else. In the process that reads pages, it lays traps.
TRAPS = """
import os, signal, sys, time

if sys.orig_argv[1:2] == ["-c"]:
    from newscrawl import html
    parse = html.parse

    def trapped(page):
        text = page if isinstance(page, bytes) else page.encode()
        if b"takes the parser down" in text:
            os.kill(os.getpid(), signal.SIGSEGV)
        if b"keeps it busy" in text:
            time.sleep(600)
        if b"nobody foresaw" in text:
            raise ValueError("unforeseen")
        return parse(page)

    html.parse = trapped
"""


def url(number: int) -> str:
    return f"https://www.maghress.com/fr/lecourrier/{number}"


def article(number: int, copy: str = "", source: str = "") -> dict[str, Answer]:
    """The two pages of an article, each with something more in it."""
    title = f"Un titre de la page numéro {number}"
    link = f"https://www.lecourrier.example/{number}"
    return {
        url(number): aggregator_page(title, [*TEXT, copy], link=link),
        link: outlet_page(
            title, [*TEXT, source], published="2024-03-29T10:00:00+00:00", author="Amina Alaoui"
        ),
    }


def test_records_are_the_same_as_without(tmp_path: Path) -> None:
    data = {name: tmp_path / name for name in ("within", "apart")}
    with DemoProxy(build().answer) as proxy:
        for name, apart in (("within", "0"), ("apart", "1")):
            settings = SETTINGS | {"READ_APART": apart}
            arguments = {"editions": "fr,ar", "limit": "60"}
            subprocess.run(
                command("maghress", settings, arguments),
                env=environment(proxy, data[name]),
                check=True,
                capture_output=True,
            )
    found = records(data["apart"])
    assert len(found) == 60
    assert found == records(data["within"])


def test_a_page_that_brings_it_down_or_keeps_it_busy_costs_its_own_article(
    tmp_path: Path, before_python: Callable[[str], None]
) -> None:
    before_python(TRAPS)
    traps = ("takes the parser down", "keeps it busy", "nobody foresaw")
    pages = {
        **article(1),
        **article(2, source=traps[0]),
        **article(3, source=traps[1]),
        **article(4, source=traps[2]),
        **article(5, copy=traps[0]),
        **article(6, copy=traps[2]),
        **article(7),
    }
    settings = APART | {"READ_SECONDS": "2", "MONITORS": "0"}
    urls = ",".join(map(url, range(1, 8)))
    outcome = crawl(Web(pages), tmp_path / "data", settings=settings, urls=urls)
    sources = {record["id"][-1]: record["source"] for record in outcome.lines("feeds")}
    assert {number: source["status"] for number, source in sources.items()} == {
        "1": "ok",
        "2": "unreadable",
        "3": "unreadable",
        "4": "unreadable",
        "7": "ok",
    }
    assert sources["2"]["reason"] == "its reader was ended by SIGSEGV"
    assert sources["3"]["reason"] == "not read in 2 s"
    assert sources["4"]["reason"] == "ValueError: unforeseen"
    assert outcome.report["failures"] == {
        "maghress:fr/lecourrier/5": "its reader was ended by SIGSEGV",
        "maghress:fr/lecourrier/6": "ValueError: unforeseen",
    }
    # What happens in the other process is told in the log of the crawl.
    assert outcome.stderr.count('raise ValueError("unforeseen")') == 2
    for number in (2, 3, 5):
        assert f"/{number} could not be read: " in outcome.stderr


def test_one_that_is_ended_at_a_sound_page_reads_it_again(tmp_path: Path) -> None:
    """As the system may end it where memory is short."""
    with DemoProxy(build().answer) as proxy:
        run = begun(proxy, tmp_path)
        os.kill(reader_of(run), signal.SIGKILL)
        _, said = run.communicate(timeout=120)
    assert run.returncode == 0, said
    assert len(records(tmp_path)) == 40


def test_it_ends_with_a_crawl_that_is_killed(tmp_path: Path) -> None:
    with DemoProxy(build().answer) as proxy:
        run = begun(proxy, tmp_path)
        reader = reader_of(run)
        run.kill()
        run.communicate(timeout=60)
        deadline = time.monotonic() + 30
        while is_reader(reader):
            assert time.monotonic() < deadline, "it has not ended"
            time.sleep(0.05)


def test_an_interrupt_of_the_terminal_is_not_for_it(tmp_path: Path) -> None:
    with DemoProxy(build().answer) as proxy:
        run = begun(proxy, tmp_path)
        reader_of(run)
        os.killpg(run.pid, signal.SIGINT)  # as Ctrl-C does
        _, said = run.communicate(timeout=60)
    assert "Traceback" not in said
    assert "could not be read" not in said
    assert records(tmp_path)


def test_without_it_a_run_ends_in_order_and_the_next_takes_up_its_articles(
    tmp_path: Path, before_python: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    site, urls = Web(article(1) | article(2)), f"{url(1)},{url(2)}"
    with monkeypatch.context():
        before_python("import os, sys\nif sys.orig_argv[1:2] == ['-c']: os._exit(9)\n")
        outcome = crawl(site, tmp_path / "data", settings=APART, urls=urls)
        monkeypatch.undo()
    assert outcome.code == 1
    assert outcome.report["reason"] == "reader_error"
    assert outcome.report["left"] == 2
    assert (
        outcome.stderr.count(
            "no process that reads pages can be begun: its reader was ended, exit code 9"
        )
        == 1
    )
    after = crawl(site, tmp_path / "data", settings=APART, revisit="only")
    assert after.report["exported"] == 2, after.stderr


def begun(proxy: DemoProxy, data: Path) -> subprocess.Popen[str]:
    """A crawl that has written records."""
    arguments = {"editions": "fr", "limit": "40"}
    run = subprocess.Popen(
        command("maghress", SETTINGS | APART | {"DOWNLOAD_DELAY": "0.1"}, arguments),
        env=environment(proxy, data),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    deadline = time.monotonic() + 60
    while not any((data / "feeds").rglob("*.jsonl")):
        assert run.poll() is None, "the run ended without a record"
        assert time.monotonic() < deadline, "no record was written"
        time.sleep(0.02)
    return run


def reader_of(run: subprocess.Popen[str]) -> int:
    """The process that reads for a crawl."""
    children = Path(f"/proc/{run.pid}/task/{run.pid}/children").read_text().split()
    (reader,) = filter(is_reader, map(int, children))
    return reader


def is_reader(process: int) -> bool:
    """Whether a process lives and reads pages."""
    try:
        return b"newscrawl.reading" in Path(f"/proc/{process}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return False
