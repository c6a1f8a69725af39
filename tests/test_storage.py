"""Object storage: verified uploads, faults and kills, and everything that reads from there."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from scrapy.settings import Settings

from newscrawl import settings as defaults
from newscrawl.archive.warc import read_exchange
from newscrawl.configuration.checks import check_settings
from newscrawl.errors import SettingError, StorageError, StoreError
from newscrawl.export import Order, Selection, export, find_feeds
from newscrawl.export.feeds import FeedReader
from newscrawl.items import Location
from newscrawl.operations import retention
from newscrawl.operations.doctor import _storage
from newscrawl.operations.overview import overview
from newscrawl.operations.uploads import upload_after_run, upload_all, waiting_files
from newscrawl.report import write_page
from newscrawl.state import Ledger, files_of
from newscrawl.state.jsonl import LineFile, exported_record
from newscrawl.state.place import Place, place_of
from newscrawl.state.run import Run
from newscrawl.state.run_reports import read_report, report_path, write_report
from newscrawl.storage import WHOLE, local_copy, open_file
from newscrawl.storage.objects import delete, size_of, upload
from tests import preloaded
from tests.postgres import place as node_place
from tests.s3 import S3, s3
from tests.support import SOURCE, TEXT, TITLE, listing, reextract, replay, scrapy
from tests.web import Web, aggregator_page, crawl

LINES = b"".join(b'{"id":"maghress:fr/courrier/%d"}\n' % number for number in range(1000))


@pytest.fixture(scope="module")
def server() -> Iterator[S3]:
    with s3() as running:
        yield running


@pytest.fixture
def bucket(server: S3) -> Iterator[str]:
    server.uploads.clear()
    yield server.bucket()
    server.faults.clear()
    server.always = ""


@pytest.fixture
def place(bucket: str, tmp_path: Path) -> Place:
    """Two complete feeds and one that is being written."""
    place = Place(tmp_path / "data", storage=bucket)
    for name in ("a", "b", "open"):
        path = place.data / f"feeds/maghress/{name}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(LINES)
    with closing(Ledger(place)) as ledger:
        ledger.files.commit_length("feeds/maghress/open.jsonl", "maghress", LINES.index(b"\n") + 1)
    return place


def stored(place: Place) -> dict[str, bytes]:
    """Content of the objects that the ledger knows, by path."""
    with closing(Ledger(place)) as ledger:
        found = {}
        for kind in ("feeds", "rejects", "headlines", "checks", "archive"):
            for file in ledger.stored_files.below(kind):
                with open_file(file.url) as content:
                    found[file.path] = content.read()
    return found


BOTH = {f"feeds/maghress/{name}.jsonl": LINES for name in ("a", "b")}

# --- Uploads --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["s3", "file"])
def test_an_upload_is_verified_and_read_back_in_any_order(
    bucket: str, tmp_path: Path, kind: str
) -> None:
    storage = bucket if kind == "s3" else (tmp_path / "a share").as_uri().replace("%20", " ")
    (tmp_path / "a share").mkdir()
    path = tmp_path / "file"
    content = os.urandom(9_000_000)  # in two parts
    path.write_bytes(content)
    for name in ("archive/maghress/a@paris.warc.gz", "feeds/maghress/مهمة.jsonl"):
        size, digest = upload(path, storage, name)
        url = f"{storage}/{name}"
        assert (size, len(digest), size_of(url)) == (len(content), 64, len(content))
        with open_file(url) as file:
            file.seek(-5, os.SEEK_END)
            assert file.read() == content[-5:]
            file.seek(100_000)
            assert (file.read(200_000), file.tell()) == (content[100_000:300_000], 300_000)
        with open_file(url, buffer=WHOLE) as file:
            assert file.read() == content
        with local_copy(url, tmp_path) as copy:
            assert copy.read_bytes() == content
        assert not copy.exists()
        delete(url)
        delete(url)
        assert size_of(url) is None
        with pytest.raises(StorageError, match="does not exist"), local_copy(url):
            pass
    path.write_bytes(b"")
    assert upload(path, storage, "empty")[0] == 0
    with open_file(f"{storage}/empty") as file:
        assert file.read() == b""


@pytest.mark.parametrize("faults", [["busy", "busy"], ["half"], ["wrong"], ["half", "wrong"]])
def test_failed_half_and_wrong_uploads_are_repeated(
    server: S3, place: Place, faults: list[str]
) -> None:
    server.faults = list(faults)
    result = upload_all(place)
    assert (result.uploaded, result.bytes, result.waiting) == (2, 2 * len(LINES), 0)
    assert len(server.uploads) == 3 + len(faults)  # with the mark of the owner
    assert stored(place) == BOTH
    assert upload_all(place).uploaded == 0
    assert len(server.uploads) == 3 + len(faults)


def test_files_that_cannot_be_uploaded_wait_and_change_no_run(server: S3, place: Place) -> None:
    write_report(report_path(place.data, "job"), {"outcome": "ok", "state": "finished"})
    server.always = "wrong"
    told = upload_after_run(place, "job")
    assert "0 files uploaded; 2 wait for the next run" in told
    assert "/owner differs from" in told
    report = read_report(place.data, "job")
    assert report["outcome"] == "ok"
    assert (report["storage"]["uploaded"], report["storage"]["waiting"]) == (0, 2)
    assert stored(place) == {}
    server.always = ""
    assert upload_after_run(place, "job") == "storage   2 files uploaded"
    assert stored(place) == BOTH
    with closing(Ledger(place)) as ledger:
        ledger.files.close_file("feeds/maghress/open.jsonl")
    (place.data / "feeds/maghress/a.jsonl").write_bytes(LINES * 2)  # the job was started again
    assert upload_all(place).uploaded == 2
    assert stored(place)["feeds/maghress/a.jsonl"] == LINES * 2


def test_two_ledgers_cannot_overwrite_each_others_files(place: Place, tmp_path: Path) -> None:
    assert upload_all(place).waiting == 0
    other = Place(tmp_path / "other", storage=place.storage)
    path = other.data / "feeds/maghress/a.jsonl"
    path.parent.mkdir(parents=True)
    path.write_bytes(LINES[:-1])
    result = upload_all(other)
    assert (result.uploaded, result.waiting) == (0, 1)
    assert f"another ledger uploads to {place.storage}: give each its own prefix" in result.error
    own = Place(other.data, storage=f"{place.storage}/other")
    assert upload_all(own).uploaded == 1
    delete(f"{place.storage}/owner")  # as if the process had ended before
    assert upload_all(place).error == ""
    assert stored(place) == BOTH


def test_unreachable_storage_is_given_up_soon(place: Place, tmp_path: Path) -> None:
    away = Place(place.data, storage=(tmp_path / "not mounted").as_uri())
    for name in "cde":
        (place.data / f"feeds/maghress/{name}.jsonl").write_bytes(LINES)
    said: list[str] = []
    result = upload_all(away, said.append)
    assert (result.uploaded, result.waiting, said) == (0, 5, [])
    assert "not mounted" in result.error
    assert not (tmp_path / "not mounted").exists()
    later = datetime.now(UTC).replace(year=2100)
    found = overview(away, ["maghress"], (), later, stale_hours=3, history_days=1)
    assert (found.waiting_files, found.waiting_bytes) == (5, 5 * len(LINES))
    assert [each for each in found.problems if each.startswith("5 files have waited for 3 hours")]


def test_an_upload_that_is_killed_is_repeated(server: S3, place: Place) -> None:
    big = place.data / "archive/maghress/big.warc.gz"
    big.parent.mkdir(parents=True)
    big.write_bytes(os.urandom(20_000_000))
    server.faults = ["", "", "hang"]  # in the second of three parts
    environment = {"NEWSCRAWL_DATA": str(place.data), "NEWSCRAWL_STORAGE": place.storage}
    killed = preloaded.start([*preloaded.SCRAPY, "upload"], env=os.environ | environment)
    assert server.hangs.wait(60)
    with closing(Ledger(place)) as ledger:
        assert upload_all(place).error == "another process uploads"
        assert len(waiting_files(place, ledger)) == 3
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    server.let_go.set()
    assert stored(place) == {}
    code, told = scrapy("upload", "--dry-run", data=place.data, **environment)
    assert (code, told.splitlines()[-1]) == (0, "3 files wait, 20.1 MB")
    code, told = scrapy("upload", data=place.data, **environment)
    assert (code, told.splitlines()[-1]) == (0, "3 files uploaded, 20.1 MB; 0 wait")
    assert stored(place) == BOTH | {"archive/maghress/big.warc.gz": big.read_bytes()}
    assert "sesame" not in told


def test_the_doctor_writes_and_deletes_an_object(bucket: str, tmp_path: Path) -> None:
    settings = {"NEWSCRAWL_DATA": str(tmp_path), "LEASE_SECONDS": 15, "LEDGER": ""}
    (found,) = _storage(settings | {"STORAGE": bucket})
    assert (found.state, found.found) == ("ok", f"{bucket} can be written and read")
    (found,) = _storage(settings | {"STORAGE": "s3://no-such-bucket/x"})
    assert (found.state, "no-such-bucket" in found.found) == ("warn", True)
    assert [*_storage(settings | {"STORAGE": ""})] == []


def test_credentials_in_the_url_are_refused_and_not_repeated() -> None:
    settings = {"NEWSCRAWL_DATA": "data", "LEASE_SECONDS": 15, "LEDGER": ""}
    for wrong in ("s3://key:sesame@bucket/x", "bucket", "s3://bucket/x?secret=sesame"):
        with pytest.raises(SettingError, match="expected a URL such as") as caught:
            place_of(settings | {"STORAGE": wrong})
        assert "sesame" not in str(caught.value)
    assert place_of(settings | {"STORAGE": "s3://bucket/x/"}).storage == "s3://bucket/x"


def test_storage_without_its_library_is_an_error_before_a_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings = Settings()
    settings.setmodule(defaults)
    settings.set("STORAGE", "s3://bucket")
    check_settings(settings, defaults)
    monkeypatch.setattr("newscrawl.configuration.checks.find_spec", lambda _: None)
    with pytest.raises(SettingError, match=r"pip install '\.\[storage\]'"):
        check_settings(settings, defaults)


def test_obstore_is_imported_for_objects_only() -> None:
    code = (
        "import sys; import newscrawl.storage, newscrawl.operations.uploads;"
        "assert 'obstore' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


# --- Names, merges and lost nodes -----------------------------------------------------------------


def test_a_stored_file_is_never_replaced_by_a_new_one_of_its_name(place: Place) -> None:
    upload_all(place)
    (place.data / "feeds/maghress/b.jsonl").unlink()
    run = Run("maghress", "b", place)
    with pytest.raises(StoreError, match="give the run another name"):
        LineFile(run, "feeds", fsync=False)
    run.close()


def test_stored_feeds_are_not_merged(place: Place) -> None:
    def planned(stored: set[str]) -> list[list[str]]:
        later = datetime.now(UTC).replace(year=2100)
        found = retention.merges(place.data, "maghress", later, stored)
        return [[path.stem for path in merge.sources] for merge in found]

    assert planned(set()) == [["a", "b", "open"]]
    assert planned({"feeds/maghress/a.jsonl"}) == [["b", "open"]]
    assert planned({"feeds/maghress/a.jsonl", "feeds/maghress/b.jsonl"}) == []


def test_the_stored_records_of_a_lost_node_are_not_lost(
    bucket: str, url: str, tmp_path: Path
) -> None:
    from tests.test_postgres import export as write_records

    one, other = (node_place(tmp_path, url, node) for node in ("one", "other"))
    one = Place(one.data, one.url, one.node, 60, storage=bucket)
    for name in ("a", "b"):
        feed = one.data / f"feeds/maghress/{name}@one.jsonl"
        feed.parent.mkdir(parents=True, exist_ok=True)
        feed.write_bytes(LINES)
    with closing(Ledger(one)) as ledger:
        ledger.lock("maghress", "job")
        write_records(ledger, "job", "feeds/maghress/a@one.jsonl", 1, 2)
        write_records(ledger, "job", "feeds/maghress/b@one.jsonl", 3, len(LINES) + 1)
    upload_all(one)
    with closing(Ledger(other)) as ledger:
        assert ledger.nodes
        lost = [(file.path, file.records) for file in ledger.nodes.lost_files("one")]
        assert lost == [("feeds/maghress/b@one.jsonl", 1)]  # written after the upload
        ledger.lock("maghress", "other")
        ledger.nodes.forget("one")
        assert ledger.articles.last_export("maghress:fr/courrier/3") == (1, b"prints")
    feeds = find_feeds(other)
    assert [feed.path.name for feed in feeds] == ["a@one.jsonl", "b@one.jsonl"]
    assert {feed.url.partition("/feeds/")[0] for feed in feeds} == {bucket}
    reader = FeedReader(feeds, tmp_path)
    assert [len([*reader.lines(number)]) for number in (0, 1)] == [1000, 1000]
    reader.close()


def test_expired_files_are_deleted_in_storage_and_damaged_objects_uploaded_again(
    place: Place,
) -> None:
    reject = place.data / "rejects/maghress/a.jsonl"
    reject.parent.mkdir(parents=True)
    reject.write_bytes(LINES)
    upload_all(place)
    later = datetime.now(UTC).replace(year=2100)
    with closing(Ledger(place)) as ledger:
        assert retention.expired_objects(ledger, "rejects", 400, datetime.now(UTC)) == []
        (old,) = retention.expired_objects(ledger, "rejects", 400, later)
        assert old.path == "rejects/maghress/a.jsonl"
        assert retention.expired_objects(ledger, "feeds", 400, later) == []
        copies = retention.uploaded(place.data, ledger, 30, later)
        assert [Path(file.path).name for file in copies] == ["a.jsonl", "b.jsonl", "a.jsonl"]
        assert retention.uploaded(place.data, ledger, 30, datetime.now(UTC)) == []
        delete(copies[0].url)
        assert [retention.is_whole(ledger, file) for file in copies] == [False, True, True]
        assert [each.path.name for each in waiting_files(place, ledger)] == ["a.jsonl"]


# --- All that reads -------------------------------------------------------------------------------


def test_all_readers_of_files_read_from_storage(
    bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, "127.0.0.1")
    web = Web({"https://www.maghress.com/fr/courrier": listing(range(3, 0, -1))}, "127.0.0.1")
    for number in range(1, 4):
        link = f"https://www.courrierdusouss.example/article/{number}"
        web.pages[link] = SOURCE
        web.pages[f"https://www.maghress.com/fr/courrier/{number}"] = aggregator_page(
            f"{TITLE} ({number})" if number < 3 else "", TEXT, link=link
        )
    data = tmp_path / "data"
    settings = {"ARCHIVE": "1", "STORAGE": bucket, "FEED_COMPRESSION": "gzip", "MONITORS": "0"}
    walk = {"outlets": "courrier", "editions": "fr"}
    outcome = crawl(web, data, settings=settings, **walk)
    assert "files uploaded" in outcome.stderr, outcome.stderr
    assert "sesame" not in outcome.stderr
    waiting = outcome.report["storage"]
    assert (waiting["waiting"], waiting["error"]) == (0, "")

    def made(name: str) -> list[object]:
        """Outputs made from the data."""
        output = tmp_path / name
        output.mkdir()
        feeds = find_feeds(data)
        order = Order(feeds=feeds, output=output / "corpus", selection=Selection(), command="")
        again = reextract(data / "archive", output / "again.jsonl")
        replayed = replay(data / "archive", output / "replayed", **walk)
        assert (again.returncode, replayed.code) == (0, 0), (again.stderr, replayed.stderr)
        place = Location(f"maghress/{archive}", offset)
        return [
            export(order).facts.corpus,
            write_page(data, feeds, output / "report.html") > 0,
            [json.loads(line)["title"] for line in (output / "again.jsonl").open()],
            (replayed.code, len(replayed.lines("feeds"))),
            read_exchange(files_of(data, data / "archive"), place).body,
        ]

    (archive,) = [path.name for path in (data / "archive/maghress").iterdir()]
    records = [
        json.loads(line)
        for feed in find_feeds(data)
        for line in subprocess.check_output(["gzip", "-dc", feed.path]).splitlines()
    ]
    assert len(records) >= 2
    offset = records[0]["archive"]["source"]["offset"]
    local = made("made-before")
    keep = ("--keep", "uploaded=0.0000001", "--no-merge")
    code, told = scrapy("prune", *keep, data=data)
    assert (code, "would delete" in told) == (0, True)
    assert len(files_of(data, data).names(".gz")) >= 2
    code, told = scrapy("prune", *keep, "--yes", data=data)
    assert (code, "uploaded files older than" in told) == (0, True)
    for kind in ("feeds", "archive", "headlines", "rejects"):
        assert [*(data / kind).rglob("*.gz"), *(data / kind).rglob("*.jsonl")] == []
    assert made("made-later") == local
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")  # nobody is there
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    again = reextract(data / "archive", tmp_path / "away.jsonl")
    assert (again.returncode, bucket in again.stderr) == (1, True), again.stderr
    replayed = replay(data / "archive", tmp_path / "away", **walk)
    assert (replayed.code, replayed.lines("feeds")) == (1, [])
    assert "the archive cannot be read: s3://" in replayed.report["errors"][0]
    monkeypatch.undo()
    run = Run("maghress", "later", data)
    record = exported_record(run, records[0]["id"])
    assert record is not None
    assert record.title == records[0]["title"]
    run.close()
