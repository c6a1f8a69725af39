"""Re-extraction on a Dask cluster: the same feed as that of one process, despite kills."""

import gc
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from scrapy.settings import Settings
from scrapy.utils.project import get_project_settings

from newscrawl import __version__
from newscrawl.aggregator.urls import ArticleKey
from newscrawl.archive.warc import ArchiveIndex, Exchange
from newscrawl.archive.writer import WarcFile
from newscrawl.errors import ClusterError, StoreError
from newscrawl.operations import reextraction
from newscrawl.operations.archived_articles import LearnedFacts
from newscrawl.operations.cluster import Cluster
from newscrawl.state import Ledger, ledger_path
from newscrawl.storage import Files
from newscrawl.storage.files import StoredFile
from newscrawl.storage.objects import upload
from tests.support import SOURCE, TEXT, TITLE, offline, reextract
from tests.web import aggregator_page

pytest.importorskip("distributed")

ARTICLES = 8
PER_FILE = 3


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of three files; one article has no link, and one no page that can be parsed."""
    data = tmp_path_factory.mktemp("data")
    with closing(Ledger(ledger_path(data))) as ledger:
        ledger.outlets.learn_domain("maghress", "fr", "courrier", "courrier.example", 9)
        ledger.outlets.learn_domain("maghress", "fr", "courrier", "other.example", 3)
    for number in range(ARTICLES):
        if number % PER_FILE == 0:
            path = data / "archive" / "maghress" / f"a-{number // PER_FILE:05}.warc.gz"
            file = WarcFile(path, {})
        url = f"https://www.maghress.com/fr/courrier/{number}"
        link = f"https://courrier.example/article/{number}" if number != 3 else None
        page = aggregator_page(f"{TITLE} ({number})", TEXT, link=link).body
        pages = {url: b"<p>none" if number == 7 else page}
        if link:
            pages[link] = SOURCE.body
        for each, body in pages.items():
            headers = [(b"Content-Type", b"text/html; charset=utf-8")]
            file.write(Exchange(each, status=200, headers=headers, body=body))
    return data / "archive"


class Dask:
    """A scheduler and two workers, each a process without a nanny that would restart it."""

    def __init__(self, directory: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
        self._directory = directory
        self.scheduler = self._start("scheduler", "--host", self.address, "--no-dashboard")
        self.workers = [self.worker(), self.worker()]

    def worker(self) -> subprocess.Popen[bytes]:
        return self._start(
            *("worker", self.address, "--no-nanny", "--nthreads", "1", "--no-dashboard")
        )

    def _start(self, *arguments: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "dask", *arguments],
            cwd=self._directory,
            stderr=(self._directory / "log").open("ab"),
        )

    def close(self) -> None:
        for process in (*self.workers, self.scheduler):
            process.kill()
            process.wait()


@pytest.fixture
def dask(tmp_path: Path) -> Iterator[Dask]:
    (tmp_path / "dask").mkdir()
    cluster = Dask(tmp_path / "dask")
    try:
        yield cluster
    finally:
        cluster.close()


def lines(feed: Path) -> list[bytes]:
    """Records without the time at which they were made."""
    stamp = re.compile(rb'"exported":"[^"]*"')
    return [stamp.sub(b"", line) for line in feed.read_bytes().splitlines()]


def start(archive: Path, feed: Path, dask: Dask) -> subprocess.Popen[str]:
    """Start a re-extraction with tasks of one article."""
    code = (
        "import sys; from newscrawl.operations import reextraction; reextraction._BATCH = 1;"
        "from scrapy.cmdline import execute; execute(['scrapy', *sys.argv[1:]])"
    )
    return subprocess.Popen(
        [sys.executable, "-c", code, "reextract", archive, "-o", feed, "--cluster", dask.address],
        env=offline(archive.parent),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def wait_for_line(feed: Path, process: subprocess.Popen[str]) -> None:
    part = feed.with_name(feed.name + ".part")
    while process.poll() is None and not (part.exists() and part.stat().st_size):
        time.sleep(0.005)


def test_a_killed_worker_changes_nothing_and_a_killed_scheduler_interrupts(
    archive: Path, dask: Dask
) -> None:
    data = archive.parent
    expected = data / "expected.jsonl"
    assert reextract(archive, expected, "--jobs", "1").returncode == 0

    feed = data / "killed worker.jsonl"
    job = start(archive, feed, dask)
    wait_for_line(feed, job)
    for worker in dask.workers:
        worker.send_signal(signal.SIGSTOP)
    assert not feed.exists()
    dask.workers[0].kill()
    dask.workers[1].send_signal(signal.SIGCONT)
    told = job.communicate(timeout=180)[0]
    assert job.returncode == 0, told
    assert f"records   {ARTICLES - 1} " in told
    assert lines(feed) == lines(expected)

    feed = data / "killed scheduler.jsonl"
    job = start(archive, feed, dask)
    wait_for_line(feed, job)
    dask.scheduler.kill()
    told = job.communicate(timeout=180)[0]
    assert job.returncode == 1
    *progress, line = told.splitlines()
    assert f"the Dask scheduler {dask.address} was lost" in line
    assert all(" a second, up to " in each for each in progress)
    assert not feed.exists()

    # What crawls learn meanwhile is not used: the job is the same when it is continued.
    with closing(Ledger(ledger_path(archive.parent))) as ledger:
        ledger.outlets.learn_domain("maghress", "fr", "courrier", "other.example", 99)
    assert reextract(archive, feed, "--jobs", "1").returncode == 0
    assert lines(feed) == lines(expected)
    assert [path.name for path in data.glob("*.part*")] == []


def test_unusable_clusters_are_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("newscrawl.operations.cluster._CONNECT_SECONDS", 0.3)
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{closed.getsockname()[1]}"
        for given in (address, "nonsense", "http://127.0.0.1:9"):
            with pytest.raises(
                ClusterError, match=r"cannot be reached: .+: dask scheduler$"
            ) as caught:
                Cluster(given)
            assert "\n" not in str(caught.value)
            # Dask closes a client as it is collected: within the start of the next, that hangs.
            del caught
            gc.collect()
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ClusterError, match=r"pip install '\.\[cluster\]'"):
        Cluster(address)


def test_a_worker_needs_the_same_version_and_the_archive(tmp_path: Path) -> None:
    for version, fault in (
        ("0.1", "has newscrawl .+, not 0.1"),
        (__version__, "there is no .+/index"),
    ):
        job = reextraction.ReextractionJob(version, {})
        shared = reextraction.Shared(Files(tmp_path), tmp_path / "index.sqlite", {}, job)
        with pytest.raises(ClusterError, match=fault):
            reextraction.rebuild([], shared)


def test_a_worker_without_the_archive_reads_it_from_object_storage(
    archive: Path, tmp_path: Path
) -> None:
    (tmp_path / "bucket").mkdir()
    bucket = f"file://{tmp_path}/bucket"
    index = ArchiveIndex(archive)
    index.update()
    stored = {}
    for path in archive.rglob("*.warc.gz"):
        name = path.relative_to(archive).as_posix()
        size, digest = upload(path, bucket, name)
        stored[name] = StoredFile(f"archive/{name}", f"{bucket}/{name}", size, digest)
    upload(index.file, bucket, "index.sqlite")
    job = reextraction.ReextractionJob(__version__, {"maghress": LearnedFacts(b"", {})})
    settings = get_project_settings().copy_to_dict()
    keys = [
        ArticleKey("maghress", "fr", "courrier", str(number)) for number in range(0, ARTICLES, 5)
    ]
    here, there = (
        reextraction.rebuild(keys, reextraction.Shared(files, location, settings, job))
        for files, location in (
            (Files(archive), index.file),
            (Files(tmp_path / "nowhere", stored), f"{bucket}/index.sqlite"),
        )
    )
    for one, other in zip(here, there, strict=True):
        assert isinstance(one, reextraction.Rebuilt)
        assert isinstance(other, reextraction.Rebuilt)
        one.article.crawl.exported = other.article.crawl.exported
        assert one == other


def test_a_job_is_not_continued_by_another_version(archive: Path, tmp_path: Path) -> None:
    feed = tmp_path / "feed.jsonl"
    feed.with_name("feed.jsonl.part").touch()
    job = msgspec.json.encode(reextraction.ReextractionJob("0.1", {}))
    feed.with_name("feed.jsonl.part.job").write_bytes(job)
    with pytest.raises(StoreError, match=r"was begun by newscrawl 0\.1"):
        reextraction.reextract(archive, feed, tmp_path, Settings(), jobs=1)


def test_dask_is_imported_for_clusters_only() -> None:
    code = (
        "import sys; import newscrawl.commands.reextract, newscrawl.operations.reextraction;"
        "assert not {'dask', 'distributed'} & {*sys.modules}"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
