"""Runs that are killed, stopped or out of disk: each article once, as without interruption."""

import json
import random
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from newscrawl.demo.network import build
from newscrawl.demo.proxy import DemoProxy
from newscrawl.errors import StoreError
from newscrawl.export import find_feeds
from newscrawl.export.feeds import FeedLine, FeedReader
from newscrawl.state import Entry, Ledger, ledger_path
from newscrawl.state.compression import PACKINGS, open_unpacked
from newscrawl.state.jsonl import LineFile
from newscrawl.state.run import Run
from tests import preloaded
from tests.support import URL, web
from tests.web import command, crawl, environment
from tests.written import SETTINGS, WrittenFile, records

# Three outlets that print the same dispatches.
ARGUMENTS = {"editions": "fr", "outlets": "lecourrierdusouss,gazettedelatlas,horizonsdusud"}


def command_line(job: str = "", **settings: str) -> list[str]:
    """Return the command line of a crawl."""
    return command("maghress", SETTINGS | settings, ARGUMENTS | ({"_job": job} if job else {}))


def start(proxy: DemoProxy, data: Path, job: str = "", **settings: str) -> preloaded.Running:
    """Start a crawl."""
    return preloaded.start(
        command_line(job, **settings),
        env=environment(proxy, data),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def complete(proxy: DemoProxy, data: Path, job: str = "", **settings: str) -> tuple[int, str]:
    """Crawl to the end, and return the exit code and the log."""
    done = preloaded.run(command_line(job, **settings), env=environment(proxy, data))
    return done.returncode, done.stderr


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Data of an undisturbed run."""
    data = tmp_path_factory.mktemp("calm")
    with DemoProxy(build().reply) as proxy:
        code, said = complete(proxy, data)
    assert code == 0, said
    return data


@pytest.fixture(scope="module")
def undisturbed(calm: Path) -> list[WrittenFile]:
    """Records of an undisturbed run."""
    found = records(calm)
    assert len(found) == len({line.id for line in found}) >= 50
    lines = [line for feed in find_feeds(calm) for line in feed.path.read_bytes().splitlines()]
    assert any(json.loads(line)["duplicate_of"] for line in lines)
    return found


def test_killed_runs_write_what_an_uninterrupted_run_writes(
    tmp_path: Path, undisturbed: list[WrittenFile]
) -> None:
    plan = [
        (signal.SIGKILL, "none", "0"),
        (signal.SIGKILL, "gzip", "1"),
        (signal.SIGKILL, "zstd", "0"),
        (signal.SIGTERM, "gzip", "1"),
        (signal.SIGINT, "zstd", "0"),
    ]
    chance = random.Random(7)
    with DemoProxy(build().reply) as proxy:
        for number, packing, workers in plan:
            before = set((tmp_path / "feeds").rglob("*.jsonl*"))
            settings = {
                "FEED_COMPRESSION": packing,
                "PARSE_WORKERS": workers,
                "DOWNLOAD_DELAY": "0.05",
            }
            run = start(proxy, tmp_path, **settings)
            deadline = time.monotonic() + 60
            while not (begun := set((tmp_path / "feeds").rglob("*.jsonl*")) - before):
                assert time.monotonic() < deadline, "no record was written"
                time.sleep(0.01)
            time.sleep(0.1 * chance.random())
            assert run.poll() is None, "the run ended before it was killed"
            run.send_signal(number)
            run.wait(timeout=60)
            if number == signal.SIGKILL:
                with begun.pop().open("ab") as file:
                    file.write(PACKINGS[packing].pack(b'{"id": "torn')[:-3])
        code, said = complete(proxy, tmp_path, FEED_COMPRESSION="gzip")
    assert code == 0, said
    assert records(tmp_path) == undisturbed


def test_a_second_run_right_after_the_first_requests_listings_only(
    calm: Path, undisturbed: list[WrittenFile]
) -> None:
    with DemoProxy(build().reply) as proxy:
        code, said = complete(proxy, calm)
        asked = {request.url for request in proxy.requests if request.method != "CONNECT"}
    assert code == 0, said
    assert "found 0 = exported 0" in said
    assert records(calm) == undisturbed
    lists = {f"https://www.maghress.com/fr/{slug}" for slug in ARGUMENTS["outlets"].split(",")}
    asked.remove("https://www.maghress.com/robots.txt")
    assert lists <= asked
    assert {url.partition("?")[0] for url in asked} == lists


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_run_may_be_restarted_under_its_name(
    tmp_path: Path, undisturbed: list[WrittenFile], number: signal.Signals
) -> None:
    feed = tmp_path / "feeds" / "maghress" / "backfill.jsonl"
    with DemoProxy(build().reply) as proxy:
        run = start(proxy, tmp_path, "backfill", DOWNLOAD_DELAY="0.05")
        deadline = time.monotonic() + 60
        while not feed.exists():
            assert time.monotonic() < deadline, "no record was written"
            time.sleep(0.01)
        run.send_signal(number)
        run.wait(timeout=60)
        code, said = complete(proxy, tmp_path, "backfill")
    assert code == 0, said
    assert records(tmp_path) == undisturbed
    report = json.loads((tmp_path / "runs" / "backfill.json").read_text())
    assert (report["state"], report["exported"]) == ("finished", len(undisturbed))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system with room for a part of the crawl."""
    disk = tmp_path / "disk"
    disk.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1200k", "tmpfs", disk],
        capture_output=True,
        text=True,
    )
    if made.returncode:
        pytest.skip(f"file systems may not be mounted here: {made.stderr.strip()}")
    yield disk
    subprocess.run(["umount", disk], check=True)


@pytest.mark.parametrize("archive", ["0", "1"])
def test_a_full_disk_ends_a_run_in_order_and_the_next_one_completes_it(
    small_disk: Path, undisturbed: list[WrittenFile], archive: str
) -> None:
    if archive == "1":  # many answers are in the archive before their records are in the feed
        subprocess.run(["mount", "-o", "remount,size=2000k", small_disk], check=True)
    with DemoProxy(build().reply) as proxy:
        code, said = complete(proxy, small_disk, ARCHIVE=archive)
        assert code == 1, said
        assert said.count("ERROR: Shutting down after a fatal error: ") == 1, said
        assert "cannot be written" in said, said
        assert "Traceback" not in said, said
        assert not list(small_disk.rglob("*.part"))
        half = records(small_disk)
        assert 0 < len(half) < len(undisturbed)
        subprocess.run(["mount", "-o", "remount,size=100m", small_disk], check=True)
        code, said = complete(proxy, small_disk)
    assert code == 0, said

    def told(found: list[WrittenFile]) -> list[WrittenFile]:
        lines = [(line, json.loads(line.record) | {"archive": None}) for line in found]
        return [replace(line, record=json.dumps(record)) for line, record in lines]

    assert told(records(small_disk)) == told(undisturbed)


def test_a_failed_ledger_refuses_later_changes(small_disk: Path) -> None:
    ledger = Ledger(ledger_path(small_disk))

    def find(first: int, last: int) -> list[str]:
        keys = [f"maghress:fr/courrier/{number}" for number in range(first, last)]
        entries = [Entry(key, "maghress", "fr", "courrier") for key in keys]
        return list(ledger.articles.find(entries, "a-job", "2026-01-01T00:00:00+00:00", attempts=5))

    assert len(find(0, 10)) == 10
    with pytest.raises(StoreError, match="cannot be written"):
        find(10, 20_000)
    subprocess.run(["mount", "-o", "remount,size=100m", small_disk], check=True)
    with pytest.raises(StoreError, match="cannot be written"):
        find(20_000, 20_001)  # it would stand before those that were found earlier
    assert ledger.articles.counts("a-job") == {"found": 10}
    ledger.close()
    ledger = Ledger(ledger_path(small_disk))
    assert len(find(10, 20_000)) == 19_990
    ledger.close()


# --- A file of lines -----------------------------------------------------------------------------


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    run = Run("maghress", "a-job", tmp_path)
    yield run
    run.close()


@pytest.mark.parametrize("packing", PACKINGS)
def test_lines_whose_transaction_fails_are_not_written_twice(run: Run, packing: str) -> None:
    file = LineFile(run, "feeds", fsync=False, packing=PACKINGS[packing])

    def append(number: int, *, fail: bool) -> None:
        with run.ledger.transaction():
            file.append([{"number": number}])
            if fail:
                raise StoreError("the ledger cannot be written")

    append(1, fail=False)
    for _ in range(2):
        with pytest.raises(StoreError):
            append(2, fail=True)
    append(2, fail=False)
    with pytest.raises(StoreError):
        append(3, fail=True)
    file.close()
    with open_unpacked(file.path) as lines:
        assert [json.loads(line) for line in lines] == [{"number": 1}, {"number": 2}]


def test_a_truncated_file_is_not_padded(run: Run) -> None:
    file = LineFile(run, "feeds", fsync=False)
    file.append([{"number": 1}, {"number": 2}])
    file.path.write_bytes(b'{"number":1}\n')
    with pytest.raises(StoreError, match="changed by hand or lost"):
        file.append([{"number": 3}])
    assert file.path.read_bytes() == b'{"number":1}\n'


@pytest.mark.parametrize(
    "edited", [b'{"number":1}\n', b'{"number":1, "mine": true}\n{"number":2}\n']
)
def test_an_edited_feed_of_a_killed_run_is_named_and_not_changed(
    tmp_path: Path, edited: bytes
) -> None:
    killed = Run("maghress", "a-job", tmp_path)
    file = LineFile(killed, "feeds", fsync=False)
    file.append([{"number": 1}, {"number": 2}])
    killed.close()
    file.path.write_bytes(edited)
    outcome = crawl(web(), tmp_path, urls=URL)
    assert outcome.code == 1
    assert outcome.requests == []
    assert f"{file.path} does not match the committed length" in outcome.stderr
    assert "Traceback" not in outcome.stderr
    assert file.path.read_bytes() == edited


@pytest.mark.parametrize("name", ["feeds", "rejects", "headlines"])
def test_a_directory_that_cannot_be_written_ends_the_run_before_any_request(
    tmp_path: Path, name: str
) -> None:
    (tmp_path / name).write_text("")
    outcome = crawl(web(), tmp_path, urls=URL)
    assert outcome.code == 1
    assert outcome.requests == []
    assert f"{tmp_path / name / 'maghress'} cannot be made" in outcome.stderr
    assert "Traceback" not in outcome.stderr


def test_an_unknown_compression_ends_the_run_before_any_request(tmp_path: Path) -> None:
    outcome = crawl(web(), tmp_path, urls=URL, settings={"FEED_COMPRESSION": "lz4"})
    assert outcome.code == 1
    assert outcome.requests == []
    assert "FEED_COMPRESSION=lz4" in outcome.stderr
    assert "none, gzip, zstd" in outcome.stderr
    assert "Traceback" not in outcome.stderr


@pytest.mark.parametrize("packing", PACKINGS)
def test_a_growing_feed_is_read_up_to_its_committed_length(
    run: Run, tmp_path: Path, packing: str
) -> None:
    file = LineFile(run, "feeds", fsync=False, packing=PACKINGS[packing])
    places = [*file.append([{"number": 1}]), *file.append([{"number": 2}, {"number": 3}])]
    assert places == sorted(places)
    with file.path.open("ab") as feed:
        feed.write(PACKINGS[packing].pack(b'{"number":4}\n')[:-3])
    reader = FeedReader(find_feeds(run.data), tmp_path)
    lines = [line.data for line in reader.lines(0) if isinstance(line, FeedLine) and line.ended]
    assert lines == [b'{"number":1}', b'{"number":2}', b'{"number":3}']
    assert len(list(reader.lines(0))) == 3
    reader.close()


# Python runs this before anything else: it notes the files that are sent to the disk.
WATCHED = """
import os

fsync = os.fsync


def watched(file):
    with open(os.environ["SENT_TO_DISK"], "a") as log:
        log.write(os.readlink(f"/proc/self/fd/{file}") + "\\n")
    fsync(file)


os.fsync = watched
"""


@pytest.mark.parametrize("asked", ["1", "0"])
def test_feed_and_archive_are_synced_to_disk_on_request(
    tmp_path: Path,
    asked: str,
    before_python: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    log, data = tmp_path / "log", tmp_path / "data"
    log.touch()
    monkeypatch.setenv("SENT_TO_DISK", str(log))
    before_python(WATCHED)
    settings = {"FEED_FSYNC": asked, "ARCHIVE": "1"}
    outcome = crawl(web(), data, settings=settings, urls=URL)
    assert outcome.code == 0, outcome.stderr
    (feed,) = find_feeds(data)
    (packed,) = (data / "archive").rglob("*.warc.gz")
    written = {str(feed.path), str(packed)}
    sent = set(log.read_text().splitlines())
    assert written & sent == (written if asked == "1" else set())
