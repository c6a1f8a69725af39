"""Parse workers: the same results as in-process, limits, deaths, and a worker that cannot start."""

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing, suppress
from copy import deepcopy
from pathlib import Path
from typing import Any

import msgspec
import pytest

from newscrawl.aggregator.sites import SITES
from newscrawl.articles.parse_jobs import (
    CopyJob,
    FeedJob,
    ListingJob,
    ReadCopy,
    ReadSource,
    SourceJob,
)
from newscrawl.articles.parse_workers import InProcessParser, Parser, ParserPool
from newscrawl.articles.rule_store import RuleStore
from newscrawl.articles.worker_process import SIZE, Limits, WorkerSetup
from newscrawl.demo.network import build
from newscrawl.demo.proxy import DemoProxy, Reply
from newscrawl.errors import ParserError
from newscrawl.extraction import RuleBook
from newscrawl.items import Article
from newscrawl.state import Ledger
from tests import preloaded
from tests.web import HTML, XML, Web, aggregator_page, command, crawl, environment, outlet_page
from tests.written import SETTINGS, records

SITE = SITES["maghress"]

DEADLINE = 8
"""Seconds in which a busy machine loads the models of a new worker, too."""

TEXT = [
    f"La phrase numéro {number} dit ce que le journal a imprimé ce jour-là." for number in "123456"
]

# Python runs this before anything else. In a worker, it lays traps.
TRAPS = """
import os, signal, sys, time

if sys.orig_argv[1:2] == ["-c"]:
    from newscrawl.text import html
    parse = html.parse

    def trapped(page):
        text = page if isinstance(page, bytes) else page.encode()
        if b"takes the parser down" in text:
            os.kill(os.getpid(), signal.SIGSEGV)
        if b"keeps it busy" in text:
            time.sleep(600)
        if b"fills the memory" in text:
            return [bytearray(1 << 24) for _ in range(64)]
        if b"nobody foresaw" in text:
            raise ValueError("unforeseen")
        return parse(page)

    html.parse = trapped
"""


def url(number: int) -> str:
    return f"https://www.maghress.com/fr/lecourrier/{number}"


def link(number: int) -> str:
    return f"https://www.lecourrier.example/{number}"


def article(number: int, copy: str = "", source: str = "") -> dict[str, Reply]:
    """The two pages of an article, each with additional content."""
    title = f"Un titre de la page numéro {number}"
    return {
        url(number): aggregator_page(title, [*TEXT, copy], link=link(number)),
        link(number): outlet_page(
            title, [*TEXT, source], published="2024-03-29T10:00:00+00:00", author="Amina Alaoui"
        ),
    }


def copy_job(number: int, more: str = "") -> CopyJob:
    """An aggregator's page."""
    page = article(number, copy=more)[url(number)]
    return CopyJob(url(number), page.body, HTML["Content-Type"], links=True)


def source_job(number: int, more: str = "", *, body: bytes | None = None) -> SourceJob:
    """An outlet's page and its record."""
    record = Article(id=f"maghress:fr/lecourrier/{number}", url=url(number), country="MA")
    record.aggregator, record.edition = "maghress", "fr"
    record.copy.title = f"Un titre de la page numéro {number}"
    record.copy.text = "\n\n".join(TEXT)
    page = article(number, source=more)[link(number)]
    return SourceJob(link(number), body or page.body, HTML["Content-Type"], record)


def pool(workers: int = 1, memory_mb: int = 600, seconds: float = 10) -> ParserPool:
    """A pool without rules."""
    return ParserPool(SITE, RuleBook(), workers, Limits(memory_mb, seconds))


def parsed(parser: Parser, *jobs: Any) -> list[Any]:
    """Results of a parser for jobs that are started concurrently."""

    async def run() -> list[Any]:
        try:
            return await asyncio.gather(*map(parser.begin, jobs))
        finally:
            await parser.close()

    return asyncio.run(run())


def statuses(results: list[ReadSource]) -> list[tuple[str, str | None]]:
    return [(result.article.source.status, result.article.source.reason) for result in results]


# --- Results -------------------------------------------------------------------------------------


def test_each_kind_of_job_has_the_same_result_as_in_process() -> None:
    listing = b"<h1>Actualit\xc3\xa9s</h1>" + b"".join(
        f'<p><a href="{url(n)}">Un titre de la page num\u00e9ro {n}</a> 29 - 03 - 2024</p>'.encode()
        for n in range(3)
    )
    feed = f"""<rss><channel><item><title>Un titre</title><link>{url(1)}</link>
        <pubDate>Fri, 29 Mar 2024 10:00:00 +0300</pubDate></item></channel></rss>""".encode()
    home = "https://www.maghress.com/fr"
    jobs = [
        copy_job(1),
        CopyJob(url(2), b"<p>no article", None, links=False),
        ListingJob(home, listing, HTML["Content-Type"]),
        ListingJob(home, b"<p>no listing", None),
        FeedJob(home + "/rss", feed),
        FeedJob(home + "/rss", b"no feed"),
        source_job(3),
        source_job(4, body=b"%PDF-1.7"),
        source_job(5, body=b" "),
    ]
    found = parsed(pool(2), *deepcopy(jobs))
    expected = parsed(InProcessParser(SITE, RuleBook()), *jobs)
    for result in (*found, *expected):
        if isinstance(result, ReadSource):
            result.taught = result.taught[:60]  # timestamps follow
    assert found == expected
    assert found[0].page
    assert found[1].why
    assert len(found[2].listing.entries) == 3
    assert found[4].entries[0].published.iso() == expected[4].entries[0].published.iso()
    assert [result.article.source.status for result in found[6:]] == [
        "ok",
        "not_html",
        "unreadable",
    ]


def test_learned_rules_are_committed_with_records_and_used_by_the_next_run(
    tmp_path: Path,
) -> None:
    parsers: dict[str, Callable[[RuleBook], Parser]] = {
        "pool": lambda rules: ParserPool(SITE, rules, 2, Limits()),
        "in-process": lambda rules: InProcessParser(SITE, rules),
    }
    for name, parser_for in parsers.items():
        with closing(Ledger(tmp_path / f"{name}.sqlite")) as ledger:
            for run in (range(4), range(4, 9)):
                store = RuleStore("maghress", ledger)
                results = parsed(parser_for(store.book), *map(source_job, run))
                for result in results:
                    if result.domain:
                        store.note(result.article, result.domain, result.taught)
                # The first run is killed before half of its records are committed.
                kept = results[: len(results) // 2] if run.start == 0 else results
                for result in kept:
                    store.with_records([result.article])
                assert {result.article.source.rule for result in results} == {"guided"}
            (rule,) = RuleStore("maghress", ledger).taught
            assert (rule.state, rule.pages, rule.confirmed) == ("trusted", 7, 7)
            store = RuleStore("maghress", ledger)
            (result,) = parsed(parser_for(store.book), source_job(9))
            assert result.article.source.rule not in (None, "guided")
            assert b'"pages":8' in result.taught
            assert store.taught[0].pages == 7


# --- Limits --------------------------------------------------------------------------------------


def test_a_page_that_breaks_a_limit_fails_alone(before_python: Callable[[str], None]) -> None:
    before_python(TRAPS)
    jobs = [
        source_job(1),
        source_job(2, "fills the memory"),
        source_job(3),
        source_job(4, "keeps it busy"),
        source_job(5),
        source_job(6, "takes the parser down"),
        source_job(7, "nobody foresaw"),
        source_job(8),
        copy_job(9, "takes the parser down"),
        copy_job(10),
    ]
    results = parsed(pool(seconds=DEADLINE), *jobs)
    ok = ("ok", None)
    assert statuses(results[:8]) == [
        ok,
        ("unreadable", "parser exceeded 600 MB"),
        ok,
        ("unreadable", f"parser exceeded {DEADLINE} s"),
        ok,
        ("unreadable", "parser died of SIGSEGV"),
        ("unreadable", "ValueError: unforeseen"),
        ok,
    ]
    assert results[8].page is None
    assert results[8].why == "parser died of SIGSEGV"
    assert results[9].page


ATTRIBUTES = " ".join(f"a{number}=1" for number in range(1000))


@pytest.mark.skipif(sys.platform != "linux", reason="the platform does not limit address space")
@pytest.mark.parametrize(
    "markup",
    [
        f"<p><a {ATTRIBUTES}>" + "<p>x" * 5000,
        "<p><b/" + ATTRIBUTES.replace("=1 ", "/") + ">" + "<p>x" * 5000,
    ],
    ids=["a_reopened", "slash_attributes"],
)
def test_a_page_that_exhausts_the_parsers_memory_fails_alone(
    markup: str,
) -> None:
    hostile = f"<html><body>{markup}".encode()
    jobs = [source_job(1), source_job(2, body=hostile), source_job(3)]
    first, lost, last = statuses(parsed(pool(), *jobs))
    assert first == last == ("ok", None)
    assert lost == ("unreadable", "parser exceeded 600 MB")


def test_an_invalid_worker_message_fails_its_page_only(
    before_python: Callable[[str], None],
) -> None:
    """Such a message may come from a worker that a page has compromised."""
    before_python(
        """
import os, sys
if sys.orig_argv[1:2] == ["-c"]:
    from newscrawl.text import html
    parse = html.parse

    def trapped(page):
        for mark, sent in ((b"too much", b"\\xff\\xff\\xff\\xff"), (b"no JSON", b"\\0\\0\\0\\1.")):
            if mark in page:
                os.write(next(f for f in range(3, 10) if os.path.exists(f"/proc/self/fd/{f}")
                              and os.readlink(f"/proc/self/fd/{f}").startswith("pipe")), sent)
        return parse(page)

    html.parse = trapped
"""
    )
    jobs = [source_job(1, "too much"), source_job(2, "no JSON"), source_job(3)]
    much, wrong, last = statuses(parsed(pool(), *jobs))
    assert much == ("unreadable", "parser sent 4294967295 bytes")
    assert wrong[0] == "unreadable"
    assert wrong[1]
    assert wrong[1].startswith("parser sent an invalid result")
    assert last == ("ok", None)


# --- Deaths --------------------------------------------------------------------------------------


def workers_of(process: int) -> list[int]:
    """The parse workers of a process."""
    found: list[int] = []
    for task in Path(f"/proc/{process}/task").glob("*"):
        with suppress(FileNotFoundError, ProcessLookupError):  # the thread has ended
            found += filter(is_worker, map(int, (task / "children").read_text().split()))
    return found


def is_worker(process: int) -> bool:
    """Whether a process is alive and parses pages."""
    try:
        return b"newscrawl.articles.worker_process" in Path(f"/proc/{process}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_no_page_is_lost_or_parsed_twice_when_workers_are_killed() -> None:
    kills = 50
    chance = random.Random(7)
    results: list[ReadCopy] = []

    async def run() -> None:
        parser = pool(2)
        killed = 0

        async def kill() -> None:
            nonlocal killed
            done = 0
            while killed < kills:
                await asyncio.sleep(chance.uniform(0, 0.1))
                living = workers_of(os.getpid())
                if living and len(results) > done:  # else one page might be hit three times
                    os.kill(chance.choice(living), signal.SIGKILL)
                    killed += 1
                    done = len(results)

        killing = asyncio.ensure_future(kill())
        number = 0
        while not killing.done():
            numbers = range(number, number + 20)
            number += 20
            pages = [parser.begin(copy_job(number)) for number in numbers]
            for page in pages:
                results.append(await page)  # noqa: PERF401 - one by one, for the killing
        await killing
        await parser.close()

    asyncio.run(run())
    numbers = [result.page.key.number if result.page else result.why for result in results]
    assert numbers == [str(number) for number in range(len(results))]
    assert not workers_of(os.getpid())


def test_pages_fail_when_no_worker_can_be_started(before_python: Callable[[str], None]) -> None:
    before_python("import os, sys\nif sys.orig_argv[1:2] == ['-c']: os._exit(9)\n")

    async def run() -> None:
        parser = pool(2)
        waiting = [parser.begin(source_job(number)) for number in range(5)]
        found = await asyncio.gather(*waiting, return_exceptions=True)
        found += await asyncio.gather(parser.begin(source_job(6)), return_exceptions=True)
        await parser.close()
        assert len(found) == 6
        for error in found:
            assert isinstance(error, ParserError)
            assert str(error) == "no parse worker can be started: it ended with code 9"

    asyncio.run(asyncio.wait_for(run(), 60))


def test_closing_ends_workers_and_cancels_pages(before_python: Callable[[str], None]) -> None:
    before_python(TRAPS)

    async def run() -> None:
        parser = pool(2)
        waiting = [parser.begin(source_job(n, "keeps it busy")) for n in range(3)]
        while len(workers_of(os.getpid())) < 2:
            await asyncio.sleep(0.05)
        await parser.close()
        assert all(page.cancelled() for page in waiting)
        assert not workers_of(os.getpid())

    asyncio.run(run())


def test_a_worker_imports_no_scrapy() -> None:
    """Scrapy would double its memory and its time to start."""
    code = """
import sys
sys.modules["scrapy"] = None
import newscrawl.articles.worker_process
assert not {name for name in sys.modules if name.split(".")[0] == "twisted"}
"""
    subprocess.run([sys.executable, "-c", code], check=True)


# --- In a crawl ----------------------------------------------------------------------------------


def test_records_are_the_same_with_and_without_workers(tmp_path: Path) -> None:
    counts = ("0", "1", "2")
    with DemoProxy(build().reply) as proxy:
        for workers in counts:
            settings = SETTINGS | {"PARSE_WORKERS": workers}
            arguments = {"editions": "fr,ar", "limit": "60"}
            preloaded.run(
                command("maghress", settings, arguments),
                env=environment(proxy, tmp_path / workers),
                check=True,
            )
    found = [records(tmp_path / workers) for workers in counts]
    assert len(found[0]) == 60
    assert found[0] == found[1] == found[2]


def test_a_page_that_breaks_a_limit_affects_its_own_article_only(
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
    settings = {"PARSE_SECONDS": str(DEADLINE), "MONITORS": "0"}
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
    assert sources["2"]["reason"] == "parser died of SIGSEGV"
    assert sources["3"]["reason"] == f"parser exceeded {DEADLINE} s"
    assert sources["4"]["reason"] == "ValueError: unforeseen"
    assert outcome.report["failures"] == {
        "maghress:fr/lecourrier/5": "parser died of SIGSEGV",
        "maghress:fr/lecourrier/6": "ValueError: unforeseen",
    }
    # What happens in a worker is told in the log of the crawl.
    assert outcome.stderr.count('raise ValueError("unforeseen")') == 2
    for number in (2, 3, 5):
        assert f"/{number} could not be parsed: " in outcome.stderr


def test_an_unparsable_listing_or_rss_feed_fails_alone(
    tmp_path: Path, before_python: Callable[[str], None]
) -> None:
    before_python(TRAPS)
    site = "https://www.maghress.com"
    found = f"{site}/alittihad/2"
    trap = f"<p><a href='{url(1)}'>Un titre</a> takes the parser down"
    pages = {
        f"{site}/fr": Reply(200, HTML, trap.encode()),
        f"{site}/fr/rss": Reply(200, XML, b"<!DOCTYPE x [<!ENTITY a 'b'>]><rss>&a;</rss>"),
        f"{site}/": Reply(200, HTML, f"<p><a href='{found}'>Un titre</a>".encode()),
    }
    outcome = crawl(Web(pages), tmp_path / "data", settings={"MONITORS": "0"}, editions="fr,ar")
    assert f"No discovery from {site}/fr: parser died of SIGSEGV" in outcome.stderr
    assert f"No discovery from {site}/fr/rss: " in outcome.stderr
    assert "Traceback" not in outcome.stderr
    assert found in outcome.requests
    assert url(1) not in outcome.requests


def test_killed_workers_lose_and_duplicate_nothing_in_a_crawl(tmp_path: Path) -> None:
    """The system may kill workers when memory is short."""
    with DemoProxy(build().reply) as proxy:
        run = begun(proxy, tmp_path)
        kills = written = 0
        while run.poll() is None:
            # Once for each batch of records, so that no page is hit three times.
            size = sum(feed.stat().st_size for feed in (tmp_path / "feeds").rglob("*.jsonl"))
            if size > written and (workers := workers_of(run.pid)):
                os.kill(workers[0], signal.SIGKILL)
                kills, written = kills + 1, size
            time.sleep(0.01)
        _, said = run.communicate(timeout=120)
    assert run.returncode == 0, said
    assert kills > 3
    found = records(tmp_path)
    assert len(found) == 40
    assert not any("parser" in str(record) for record in found)


def test_workers_end_with_a_crawl_that_is_killed(tmp_path: Path) -> None:
    with DemoProxy(build().reply) as proxy:
        run = begun(proxy, tmp_path)
        (worker,) = workers_of(run.pid)
        run.kill()
        run.communicate(timeout=60)
        deadline = time.monotonic() + 30
        while is_worker(worker):
            assert time.monotonic() < deadline, "it has not ended"
            time.sleep(0.05)


def test_a_busy_worker_ends_after_a_crawl_that_is_killed(
    before_python: Callable[[str], None],
) -> None:
    before_python(TRAPS)
    script = """
import asyncio
from tests.test_reading import pool, source_job

async def run():
    await pool(seconds=1).begin(source_job(1, "keeps it busy"))

asyncio.run(run())
"""
    run = subprocess.Popen([sys.executable, "-c", script], cwd=Path(__file__).parent.parent)
    while not (workers := workers_of(run.pid)):
        time.sleep(0.02)
    time.sleep(0.3)
    run.kill()
    run.wait()
    deadline = time.monotonic() + 30
    while is_worker(workers[0]):
        assert time.monotonic() < deadline, "it has not ended"
        time.sleep(0.05)


@pytest.mark.parametrize("sent", [b"", b"\0\0\0\x10half of it", None])
def test_a_worker_of_a_crawl_that_was_killed_ends_silently(sent: bytes | None) -> None:
    hello = msgspec.msgpack.encode(WorkerSetup("maghress", b"", Limits(memory_mb=0, seconds=1)))
    code = "from newscrawl.articles.worker_process import serve; serve()"
    worker = subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert worker.stdin
    assert worker.stdout
    worker.stdout.close()
    worker.stdin.write(len(hello).to_bytes(SIZE, "big") + hello if sent is None else sent)
    _, said = worker.communicate(timeout=60)
    assert (worker.returncode, said) == (0, b"")


def test_workers_ignore_interrupts_of_the_terminal(tmp_path: Path) -> None:
    with DemoProxy(build().reply) as proxy:
        run = begun(proxy, tmp_path)
        os.killpg(run.pid, signal.SIGINT)  # as Ctrl-C does
        _, said = run.communicate(timeout=60)
    assert "Traceback" not in said
    assert "could not be parsed" not in said
    assert records(tmp_path)


def test_without_workers_a_run_ends_in_order_and_the_next_takes_up_its_articles(
    tmp_path: Path, before_python: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    site, urls = Web(article(1) | article(2)), f"{url(1)},{url(2)}"
    with monkeypatch.context():
        before_python("import os, sys\nif sys.orig_argv[1:2] == ['-c']: os._exit(9)\n")
        outcome = crawl(site, tmp_path / "data", urls=urls)
        monkeypatch.undo()
    assert outcome.code == 1
    assert outcome.report["reason"] == "parser_error"
    assert outcome.report["left"] == 2
    reason = "no parse worker can be started: it ended with code 9"
    logged = [line for line in outcome.stderr.splitlines() if reason in line and line[:2] == "20"]
    assert len(logged) == 1, logged
    after = crawl(site, tmp_path / "data")
    assert after.report["exported"] == 2, after.stderr


def test_old_settings_are_named(tmp_path: Path) -> None:
    outcome = crawl(Web(article(1)), tmp_path, settings={"READ_APART": "1"}, urls=url(1))
    assert "READ_APART has no effect: it was replaced by PARSE_WORKERS" in outcome.stderr
    assert outcome.report["exported"] == 1


def begun(proxy: DemoProxy, data: Path) -> subprocess.Popen[str]:
    """A crawl that has written records."""
    arguments = {"editions": "fr", "limit": "40"}
    run = subprocess.Popen(
        command("maghress", SETTINGS | {"DOWNLOAD_DELAY": "0.1"}, arguments),
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
