"""``scrapy validate`` and ``scrapy doctor``, on the output of a real crawl, intact and damaged."""

import gzip
import json
import os
import sys
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from scrapy.utils.project import get_project_settings

from newscrawl.demo.proxy import DemoProxy, Reply
from newscrawl.operations.doctor import _ledger_remedy, examine_all
from newscrawl.state import ledger_path
from tests.support import URL, scrapy, web, zstd_compress
from tests.web import Web, crawl


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data directory of a good crawl."""
    directory = tmp_path_factory.mktemp("data")
    crawl(web(), directory, urls=URL)
    return directory


@pytest.fixture(scope="module")
def record(data: Path) -> dict[str, Any]:
    """The only record of the crawl."""
    (feed,) = (data / "feeds").rglob("*.jsonl")
    found: dict[str, Any] = json.loads(feed.read_text("utf-8"))
    return found


def changed(record: dict[str, Any], **fields: Any) -> bytes:
    return json.dumps(record | fields, ensure_ascii=False, separators=(",", ":")).encode()


Change = Callable[[dict[str, Any]], bytes]
CASES: dict[str, tuple[Change, str]] = {
    "empty": (lambda _: b"", "the line is empty"),
    "not JSON": (lambda r: changed(r)[:-5], "is not JSON"),
    "no object": (lambda _: b"[1]", "is not an object"),
    "two objects": (lambda r: changed(r) + changed(r), "is not JSON"),
    "not UTF-8": (
        lambda r: changed(r, title="été").replace("é".encode(), b"\xe9"),
        "is not UTF-8: byte",
    ),
    "byte order mark": (lambda r: b"\xef\xbb\xbf" + changed(r), "byte order mark"),
    "missing field": (
        lambda r: changed({name: r[name] for name in r if name != "flags"}),
        'record: "flags" is a required property',
    ),
    "unknown field": (lambda r: changed(r, mood="good"), "mood"),
    "wrong type": (lambda r: changed(r, title=7), "title: 7 is not of type"),
    "order": (
        lambda r: changed({"schema": r["schema"], **{n: r[n] for n in r if n != "schema"}}),
        "record: found schema in place of id",
    ),
    "inner order": (
        lambda r: changed(r, outlet=dict(reversed(r["outlet"].items()))),
        "outlet: found domain in place of slug",
    ),
    "twice in it": (
        lambda r: changed(r).replace(b'"flags":[]', b'"flags":[],"flags":["stub"]'),
        "flags: appears twice",
    ),
    "future": (lambda r: changed(r, published="2999-01-01T00:00:00+00:00"), "is in the future"),
    "decomposed": (lambda r: changed(r, title="e\u0301te\u0301"), "title: is not in Unicode's"),
}


def test_each_violated_guarantee_is_reported_with_its_place(
    tmp_path: Path, record: dict[str, Any]
) -> None:
    good = [changed(record, id=f"maghress:fr/courrier/{n}") for n in range(2)]
    lines = [*good, *(change(record) for change, _ in CASES.values())]
    lines = [line.replace(b"courrier/101", b"courrier/%d" % n) for n, line in enumerate(lines)]
    feed = tmp_path / "feed.jsonl"
    feed.write_bytes(b"\n".join([*lines, good[1]]))  # the last again, and without its line break
    code, told = scrapy("validate", "--limit", "99", feed, data=tmp_path)
    assert code == 1
    by_line: dict[int, str] = {}
    for fault in told.splitlines()[:-1]:
        number = int(fault.removeprefix(f"{feed}:").split(":")[0])
        by_line[number] = by_line.get(number, "") + fault
    assert set(by_line) == set(range(3, len(lines) + 2)), told
    for number, (name, (_, expected)) in enumerate(CASES.items(), start=3):
        assert expected in by_line[number], name
    assert "maghress:fr/courrier/1: the line does not end" in by_line[len(lines) + 1]
    assert f"version: 1 with this id is in {feed}, line 2, too" in by_line[len(lines) + 1]
    assert f"lines {len(lines) + 1}, faulty {len(CASES) + 1}" in told
    # All faults are counted, however few are told.
    code, told = scrapy("validate", "--limit", "1", feed, data=tmp_path)
    assert len(told.splitlines()) == 3
    assert "more" in told


@pytest.mark.parametrize(("suffix", "pack"), [("gz", gzip.compress), ("zst", zstd_compress)])
def test_plain_compressed_and_truncated_feeds_are_validated(
    suffix: str,
    pack: Callable[[bytes], bytes],
    data: Path,
    tmp_path: Path,
    record: dict[str, Any],
) -> None:
    assert scrapy("validate", data=data) == (0, "feeds 1, lines 1, faulty 0\n")
    packed = tmp_path / f"feed.jsonl.{suffix}"
    lines = [changed(record, id=f"maghress:fr/courrier/{n}") + b"\n" for n in range(200)]
    packed.write_bytes(pack(b"".join(lines)))
    assert scrapy("validate", packed, data=data) == (0, "feeds 1, lines 200, faulty 0\n")
    whole = packed.read_bytes()
    packed.write_bytes(whole[: len(whole) // 2])
    code, told = scrapy("validate", packed, data=data)
    assert (code, "cannot be decompressed from here on" in told) == (1, True)
    code, told = scrapy("validate", tmp_path / "none.jsonl", data=data)
    assert (code, "does not exist" in told) == (1, True)


def diagnosis(told: str) -> dict[str, tuple[str, str]]:
    """What the doctor found, by name: state and the rest of the line."""
    rows = [line.split(maxsplit=2) for line in told.splitlines()]
    return {name: (state, rest) for state, name, rest in rows}


def test_doctor_on_a_healthy_machine(data: Path) -> None:
    robots = {
        "www.maghress.com": b"User-agent: *\nCrawl-delay: 7\n",
        "www.turess.com": b"User-agent: newscrawl\nDisallow: /\n",
    }
    pages = Web({f"https://{host}/robots.txt": Reply(body=body) for host, body in robots.items()})
    with DemoProxy(pages.reply) as proxy:
        code, told = scrapy(
            "doctor",
            data=data,
            **proxy.environment(),
            NEWSCRAWL_CONTACT="a@b.example",
        )
    found = diagnosis(told)
    assert code == 0, told
    for name in ("python", "packages", "modules", "browser", "data", "owner", "ledger", "clock"):
        assert found[name][0] == "ok", told
    assert "whole, version" in found["ledger"][1]
    assert found["contact"] == ("ok", "a@b.example")
    assert found["maghress"] == ("ok", "responds, Crawl-delay 7 s")
    assert found["turess"] == ("warn", "robots.txt forbids it  -> do not crawl this site")
    assert found["masress"] == ("ok", "responds")  # it has no robots.txt
    assert "network" not in found


def test_doctor_knows_the_requirements_of_a_bare_clone(
    monkeypatch: pytest.MonkeyPatch, data: Path
) -> None:
    def requires(name: str) -> None:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "requires", requires)
    settings = get_project_settings()
    settings.set("NEWSCRAWL_DATA", str(data))
    found = {finding.name: finding for finding in examine_all(settings, network=False)}
    assert (found["packages"].state, found["packages"].found) == (
        "ok",
        "all that requirements.txt names",
    )

    real = metadata.version
    monkeypatch.setattr(metadata, "version", lambda name: "0.1" if name == "rich" else real(name))
    found = {finding.name: finding for finding in examine_all(settings, network=False)}
    assert (found["package rich"].state, found["package rich"].found) == ("fail", "0.1")


def test_doctor_imports_what_a_crawl_imports(monkeypatch: pytest.MonkeyPatch, data: Path) -> None:
    settings = get_project_settings()
    settings.set("NEWSCRAWL_DATA", str(data))
    # Installed, but what it needs itself is missing.
    monkeypatch.delitem(sys.modules, "trafilatura", raising=False)
    monkeypatch.setitem(sys.modules, "trafilatura.core", None)
    found = {finding.name: finding for finding in examine_all(settings, network=False)}
    assert found["packages"].state == "ok"
    assert found["modules"].state == "fail"
    assert "trafilatura" in found["modules"].found
    assert found["modules"].remedy.startswith("pip install")


def test_doctor_passes_an_installation_without_the_browser_extra(
    monkeypatch: pytest.MonkeyPatch, data: Path
) -> None:
    settings = get_project_settings()
    settings.set("NEWSCRAWL_DATA", str(data))
    for name in ("scrapy_playwright", "scrapy_playwright.handler"):
        monkeypatch.setitem(sys.modules, name, None)
    found = {finding.name: finding for finding in examine_all(settings, network=False)}
    assert found["modules"].state == "ok"
    assert found["browser"].state == "warn"


@pytest.mark.parametrize(
    ("content", "remedy"),
    [(b"", "restore a backup"), (b"no database" * 100, "restore a backup")],
    ids=["empty", "damaged"],
)
def test_doctor_says_what_to_do_about_a_ledger(content: bytes, remedy: str, tmp_path: Path) -> None:
    ledger_path(tmp_path).parent.mkdir()
    ledger_path(tmp_path).write_bytes(content)
    settings = get_project_settings()
    settings.set("NEWSCRAWL_DATA", str(tmp_path))
    found = {finding.name: finding for finding in examine_all(settings, network=False)}
    assert found["ledger"].state == "fail"
    assert remedy in found["ledger"].remedy


@pytest.mark.parametrize(
    ("error", "remedy"),
    [
        ("database or disk is full", "make space"),
        ("attempt to write a readonly database", "owner and permissions"),
        ("unable to open database file", "owner and permissions"),
        ("is of version 9, this newscrawl knows 6", "upgrade newscrawl"),
        ("database disk image is malformed", "restore a backup"),
    ],
)
def test_the_remedy_matches_the_fault_of_the_ledger(error: str, remedy: str) -> None:
    assert remedy in _ledger_remedy(error)


def test_doctor_finds_files_of_another_user_and_a_wrong_environment(tmp_path: Path) -> None:
    (tmp_path / "ledger").mkdir()
    file = tmp_path / "ledger" / "ledger.sqlite-wal"
    file.write_text("")
    if os.geteuid() == 0:
        os.chown(file, 65534, 65534)
    code, told = scrapy(
        *("doctor", "--offline"),
        data=tmp_path,
        NEWSCRAWL_BACKFILL_MONTHS="many",
        https_proxy="proxy:3128",
    )
    assert code == 1
    if os.geteuid() == 0:
        assert f"{file} does not belong to" in told
        assert "chown -R" in told
    assert "NEWSCRAWL_BACKFILL_MONTHS: many is not a whole number" in told
    assert "https_proxy: proxy:3128 has no scheme" in told


def test_doctor_finds_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "ledger").mkdir()
    (tmp_path / "ledger" / "ledger.sqlite").write_bytes(b"no database at all" * 100)
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "a.json").write_text('{"written": "2999-01-01T00:00:00+00:00"}')
    code, told = scrapy(
        *("doctor", "-s", "BROWSER_PATH=/nowhere/chromium"),
        data=tmp_path,
        NEWSCRAWL_CONTACT="",
        https_proxy="http://127.0.0.1:9",
    )
    found = diagnosis(told)
    assert code == 1
    assert found["ledger"][0] == found["clock"][0] == found["network"][0] == "fail"
    assert found["contact"][0] == found["browser"][0] == found["maghress"][0] == "warn"
    assert "NEWSCRAWL_CONTACT" in found["contact"][1]
    code, told = scrapy("doctor", "--offline", data=tmp_path / "ledger" / "ledger.sqlite" / "data")
    found = diagnosis(told)
    assert (code, found["data"][0], found["sites"][0]) == (1, "fail", "warn")
