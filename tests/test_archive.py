"""The archive: written by real crawls, checked by another tool, replayed and re-extracted."""

import gzip
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from warcio.archiveiterator import ArchiveIterator

from newscrawl.archive.warc import ArchiveIndex, Exchange, read_exchange, scan
from newscrawl.archive.writer import WarcFile
from newscrawl.demo.network import build
from newscrawl.demo.outlets import EDITIONS, outlets_of
from newscrawl.demo.proxy import DemoProxy, Reply
from newscrawl.errors import ArchiveError, StoreError
from newscrawl.items import Location
from newscrawl.operations.comparison import compare
from newscrawl.state.compression import PACKINGS, Compression
from tests import preloaded
from tests.support import SOURCE, TEXT, TITLE, URL, listing, reextract, replay
from tests.web import HTML, Outcome, Web, aggregator_page, command, crawl, environment

# Hosts with every trouble in turn are asked on: a rest is no response that could be replayed.
ON = {"ARCHIVE": "1", "HOST_FAILURES": "0"}
WALK = {"outlets": "courrier", "editions": "fr"}
BASE = "https://www.courrierdusouss.example"
ARABIC = f"{BASE}/مقال/1".encode()


def troubled(first: int = 1, last: int = 12) -> Web:
    """An outlet's listing; each article's source responds differently."""
    small = Web({"https://www.maghress.com/fr/courrier": listing(range(last, first - 1, -1))})
    zipped = HTML | {"Content-Encoding": "gzip"}
    sources = [
        SOURCE,
        Reply(200, zipped, gzip.compress(SOURCE.body)),
        Reply(301, {"Location": "/new/2"}),
        Reply(302, {"Location": ARABIC.decode("latin-1")}),
        Reply(404, HTML, b"<p>404"),
        Reply(429, HTML | {"Retry-After": "900"}, b""),
        Reply(500, HTML, b"<p>500"),
        Reply(200, HTML, b"<p>a</p>" * 800_000),
        Reply(action="drop"),
        Reply(200, HTML, b'<meta http-equiv="refresh" content="0; url=/new/9"><p>x</p>'),
    ]
    for number in range(first, last + 1):
        link = f"{BASE}/article/{number}"
        if number % 12 == 5:
            link = f"https://busy{number}.example/article"
        elif number % 12 == 10:
            link = f"{BASE}/private/{number}"
        elif number % 12 == 11:
            link = f"https://nowhere{number}.example/"
        if number % 12 < len(sources):
            small.pages[link] = sources[number % 12]
        small.pages[f"https://www.maghress.com/fr/courrier/{number}"] = aggregator_page(
            f"{TITLE} ({number})", TEXT, link=link
        )
        small.pages[f"host nowhere{number}.example"] = Reply(action="refuse")
    robots = b"User-agent: *\nDisallow: /private/\n"
    small.pages[f"{BASE}/robots.txt"] = Reply(200, {"Content-Type": "text/plain"}, robots)
    small.pages[f"{BASE}/new/2"] = small.pages[f"{BASE}/new/9"] = SOURCE
    small.pages[f"{BASE}/%D9%85%D9%82%D8%A7%D9%84/1"] = SOURCE
    return small


def files(data: Path) -> list[Path]:
    return sorted((data / "archive").rglob("*.warc.gz"))


def check(path: Path) -> None:
    """Verdict of an independent tool."""
    done = subprocess.run(
        [sys.executable, "-m", "warcio.cli", "check", path], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


def differences(data: Path, feed: Path) -> set[str]:
    """Fields in which a feed differs from those of a crawl; the articles have to be the same.

    Which rule read a page depends on which pages were read before, so on the order of responses.
    """
    changes = compare(feed, sorted((data / "feeds").rglob("*.jsonl")))
    assert (changes.missing, changes.added) == ([], [])
    return set(changes.fields) - {"source.rule"}


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """A crawl with an archive in many small files."""
    data = tmp_path_factory.mktemp("crawled")
    outcome = crawl(troubled(), data, settings=ON | {"ARCHIVE_FILE_SIZE": "9000"}, **WALK)
    assert outcome.code == 0, outcome.stderr
    return outcome


def test_the_crawl_covers_every_fault(crawled: Outcome) -> None:
    statuses = {r["id"].rpartition("/")[2]: r["source"]["status"] for r in crawled.lines("feeds")}
    assert statuses == {
        **dict.fromkeys(("1", "2", "3", "9", "12"), "ok"),
        "4": "gone",
        **dict.fromkeys(("5", "10"), "refused"),
        **dict.fromkeys(("6", "8", "11"), "unreachable"),
        "7": "too_large",
    }


def test_files_are_standard_and_rotated(crawled: Outcome) -> None:
    found = files(crawled.data)
    assert len(found) > 1
    job = crawled.report["job"]
    names = [f"{job}-{number:05}.warc.gz" for number in range(len(found))]
    assert [path.name for path in found] == names
    for path in found:
        check(path)
        assert path.parent.name == "maghress"
    assert all(path.stat().st_size >= 9000 for path in found[:-1])


def test_requests_and_responses_are_linked(crawled: Outcome) -> None:
    responses, requests, errors = {}, [], []
    for path in files(crawled.data):
        with path.open("rb") as file:
            for number, record in enumerate(ArchiveIterator(file)):
                headers = record.rec_headers
                assert (record.rec_type == "warcinfo") == (number == 0)
                if record.rec_type == "request":
                    requests.append(headers)
                    assert record.http_headers.get_header("User-Agent").startswith("newscrawl")
                    assert record.http_headers.get_header("Host")
                elif record.rec_type == "response":
                    assert headers.get_header("WARC-Payload-Digest").startswith("sha1:")
                    assert headers.get_header("WARC-IP-Address") is None, "that of the proxy"
                elif record.rec_type == "metadata":
                    errors.append(record.content_stream().read())
                if record.rec_type in ("response", "metadata"):
                    responses[headers.get_header("WARC-Record-ID")] = headers
    for request in requests:
        answer = responses.pop(request.get_header("WARC-Concurrent-To"))
        for name in ("WARC-Target-URI", "WARC-Date"):
            assert request.get_header(name) == answer.get_header(name)
    assert not responses, "responses without a request"
    assert any(b"DownloadCancelledError" in error for error in errors)
    urls = [request.get_header("WARC-Target-URI") for request in requests]
    assert f"{BASE}/robots.txt" in urls
    assert f"{BASE}/private/10" not in urls


def test_the_record_says_where_its_responses_lie(crawled: Outcome) -> None:
    for record in crawled.lines("feeds"):
        for part, url in (("copy", record["url"]), ("source", record["source"]["url"])):
            where = record["archive"][part]
            assert (where is None) == (part == "source" and record["source"]["http"] is None)
            if where is None:
                continue
            with (crawled.data / "archive" / where["file"]).open("rb") as file:
                file.seek(where["offset"])
                found = next(iter(ArchiveIterator(file)))
            assert found.rec_type == "response"
            assert found.rec_headers.get_header("WARC-Target-URI") == url


def test_the_body_is_archived_as_received(crawled: Outcome) -> None:
    (record,) = [r for r in crawled.lines("feeds") if r["id"].endswith("/1")]
    answer = read_exchange(crawled.data / "archive", Location(**record["archive"]["source"]))
    assert (b"Content-Encoding", b"gzip") in answer.headers
    assert gzip.decompress(answer.body) == SOURCE.body


def test_a_replay_gives_the_same_records_without_network(crawled: Outcome, tmp_path: Path) -> None:
    again = replay(crawled.data / "archive", tmp_path, **WALK)
    assert again.code == 0, again.stderr
    (feed,) = (tmp_path / "feeds").rglob("*.jsonl")
    assert differences(crawled.data, feed) == set()
    assert not files(tmp_path)


def test_the_demo_of_a_site_is_replayed_and_reextracted(tmp_path: Path) -> None:
    slugs = {o.slug for site, e in EDITIONS if site == "maghress" for o in outlets_of(site, e)}
    walk = {"outlets": ",".join(sorted(slugs))}
    with DemoProxy(build().reply) as proxy:
        done = preloaded.run(
            command("maghress", {"ARCHIVE": "1"}, walk), env=environment(proxy, tmp_path)
        )
    assert done.returncode == 0, done.stderr
    crawled = {r["id"]: r for r in Outcome(0, "", tmp_path, []).lines("feeds")}
    assert len(crawled) > 150
    for path in files(tmp_path):
        check(path)

    again = replay(tmp_path / "archive", tmp_path / "again", **walk)
    assert again.code == 0, again.stderr
    replayed = {r["id"]: r for r in again.lines("feeds")}
    for record in (*crawled.values(), *replayed.values()):
        del record["crawl"]

    def stable(records: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
        """Records without the fields that depend on the order in which pages arrive."""
        return [
            record | {"duplicate_of": None, "source": record["source"] | {"rule": None}}
            for _, record in sorted(records.items())
        ]

    assert stable(replayed) == stable(crawled)

    done = reextract(tmp_path / "archive", tmp_path / "feed.jsonl")
    assert done.returncode == 0, done.stderr
    anew = {r["id"]: r for r in map(json.loads, (tmp_path / "feed.jsonl").open())}
    assert anew.keys() == crawled.keys()
    for name, record in anew.items():
        rule, before = record["source"]["rule"], crawled[name]["source"]["rule"]
        # Those that were read before there was a rule are read by it now, and maybe otherwise.
        if rule != before:
            assert "#" in rule
        else:
            if record["source"]["status"] == "no_link":
                # By then the ledger knows the domain of an outlet that the crawl met later.
                record["outlet"]["domain"] = crawled[name]["outlet"]["domain"]
            kept = {key: record[key] for key in record if key not in ("crawl", "duplicate_of")}
            assert kept == {key: crawled[name][key] for key in kept}


def test_a_page_missing_in_the_archive_is_unreachable(tmp_path: Path) -> None:
    outcome = crawl(
        Web({URL: aggregator_page(TITLE, TEXT)}), tmp_path, settings=ON, urls=URL, follow="no"
    )
    assert outcome.code == 0, outcome.stderr
    again = replay(tmp_path / "archive", tmp_path / "again", urls=URL)
    (record,) = again.lines("feeds")
    assert record["source"]["status"] == "unreachable"
    assert "not in the archive" in record["source"]["reason"]


def test_a_replay_without_archive_ends_at_once(tmp_path: Path) -> None:
    outcome = replay(tmp_path / "none", tmp_path / "data", urls=URL)
    assert outcome.code != 0
    assert "has no archive" in outcome.stderr


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_records_are_rebuilt_from_the_archive(crawled: Outcome, tmp_path: Path, jobs: str) -> None:
    feed = tmp_path / "feed.jsonl"
    old = str(crawled.data / "feeds")
    done = reextract(crawled.data / "archive", feed, "--jobs", jobs, "--old", old)
    assert done.returncode == 0, done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["feed.jsonl"]
    records = [json.loads(line) for line in feed.read_text().splitlines()]
    assert [record["url"] for record in records] == sorted(record["url"] for record in records)
    assert differences(crawled.data, feed) == set()
    assert re.search(r"^same +\d+\nchanged +\d+$", done.stdout, re.MULTILINE)


@pytest.mark.parametrize("packing", PACKINGS.values(), ids=PACKINGS)
def test_a_feed_is_compared_with_compressed_feeds(
    crawled: Outcome, tmp_path: Path, packing: Compression
) -> None:
    (feed,) = (crawled.data / "feeds").rglob("*.jsonl")
    lines = feed.read_bytes().splitlines(keepends=True)
    old = tmp_path / f"old.jsonl{packing.suffix}"
    halves = (lines[:5], [lines[5].replace(b'"section":', b'"section":"x","was":'), *lines[6:]])
    old.write_bytes(b"".join(packing.pack(b"".join(half)) for half in halves))
    changes = compare(feed, [old])
    assert (changes.same, changes.different) == (len(lines) - 1, 1)
    assert "section" in changes.fields
    if packing.suffix:
        old.write_bytes(old.read_bytes()[:-9])
        with pytest.raises(ValueError, match="cannot be decompressed"):
            compare(feed, [old])


def test_an_interrupted_reextraction_resumes(crawled: Outcome, tmp_path: Path) -> None:
    whole, feed = tmp_path / "whole.jsonl", tmp_path / "feed.jsonl"
    assert reextract(crawled.data / "archive", whole, "--jobs", "1").returncode == 0
    lines = whole.read_bytes().splitlines(keepends=True)
    # As if killed in the sixth line; a first line that is not made again proves where it went on.
    first = lines[0].replace(b'"job":"reextract"', b'"job":"before"')
    feed.with_name("feed.jsonl.part").write_bytes(first + b"".join(lines[1:5]) + lines[5][:40])
    done = reextract(crawled.data / "archive", feed, "--jobs", "1")
    assert done.returncode == 0, done.stderr
    assert f"records   {len(lines) - 5} " in done.stdout
    stamp = re.compile(rb'"exported":"[^"]*"')
    made = feed.read_bytes().splitlines(keepends=True)
    assert b'"job":"before"' in made[0]
    dropped = [re.sub(rb'"duplicate_of":[^,]*', b"", stamp.sub(b"", line)) for line in made[1:]]
    assert dropped == [
        re.sub(rb'"duplicate_of":[^,]*', b"", stamp.sub(b"", line)) for line in lines[1:]
    ]


def test_an_uncompressed_feed_has_no_compressed_suffix(tmp_path: Path) -> None:
    done = reextract(tmp_path, tmp_path / "feed.jsonl.gz")
    assert done.returncode == 2
    assert "is not compressed" in done.stdout + done.stderr


def test_a_feed_is_not_overwritten(crawled: Outcome, tmp_path: Path) -> None:
    feed = tmp_path / "feed.jsonl"
    feed.write_text("mine\n")
    done = reextract(crawled.data / "archive", feed)
    assert done.returncode == 1
    assert f"{feed} exists" in done.stderr
    assert feed.read_text() == "mine\n"


def test_an_archive_survives_a_kill(tmp_path: Path) -> None:
    small = troubled(1, 60)
    small.pages[f"{BASE}/article/7"] = SOURCE
    slow = ON | {"FEED_BATCH": "3", "DOWNLOAD_DELAY": "0.05", "CONCURRENT_REQUESTS_PER_DOMAIN": "1"}
    with DemoProxy(small.reply) as proxy:
        run = preloaded.start(
            command("maghress", slow, WALK),
            env=environment(proxy, tmp_path),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 30
        feeds = tmp_path / "feeds"
        # The first batch is committed before the second is written.
        while sum(feed.read_bytes().count(b"\n") for feed in feeds.rglob("*.jsonl")) <= 3:
            assert time.monotonic() < deadline, "no records were written"
            time.sleep(0.05)
        os.kill(run.pid, signal.SIGKILL)
        run.wait()
    (killed,) = files(tmp_path)
    with killed.open("ab") as file:
        file.write(gzip.compress(b"WARC/1.1\r\nWARC-Type: response\r\n" + os.urandom(99))[:-20])
    before = Outcome(0, "", tmp_path, []).lines("feeds")
    assert before
    # Usable as it lies there,
    done = reextract(tmp_path / "archive", tmp_path / "feed.jsonl", "--jobs", "1")
    assert done.returncode == 0, done.stderr
    made = {json.loads(line)["id"] for line in (tmp_path / "feed.jsonl").open()}
    assert {record["id"] for record in before} <= made
    # and whole after the next start.
    outcome = crawl(small, tmp_path, settings=ON, **WALK)
    assert outcome.code == 0, outcome.stderr
    assert len(files(tmp_path)) == 2
    for path in files(tmp_path):
        check(path)
    records = outcome.lines("feeds")
    assert len(records) == len({record["id"] for record in records}) == 60
    for record in records:
        where = Location(**record["archive"]["copy"])
        assert read_exchange(tmp_path / "archive", where).url == record["url"]


def test_an_unwritable_archive_ends_the_run_without_losing_records(
    tmp_path: Path,
) -> None:
    (tmp_path / "archive").write_text("in the way")
    outcome = crawl(troubled(1, 3), tmp_path, settings=ON, **WALK)
    assert outcome.code == 1
    assert "cannot be made" in outcome.stderr
    assert outcome.report["reason"] == "store_error"
    again = crawl(troubled(1, 3), tmp_path, settings={}, **WALK)
    assert again.code == 0, again.stderr
    assert len({record["id"] for record in again.lines("feeds")}) == 3
    assert all(record["archive"] is None for record in again.lines("feeds"))


def test_headers_are_kept_byte_for_byte(tmp_path: Path) -> None:
    file = WarcFile(tmp_path / "a.warc.gz", {"software": "test"})
    headers = [(b"Location", ARABIC), (b"Set-Cookie", b"a=1"), (b"Set-Cookie", b"b=\xe9")]
    sent = [(b"Proxy-Authorization", b"Basic c2VjcmV0"), (b"Accept", b"*/*")]
    url = f"{BASE}/?q=1#part"
    offset = file.write(
        Exchange(url, sent=sent, status=302, headers=headers, body=b"\r\n\r\nx\r\n")
    )
    file.close()
    check(file.path)
    answer = read_exchange(tmp_path, Location("a.warc.gz", offset))
    assert (answer.url, answer.status) == (f"{BASE}/?q=1", 302)
    assert answer.headers == headers
    assert answer.body == b"\r\n\r\nx\r\n"
    assert b"c2VjcmV0" not in gzip.decompress(file.path.read_bytes())


def test_ranges_of_a_file_are_unique_and_damage_is_skipped(tmp_path: Path) -> None:
    file = WarcFile(tmp_path / "a.warc.gz", {"software": "test"})
    offsets = [
        file.write(Exchange(f"{BASE}/{number}", status=200, body=os.urandom(number * 37)))
        for number in range(50)
    ]
    file.close()
    whole = list(scan(file.path))
    assert [offset for _, _, offset, _ in whole] == offsets
    for step in (1, 100, 777, 4096):
        ranges = range(0, file.size, step)
        assert [row for begin in ranges for row in scan(file.path, begin, begin + step)] == whole
    body = bytearray(file.path.read_bytes())
    body[offsets[10] + 40] ^= 0xFF
    file.path.write_bytes(body[: offsets[40] + 30])
    left = [offset for _, _, offset, _ in scan(file.path)]
    assert left == [offset for offset in offsets[:40] if offset != offsets[10]]
    with pytest.raises(ArchiveError, match="no response"):
        read_exchange(tmp_path, Location("a.warc.gz", offsets[10]))
    with pytest.raises(ArchiveError, match="no response"):
        read_exchange(tmp_path, Location("a.warc.gz", offsets[40]))


def test_the_index_follows_the_files(tmp_path: Path) -> None:
    def add(name: str, url: str) -> None:
        file = WarcFile(tmp_path / name, {})
        file.write(Exchange(url, status=200))
        file.close()

    with pytest.raises(ArchiveError, match="has no archive"):
        ArchiveIndex(tmp_path)
    add("one/a.warc.gz", f"{BASE}/1")
    index = ArchiveIndex(tmp_path)
    index.update()
    add("two/b.warc.gz", f"{BASE}/1")
    add("two/c.warc.gz", f"{BASE}/2")
    index.update()
    index.update()
    assert [a.location.file for a in index.responses_to(f"{BASE}/1")] == [
        "one/a.warc.gz",
        "two/b.warc.gz",
    ]
    assert [a.location.file for a in index.responses_to(f"{BASE}/1#x", "two")] == ["two/b.warc.gz"]
    assert list(index.urls(BASE)) == [f"{BASE}/1", f"{BASE}/2"]
    assert list(index.urls(BASE, f"{BASE}/1")) == [f"{BASE}/2"]
    (tmp_path / "two/c.warc.gz").unlink()
    index.update()
    assert list(index.urls(BASE)) == [f"{BASE}/1"]


def test_a_full_disk_leaves_complete_records(tmp_path: Path) -> None:
    program = f"""
import os
from pathlib import Path
from newscrawl.archive.warc import Exchange
from newscrawl.archive.writer import WarcFile
file = WarcFile(Path({str(tmp_path / "a.warc.gz")!r}), {{}})
while True:
    file.write(Exchange("{BASE}/", status=200, body=os.urandom(5000)))
"""
    done = subprocess.run(
        ["bash", "-c", 'ulimit -f 64; exec "$@"', "bash", sys.executable, "-c", program],
        capture_output=True,
        text=True,
    )
    assert StoreError.__name__ in done.stderr
    check(tmp_path / "a.warc.gz")
    assert len(list(scan(tmp_path / "a.warc.gz"))) > 5


def test_no_value_of_a_server_adds_a_field_or_record(tmp_path: Path) -> None:
    evil = "x\r\nWARC-Type: metadata\r\n\r\nHTTP/1.1 200 OK"
    raw = evil.encode()
    file = WarcFile(tmp_path / "a.warc.gz", {})
    file.write(
        Exchange(
            f"https://a.example/{evil}",
            sent=[(b"Referer", raw)],
            status=200,
            headers=[(b"X-" + raw, b"1"), (b"X", raw), (b"Y", b"\0\n\r")],
            body=b"the page",
            protocol="HTTP/1.1\r\nA: b",
            ip=f"192.0.2.1{evil}",
        )
    )
    file.write(Exchange("https://a.example/2", error=f"E{evil}", message=evil))
    file.close()
    check(file.path)
    with file.path.open("rb") as stream:
        records = [(r.rec_type, r.content_stream().read()) for r in ArchiveIterator(stream)]
    assert [kind for kind, _ in records] == [
        "warcinfo", "response", "request", "metadata", "request",
    ]  # fmt: skip
    assert records[1][1] == b"the page"
    rows = list(scan(file.path))
    assert [row[-1] for row in rows] == [200, 0]
    answer = read_exchange(tmp_path, Location("a.warc.gz", rows[0][2]))
    assert (len(answer.headers), answer.body) == (3, b"the page")
    assert read_exchange(tmp_path, Location("a.warc.gz", rows[1][2])).message.startswith("x WARC")
