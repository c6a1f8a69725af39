"""Exports that fail, or must not: damaged feeds, existing output, wrong arguments."""

import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest

from newscrawl.errors import ExportError
from newscrawl.export.feeds import FeedReader, find_feeds
from newscrawl.export.index import Index
from newscrawl.export.selection import Selection
from newscrawl.state import Ledger
from tests.exports import (
    DESCRIPTIONS,
    RECORDS,
    ROOT,
    article,
    as_json,
    exported,
    files,
    good,
    ids,
    lines,
    put,
    real,
    refused,
    run,
)
from tests.support import zstd_compress


@pytest.fixture
def data(tmp_path: Path) -> Path:
    put(tmp_path / "data", RECORDS)
    return tmp_path / "data"


DAMAGED = {
    "cut": b'{"id":"maghress:fr/lopinion/5","schema":1,"tit',
    "no JSON": b"\x00\x00\x00",
    "empty": b"",
    "no record": b'{"id":"maghress:fr/lopinion/5"}',
    "another version": lines([article(5, schema=3)]).rstrip(),
    "wrong type": lines([article(5)]).rstrip().replace(b'"tags":[]', b'"tags":"x"'),
    "no date": lines([article(5, published=None)]).rstrip(),
    "no offset": lines([article(5, published="2024-01-01T00:00:00")]).rstrip(),
    "no UTF-8": lines([article(5)]).rstrip().replace(b"Titre", b"Titr\xe9"),
    "no file name": lines([article(5)]).rstrip().replace(b":fr/lopinion/", b":fr/a\\u0000b/"),
    "out of the directory": lines([article(5)]).rstrip().replace(b":fr/lopinion/", b":fr/../../"),
}


def test_damaged_lines_are_named_and_skipped_only_on_request(tmp_path: Path) -> None:
    feed = put(tmp_path, [])
    damaged = b"".join(line + b"\n" for line in DAMAGED.values())
    feed.write_bytes(lines([article(1)]) + damaged + lines([article(2)]))
    told = refused(tmp_path, "-o", tmp_path / "out")
    for number, kind in enumerate(DAMAGED, start=2):
        assert f"{feed}, line {number}: " in told, kind
    assert f"{len(DAMAGED)} of {len(DAMAGED) + 2} lines are damaged" in told
    assert not (tmp_path / "out").exists()

    done = run(tmp_path, "-o", tmp_path / "out", "--skip-damaged")
    assert done.returncode == 0
    assert done.stdout.count(f"left out: {feed}, line ") == len(DAMAGED)
    assert ids(tmp_path / "out/articles.jsonl") == ["lopinion/1", "lopinion/2"]
    package = json.loads((tmp_path / "out/datapackage.json").read_text("utf-8"))
    assert package["newscrawl"]["counts"]["damaged"] == len(DAMAGED)


def test_the_committed_part_of_a_running_crawl_is_exported(tmp_path: Path) -> None:
    feed = put(tmp_path, [article(1)])
    ledger = Ledger(tmp_path / "ledger/ledger.sqlite")
    ledger.files.commit_length("feeds/maghress/one.jsonl", "maghress", feed.stat().st_size)
    ledger.close()
    with feed.open("ab") as file:
        file.write(lines([article(2)])[:100])
    real(tmp_path, "-o", tmp_path / "out")
    assert ids(tmp_path / "out/articles.jsonl") == ["lopinion/1"]


def test_compressed_and_named_feeds_are_selected(tmp_path: Path) -> None:
    plain, other = tmp_path / "x/plain", tmp_path / "y"
    other.mkdir()
    plain.parent.mkdir()
    plain.write_bytes(lines([article(1)]).rstrip())  # no line break at its end
    members = [gzip.compress(lines([article(n)])) for n in (3, 2)]
    (other / "a.jsonl.gz").write_bytes(b"".join(members))
    (other / "b.jsonl.zst").write_bytes(
        b"".join(zstd_compress(lines([article(n)])) for n in (5, 4))
    )
    (other / "readme.txt").write_text("no feed")
    good(tmp_path, "-o", tmp_path / "out", plain, other)
    expected = as_json(article(number) for number in range(1, 6))
    assert exported(tmp_path / "out/articles.jsonl") == expected

    for packed in ("a.jsonl.gz", "b.jsonl.zst"):
        path = other / packed
        path.write_bytes(path.read_bytes()[:-3])
        assert f"{path}, line " in refused(tmp_path, "-o", tmp_path / "no", path)


def test_a_corpus_may_have_more_feeds_than_files_may_be_open(tmp_path: Path) -> None:
    def when(number: int) -> str:
        return f"2024-03-01T{number // 60:02}:{number % 60:02}:00+00:00"

    for number in range(150):
        # Neighbours in time lie in different feeds, and each feed is come back to.
        pair = [article(n, published=when(n)) for n in (number, number + 150)]
        put(tmp_path, pair, f"{number:03}")
    done = run(tmp_path, "-o", tmp_path / "out", limits="ulimit -n 100")
    assert done.returncode == 0, done.stderr
    assert ids(tmp_path / "out/articles.jsonl") == [f"lopinion/{n}" for n in range(300)]


def test_a_feed_that_changes_during_an_export_is_reported(tmp_path: Path) -> None:
    feed = put(tmp_path, [article(1), article(2)])
    reader = FeedReader(find_feeds(tmp_path), tmp_path)
    index = Index(tmp_path / "index.sqlite", reader, Selection())
    assert index.build().exported == 2
    feed.write_bytes(lines([article(1), article(2, title="Autre 2")]))
    with pytest.raises(ExportError, match="was changed while it was exported"):
        list(index.records())
    index.close()
    reader.close()


def test_existing_files_are_not_overwritten_unless_requested(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    good(data, "-o", out, "--format", "study")
    (out / "notes.txt").write_text("mine")
    before = files(out)
    assert "--overwrite" in refused(data, "-o", out, "--format", "study")
    assert "--overwrite" in refused(data, "-o", out / "all.csv")
    assert files(out) == before

    good(data, "-o", out, "--format", "study", "--outlet", "lakome", "--overwrite")
    assert files(out) == sorted([*DESCRIPTIONS, "masress/fr/lakome.json", "notes.txt"])
    # A failed export leaves the earlier one whole.
    refused(data, "-o", out, "--overwrite", "--outlet", "nobody")
    assert files(out) == sorted([*DESCRIPTIONS, "masress/fr/lakome.json", "notes.txt"])
    # A directory holds one export: another one replaces all of it.
    good(data, "-o", out / "all.csv", "--overwrite")
    assert files(out) == sorted([*DESCRIPTIONS, "all.csv", "notes.txt"])


def test_files_of_other_projects_are_not_touched(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "datapackage.json").write_text('{"resources": []}')
    assert "describes no export of newscrawl" in refused(data, "-o", out, "--overwrite")
    assert files(out) == ["datapackage.json"]
    # A description that reaches out of its directory is not followed there.
    (tmp_path / "keep.txt").write_text("mine")
    (out / "datapackage.json").write_text('{"newscrawl": {"files": ["../keep.txt"]}}')
    good(data, "-o", out, "--overwrite")
    assert files(out) == sorted(["articles.jsonl", *DESCRIPTIONS])
    assert (tmp_path / "keep.txt").read_text() == "mine"
    # A description that has the name of somebody's file gives way; data do not.
    (tmp_path / "README.md").write_text("mine")
    assert "README.md exists and is not part of an export" in good(data, "-o", tmp_path / "all.csv")
    assert (tmp_path / "README.md").read_text() == "mine"
    (tmp_path / "own").mkdir()
    (tmp_path / "own/articles.jsonl").write_text("mine")
    assert "is not part of an export" in refused(data, "-o", tmp_path / "own", "--overwrite")
    assert files(tmp_path / "own") == ["articles.jsonl"]


def test_an_export_to_a_full_disk_leaves_no_partial_file(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = run(data, "-o", out, limits='ulimit -f 1; trap "" XFSZ')
    assert done.returncode == 1
    assert "cannot be written" in done.stderr
    assert "Traceback" not in done.stderr
    assert not out.exists()


def test_the_remains_of_a_killed_export_are_removed(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    (out / ".export.part/files").mkdir(parents=True)
    (out / ".export.part/files/articles.jsonl").write_bytes(b"half")
    assert "was killed" in refused(data, "-o", out)
    good(data, "-o", out, "--overwrite")
    assert files(out) == sorted(["articles.jsonl", *DESCRIPTIONS])


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "-o/--output is required"),
        (["-o", "x", "--site", "nowhere"], "--site nowhere: allowed: maghress, "),
        (["-o", "x", "--edition", "de"], "--edition de: allowed: ar, fr, en"),
        (["-o", "x", "--status", "fine"], "--status fine: allowed: ok, "),
        (["-o", "x", "--since", "7 days"], "--since 7 days: allowed: a day such as"),
        (["-o", "x.xlsx"], "-o x.xlsx: no format has this suffix; allowed: a directory"),
        (["-o", "x", "--agreement", "2"], "--agreement 2: not a number from 0 to 1"),
        (["-o", "x.csv", "--format", "parquet"], "x.csv does not fit --format parquet"),
        (["-o", "x.csv", "--split", "outlet"], "needs a directory"),
        (["-o", "x", "/nowhere.jsonl"], "/nowhere.jsonl does not exist"),
    ],
)
def test_wrong_arguments_are_named(data: Path, arguments: list[str], told: str) -> None:
    assert told in refused(data, *arguments)
    assert not (ROOT / "x").exists()


def test_the_exit_code_is_1(tmp_path: Path) -> None:
    done = run(tmp_path, "-o", tmp_path / "out")
    assert done.returncode == 1
    assert done.stderr.startswith("scrapy export: there is no feed in ")
    assert "Traceback" not in done.stderr


def test_a_missing_library_is_named_with_its_remedy(data: Path, tmp_path: Path) -> None:
    hidden = tmp_path / "hidden/pyarrow.py"
    hidden.parent.mkdir()
    hidden.write_text("raise ImportError('hidden')")
    done = run(data, "-o", tmp_path / "a.parquet", PYTHONPATH=str(hidden.parent))
    assert done.returncode == 1
    assert "pip install '.[export]' in the clone" in done.stderr
    assert not (tmp_path / "a.parquet").exists()


def test_the_commands_start_without_the_heavy_library() -> None:
    seen = """
import sys, newscrawl.commands.export
sys.exit("pyarrow" in sys.modules or "newscrawl.export" in sys.modules)
"""
    subprocess.run([sys.executable, "-c", seen], cwd=ROOT, check=True)
