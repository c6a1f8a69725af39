"""``scrapy prune``: old files go, feeds are merged by month, and kills lose nothing."""

import gzip
import json
import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from newscrawl.operations.retention import Merge, merge, merges
from newscrawl.state import ledger_path
from newscrawl.state.run import Run
from newscrawl.state.sqlite import SqliteDatabase
from tests import preloaded
from tests.support import walked
from tests.web import crawl

if TYPE_CHECKING:
    from subprocess import CompletedProcess

LAST_MONTH = datetime.now(UTC).replace(day=1) - timedelta(days=3)


def prune(data: Path, *options: str) -> "CompletedProcess[str]":
    return preloaded.run(
        [*preloaded.SCRAPY, "prune", *options], env=os.environ | {"NEWSCRAWL_DATA": str(data)}
    )


def make_old(path: Path, time: datetime = LAST_MONTH) -> None:
    os.utime(path, (time.timestamp(), time.timestamp()))


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Feeds of three runs: two plain ones of last month and a packed one."""
    data = tmp_path_factory.mktemp("crawled")
    web = walked(1, 12, 4)
    for number, compression in enumerate(("none", "none", "gzip", "gzip")):
        urls = [f"https://www.maghress.com/fr/courrier/{3 * number + n}" for n in (1, 2, 3)]
        settings = {"FEED_COMPRESSION": compression, "FEED_BATCH": "2"}
        job = crawl(web, data, settings=settings, urls=",".join(urls), _job=f"job-{number}")
        assert job.code == 0, job.stderr
    for number, feed in enumerate(sorted((data / "feeds" / "maghress").iterdir())):
        make_old(feed, LAST_MONTH + timedelta(minutes=number))
    return data


@pytest.fixture
def data(crawled: Path, tmp_path: Path) -> Path:
    return shutil.copytree(crawled, tmp_path / "data")


def records(data: Path) -> list[str]:
    """Identifiers in all feeds."""
    lines: list[bytes] = []
    for feed in sorted((data / "feeds").rglob("*.jsonl*")):
        opened = gzip.open(feed) if feed.suffix == ".gz" else feed.open("rb")  # noqa: SIM115
        with opened as file:
            lines += file.read().splitlines()
    return sorted(json.loads(line)["id"] for line in lines)


def check_positions(data: Path) -> None:
    """Check that the ledger's position of each article is that of its record."""
    database = SqliteDatabase(ledger_path(data))
    rows = database.execute(
        "SELECT id, name, position FROM articles JOIN names ON names.number = file"
    ).fetchall()
    database.close()
    assert len(rows) == 12
    for id_, name, position in rows:
        with (data / name).open("rb") as file:
            file.seek(position)
            rest = file.read()
        rest = gzip.decompress(rest) if name.endswith(".gz") else rest
        ids = [json.loads(line)["id"] for line in rest.splitlines()]
        assert id_ in ids[:2], name
        assert name.endswith(".gz") or ids[0] == id_


def test_feeds_of_past_months_are_merged_and_positions_kept(data: Path) -> None:
    before = records(data)
    assert len(before) == 12
    dry = prune(data)
    assert dry.returncode == 0, dry.stderr
    assert "would merge 2 feeds into feeds/maghress/" in dry.stdout
    assert "nothing is done without --yes" in dry.stdout
    assert len([*(data / "feeds" / "maghress").iterdir()]) == 4
    done = prune(data, "--yes")
    assert done.returncode == 0, done.stderr
    assert [file.name for file in sorted((data / "feeds" / "maghress").iterdir())] == [
        f"{LAST_MONTH:%Y-%m}.jsonl",
        f"{LAST_MONTH:%Y-%m}.jsonl.gz",
    ]
    assert records(data) == before
    check_positions(data)
    again = prune(data, "--yes")
    assert (again.returncode, again.stdout) == (0, "")


class KilledError(BaseException):
    """Stand-in for the end of the process."""


def killed(*_: Any, **__: Any) -> None:
    raise KilledError


@pytest.mark.parametrize(
    "place",
    ["shutil.copyfileobj", "os.fsync", "positions", "unlink", "close_file"],
)
def test_a_merge_may_be_killed_anywhere(
    place: str, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = records(data)
    run = Run("maghress", "prune", data)
    planned = next(merges(data, "maghress", datetime.now(UTC)))
    _kill_at(place, run, monkeypatch)
    with pytest.raises(KilledError):
        merge(run, planned)
    run.ledger.close()
    monkeypatch.undo()
    exported = data.parent / "corpus"
    done = preloaded.run(
        [*preloaded.SCRAPY, "validate"], env=os.environ | {"NEWSCRAWL_DATA": str(data)}
    )
    assert done.stdout.splitlines()[-1].endswith("lines 12, faulty 0"), done.stdout
    assert not exported.exists()
    assert prune(data, "--yes").returncode == 0
    assert records(data) == before
    check_positions(data)


def _kill_at(place: str, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    if place == "positions":
        monkeypatch.setattr(run.ledger.positions, "move", killed)
    elif place == "unlink":
        monkeypatch.setattr(Path, "unlink", killed)
    elif place == "close_file":
        monkeypatch.setattr(run.ledger.files, "close_file", killed)
    else:
        monkeypatch.setattr(place, killed)


def test_a_merged_month_accepts_more_feeds(data: Path) -> None:
    now = datetime.now(UTC)
    run = Run("maghress", "prune", data)
    for planned in list(merges(data, "maghress", now)):
        for number in range(len(planned.sources)):
            merge(run, Merge(planned.target, planned.sources[number : number + 1]))
    run.close()
    assert len(records(data)) == 12
    check_positions(data)


def test_old_files_are_deleted_except_backfills(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    kept = [
        *(tmp_path / "runs" / name for name in ("a.json", "backfill-maghress-fr-a-2020-01.json")),
        tmp_path / "metrics" / "maghress-new.prom",
        tmp_path / "archive" / "maghress" / "old.warc.gz",
        tmp_path / "logs" / "new.log",
    ]
    gone = [
        *(tmp_path / "runs" / name for name in ("b.json", "c.part")),
        tmp_path / "headlines" / "maghress" / "b.jsonl",
        tmp_path / "rejects" / "maghress" / "b.jsonl",
        tmp_path / "metrics" / "formersite.prom",
        tmp_path / "logs" / "maghress" / "old.log",
    ]
    for path in (*kept, *gone):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
        make_old(path, now - timedelta(days=500))
    for path in (kept[0], kept[-1]):
        make_old(path, now - timedelta(days=5))
    done = prune(tmp_path, "--logs", str(tmp_path / "logs"))
    assert "would delete 2 runs older than 400 days" in done.stdout
    assert all(path.exists() for path in (*kept, *gone))
    done = prune(tmp_path, "--logs", str(tmp_path / "logs"), "--yes")
    assert done.returncode == 0, done.stderr
    assert [path for path in kept if not path.exists()] == []
    assert [path for path in gone if path.exists()] == []
    assert prune(tmp_path, "--keep", "runs=1", "--yes").returncode == 0
    assert not kept[0].exists()
    assert prune(tmp_path, "--keep", "feeds=1").returncode == 2
    assert prune(tmp_path, "--keep", "runs=-1").returncode == 2


def test_prune_skips_a_site_with_a_run_in_progress(data: Path) -> None:
    run = Run("maghress", "other", data)
    done = prune(data, "--yes")
    run.close()
    assert "maghress has a run in progress" in done.stdout
    assert done.returncode == 0
    assert len([*(data / "feeds" / "maghress").iterdir()]) == 4
