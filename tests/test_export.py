"""The feeds become a corpus: ``scrapy export`` on small feeds, read back by other tools."""

import contextlib
import csv
import dataclasses
import gzip
import hashlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pyarrow.parquet
import pytest
from scrapy.cmdline import execute

from newscrawl.errors import ExportError
from newscrawl.export.columns import COLUMNS
from newscrawl.export.feeds import FeedReader, find_feeds
from newscrawl.export.index import Index
from newscrawl.export.record_fields import Field, flat, record_fields
from newscrawl.export.selection import Selection
from newscrawl.items import Agreement, Article, Copy, Crawl, Image, Outlet, Source
from newscrawl.state import Ledger
from tests.support import zstd_compress

ROOT = Path(__file__).parent.parent
COMMAND = (sys.executable, "-m", "scrapy", "export")
FIRST, SECOND = "2026-01-01T00:00:00+00:00", "2026-02-01T00:00:00+00:00"


def article(
    number: int, *, outlet: str = "lopinion", edition: str = "fr", **changes: Any
) -> Article:
    """A record as the crawl writes it, but for the changes."""
    site = changes.get("aggregator", "maghress")
    record = Article(
        id=f"{site}:{edition}/{outlet}/{number}",
        aggregator="maghress",
        country="MA",
        edition=edition,  # type: ignore[arg-type]
        url=f"https://www.maghress.com/{edition}/{outlet}/{number}",
        outlet=Outlet(slug=outlet, name=outlet.title(), domain=f"{outlet}.example"),
        title=f"Titre {number}",
        text=f'Première phrase {number}.\n\nنص عربي، وفاصلة "منقوطة".',
        authors=["Aïcha Alami", "ب. ج."],
        section="Société",
        images=[Image("https://x.example/a.jpg", "Une légende", None)],
        published=f"2024-03-{number % 28 + 1:02}T00:00:00+00:00",
        published_precision="day",
        origin="source",
        copy=Copy(title=f"Titre {number}", truncated=True),
        source=Source(status="ok", http=200, redirects=["https://x.example/old"]),
        agreement=Agreement(title=1, text=0.75, contained=0.5, days=-1),
        crawl=Crawl(job="one", spider="maghress", version="1", exported=FIRST),
    )
    return dataclasses.replace(record, **changes)


def lines(records: Iterable[Article]) -> bytes:
    return b"".join(msgspec.json.encode(record) + b"\n" for record in records)


def put(data: Path, records: Iterable[Article], name: str = "one", site: str = "maghress") -> Path:
    """A feed in a data directory."""
    path = data / "feeds" / site / f"{name}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(lines(records))
    return path


def run(
    data: Path, *arguments: object, limits: str = ":", **environment: str
) -> subprocess.CompletedProcess[str]:
    """The real command, under limits set by the shell."""
    return subprocess.run(
        ["bash", "-c", f'{limits}; exec "$@"', "-", *COMMAND, *map(str, arguments)],
        cwd=ROOT,
        env=os.environ | {"NEWSCRAWL_DATA": str(data)} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def real(data: Path, *arguments: object) -> str:
    """What the real command prints of an export that it makes."""
    done = run(data, *arguments)
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    return done.stdout


def quick(data: Path, *arguments: object) -> tuple[int, str]:
    """Exit code and output of the command in this process, where starting costs nothing."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out), contextlib.chdir(ROOT):
        try:
            execute(["scrapy", "export", "-s", f"NEWSCRAWL_DATA={data}", *map(str, arguments)])
        except SystemExit as end:
            return int(end.code or 0), out.getvalue()
    raise AssertionError("Scrapy exits after a command")


def good(data: Path, *arguments: object) -> str:
    code, told = quick(data, *arguments)
    assert code == 0, told
    return told


def refused(data: Path, *arguments: object) -> str:
    """What is said of an export that cannot be made."""
    code, told = quick(data, *arguments)
    assert code != 0, told
    return told


def ids(path: Path) -> list[str]:
    return [json.loads(line)["id"].partition("/")[2] for line in path.open(encoding="utf-8")]


def files(directory: Path) -> list[str]:
    return sorted(
        path.relative_to(directory).as_posix() for path in directory.rglob("*") if path.is_file()
    )


DESCRIPTIONS = ["CITATION.cff", "README.md", "croissant.json", "datapackage.json"]


def exported(path: Path) -> list[Any]:
    """The records of an exported file, without the columns that the export adds."""
    read = [json.loads(line) for line in path.open(encoding="utf-8")]
    return [{name: record[name] for name in record if name not in COLUMNS} for record in read]


def columns(path: Path, name: str) -> dict[str, Any]:
    """A column of an exported file, by the numbers of the articles."""
    read = map(json.loads, path.open(encoding="utf-8"))
    return {record["id"].rpartition("/")[2]: record[name] for record in read}


def as_json(records: Iterable[Article]) -> list[Any]:
    return [msgspec.to_builtins(record) for record in records]


RECORDS = [
    article(2),
    article(1, authors=[], section=None, text=None, images=[], agreement=Agreement()),
    article(7, outlet="alalam", edition="ar"),
    article(3, outlet="lakome", aggregator="masress"),
]
ORDERED = [RECORDS[2], RECORDS[1], RECORDS[0], RECORDS[3]]
"""By site, edition, outlet and day."""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    put(tmp_path / "data", RECORDS)
    return tmp_path / "data"


def test_json_lines_are_those_of_the_feed_in_order(data: Path, tmp_path: Path) -> None:
    printed = real(data, "-o", tmp_path / "out")
    written = (tmp_path / "out/articles.jsonl").read_bytes().splitlines()
    for line, given in zip(written, lines(ORDERED).splitlines(), strict=True):
        assert line.startswith(given[:-1] + b',"day":"2024-03-')
    assert "records 4, newspapers 3, files 1" in printed
    assert files(tmp_path / "out") == sorted(["articles.jsonl", *DESCRIPTIONS])


def test_parquet_reads_back_equal(data: Path, tmp_path: Path) -> None:
    real(data, "-o", tmp_path / "out/all.parquet")
    assert files(tmp_path / "out") == sorted(["all.parquet", "tableschema.json", *DESCRIPTIONS])
    table = pyarrow.parquet.read_table(tmp_path / "out/all.parquet")
    assert table.drop_columns([*COLUMNS]).to_pylist() == as_json(ORDERED)
    assert table["day"].to_pylist() == [date.fromisoformat(r.published[:10]) for r in ORDERED]  # type: ignore[index]


def test_csv_reads_back_equal(data: Path, tmp_path: Path) -> None:
    real(data, "-o", tmp_path / "out", "--format", "csv")
    with (tmp_path / "out/articles.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    read = [
        {name: plain(name, cell) for name, cell in row.items() if name not in COLUMNS}
        for row in rows
    ]
    expected = [
        {".".join(path): dig(record, path) for path, _ in flat(record_fields())}
        for record in as_json(ORDERED)
    ]
    assert read == expected


def plain(name: str, cell: str) -> Any:
    """A cell as the documentation says how to read it."""
    kinds = {".".join(path): field.kind for path, field in flat(record_fields())}
    if cell == "":
        return None
    return cell if kinds[name] == "string" else json.loads(cell)


def dig(record: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        record = record and record[name]
    return record


def test_the_study_reads_its_five_fields(data: Path, tmp_path: Path) -> None:
    real(data, "-o", tmp_path / "raw", "--format", "study")
    assert files(tmp_path / "raw") == [
        *DESCRIPTIONS,
        "maghress/ar/alalam.json",
        "maghress/fr/lopinion.json",
        "masress/fr/lakome.json",
        "tableschema.json",
    ]
    first, second = map(json.loads, (tmp_path / "raw/maghress/fr/lopinion.json").open("rb"))
    assert first == {
        "content": "",
        "author": "",
        "date": "20240302",
        "new_category": "",
        "newspaper": "lopinion",
    }
    assert list(second) == list(first)
    assert second["content"] == RECORDS[0].text
    assert second["author"] == "Aïcha Alami, ب. ج."
    assert second["new_category"] == "Société"


@pytest.mark.parametrize("name", ["jsonl", "csv", "parquet"])
def test_one_file_a_newspaper(data: Path, tmp_path: Path, name: str) -> None:
    good(data, "-o", tmp_path / "out", "--format", name, "--split", "outlet")
    assert f"maghress/fr/lopinion.{name}" in files(tmp_path / "out")
    package = json.loads((tmp_path / "out/datapackage.json").read_text("utf-8"))
    assert [resource["records"] for resource in package["resources"]] == [1, 2, 1]


def test_the_latest_version_of_an_article_counts(tmp_path: Path) -> None:
    data = tmp_path / "data"
    later = Crawl(job="two", exported=SECOND)
    old, new = article(1), article(1, title="Corrigé", crawl=later)
    # The later moment wins over the later place, and of the same moment the later place does.
    put(data, [new, article(2)], "a")
    put(data, [old, article(2, title="Bis"), article(3, crawl=later)], "b")
    put(data, [article(3, crawl=Crawl(exported="2026-02-01T00:30:00+01:00"))], "c")
    printed = good(data, "-o", tmp_path / "out")
    records = [json.loads(line) for line in (tmp_path / "out/articles.jsonl").open("rb")]
    assert [record["title"] for record in records] == ["Corrigé", "Bis", "Titre 3"]
    assert records[2]["crawl"]["exported"] == SECOND
    assert "lines 6 = exported 3 + earlier versions 3" in printed


def test_an_earlier_version_does_not_stand_in_for_one_that_is_not_wanted(tmp_path: Path) -> None:
    changed = article(1, origin="aggregator", crawl=Crawl(exported=SECOND))
    put(tmp_path, [article(1), changed, article(2)])
    good(tmp_path, "-o", tmp_path / "out", "--origin", "source")
    assert ids(tmp_path / "out/articles.jsonl") == ["lopinion/2"]


def on(day: int) -> str:
    """Late on a day that is still the day before in UTC's west, and the next one in its east."""
    return f"2024-01-0{day}T00:30:00+03:00"


FILTERED = [
    article(1, outlet="a", published=on(1), agreement=Agreement(text=0.5)),
    article(2, outlet="b", edition="ar", published=on(2), agreement=Agreement(text=1.0)),
    article(
        3,
        outlet="c",
        published=on(3),
        origin="aggregator",
        source=Source(status="unreachable"),
        agreement=Agreement(),
    ),
    article(
        4,
        outlet="d",
        aggregator="masress",
        published=on(4),
        source=Source(status="gone"),
        agreement=Agreement(text=0.0),
        duplicate_of="maghress:fr/a/1",
    ),
]


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        (Selection(), [1, 2, 3, 4]),
        (Selection(site=("masress",)), [4]),
        (Selection(edition=("ar", "en")), [2]),
        (Selection(outlet=("a", "d")), [1, 4]),
        (Selection(since=date(2024, 1, 2)), [2, 3, 4]),
        (Selection(until=date(2024, 1, 2)), [1, 2]),
        (Selection(since=date(2024, 1, 2), until=date(2024, 1, 3)), [2, 3]),
        (Selection(origin=("aggregator",)), [3]),
        (Selection(status=("gone", "ok")), [1, 2, 4]),
        (Selection(agreement=0.5), [1, 2]),
        (Selection(agreement=0), [1, 2, 4]),
    ],
)
def test_filters(selection: Selection, expected: list[int]) -> None:
    passed = [record for record in FILTERED if selection.wants(record)]
    assert [int(record.id.rpartition("/")[2]) for record in passed] == expected


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("--site maghress --outlet a,b,c --since 2024-01-02 --origin aggregator", "c/3"),
        ("--edition fr --status ok,gone --no-duplicates --until 2024-01-03", "a/1"),
        ("--agreement 0 --origin source --site masress,turess", "d/4"),
    ],
)
def test_filters_as_arguments(tmp_path: Path, arguments: str, expected: str) -> None:
    put(tmp_path, FILTERED[:3])
    put(tmp_path, FILTERED[3:], site="masress")
    good(tmp_path, "-o", tmp_path / "out", *arguments.split())
    assert ids(tmp_path / "out/articles.jsonl") == [expected]
    package = json.loads((tmp_path / "out/datapackage.json").read_text("utf-8"))
    given = {word[2:] for word in arguments.split() if word.startswith("--")}
    recorded = {"no-duplicates" if name == "duplicates" else name for name in filters(package)}
    assert recorded == given


def filters(package: Any) -> Any:
    return package["newscrawl"]["filters"]


def test_nothing_selected_is_no_export(data: Path, tmp_path: Path) -> None:
    assert "no record is left" in refused(data, "-o", tmp_path / "out", "--outlet", "nobody")
    assert not (tmp_path / "out").exists()


def test_no_cell_is_a_formula(tmp_path: Path) -> None:
    cells = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"]
    put(tmp_path, [article(n, title=cell, authors=[cell]) for n, cell in enumerate(cells)])
    good(tmp_path, "-o", tmp_path / "out/a.csv")
    with (tmp_path / "out/a.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["title"] for row in rows] == ["'" + cell for cell in cells]
    assert [json.loads(row["authors"]) for row in rows] == [[cell] for cell in cells]
    assert {row["agreement.days"] for row in rows} == {"-1"}  # a number is none


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


def test_damaged_lines_are_named_and_left_out_only_if_asked(tmp_path: Path) -> None:
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


def test_a_run_that_still_writes_is_exported_as_far_as_it_has_come(tmp_path: Path) -> None:
    feed = put(tmp_path, [article(1)])
    ledger = Ledger(tmp_path / "ledger/ledger.sqlite")
    ledger.files.commit_length("feeds/maghress/one.jsonl", "maghress", feed.stat().st_size)
    ledger.close()
    with feed.open("ab") as file:
        file.write(lines([article(2)])[:100])
    real(tmp_path, "-o", tmp_path / "out")
    assert ids(tmp_path / "out/articles.jsonl") == ["lopinion/1"]


def test_packed_feeds_and_feeds_that_are_named(tmp_path: Path) -> None:
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


def test_a_feed_that_changes_meanwhile_is_noticed(tmp_path: Path) -> None:
    feed = put(tmp_path, [article(1), article(2)])
    reader = FeedReader(find_feeds(tmp_path), tmp_path)
    index = Index(tmp_path / "index.sqlite", reader, Selection())
    assert index.build().exported == 2
    feed.write_bytes(lines([article(1), article(2, title="Autre 2")]))
    with pytest.raises(ExportError, match="was changed while it was exported"):
        list(index.records())
    index.close()
    reader.close()


def test_the_same_records_make_the_same_files_wherever_they_stand(tmp_path: Path) -> None:
    for name, feeds in {"a": [RECORDS], "b": [RECORDS[2:], RECORDS[:2]]}.items():
        for number, records in enumerate(feeds):
            put(tmp_path / name, records, str(number))
        for kind in ("jsonl", "csv", "parquet"):
            good(tmp_path / name, "-o", tmp_path / f"{name}-{kind}", "--format", kind)
    for kind in ("jsonl", "csv", "parquet"):
        one, other = (tmp_path / f"{name}-{kind}/articles.{kind}" for name in "ab")
        assert one.read_bytes() == other.read_bytes()


@pytest.mark.parametrize("name", ["jsonl", "csv", "parquet", "study"])
def test_the_description_is_true(data: Path, tmp_path: Path, name: str) -> None:
    out = tmp_path / "out"
    real(data, "-o", out, "--format", name, "--site", "maghress")
    package = json.loads((out / "datapackage.json").read_text("utf-8"))
    assert package["licenses"][0]["title"].startswith("No open licence")
    made = package["newscrawl"]
    assert made["command"].startswith("scrapy export -o ")
    assert made["filters"] == {"site": ["maghress"]}
    assert made["counts"]["lines"] == 4
    assert made["counts"]["exported"] == 3
    assert made["counts"]["unwanted"] == 1
    assert made["counts"]["editions"] == {"maghress/ar": 1, "maghress/fr": 2}
    assert made["counts"]["newspapers"] == {"maghress/ar/alalam": 1, "maghress/fr/lopinion": 2}
    assert sorted([*made["files"], "datapackage.json"]) == files(out)
    assert sum(resource["records"] for resource in package["resources"]) == 3
    for resource in package["resources"]:
        content = (out / resource["path"]).read_bytes()
        assert resource["bytes"] == len(content)
        assert resource["hash"] == f"sha256:{hashlib.sha256(content).hexdigest()}"
        schema = resource.get("schema", "tableschema.json")
        if isinstance(schema, str):
            schema = json.loads((out / schema).read_text("utf-8"))
        assert all(field["description"] for field in schema["fields"])
    names = [field["name"] for field in schema["fields"]]
    if name == "csv":
        header = (out / "articles.csv").read_text("utf-8").splitlines()[0]
        assert names == header.split(",")
    elif name == "study":
        assert names == ["content", "author", "date", "new_category", "newspaper"]
    else:
        assert names == [field.name for field in dataclasses.fields(Article)] + [*COLUMNS]


def test_what_is_there_is_not_overwritten_unless_asked(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    good(data, "-o", out, "--format", "study")
    (out / "notes.txt").write_text("mine")
    before = files(out)
    assert "--overwrite" in refused(data, "-o", out, "--format", "study")
    assert "--overwrite" in refused(data, "-o", out / "all.csv")
    assert files(out) == before

    good(data, "-o", out, "--format", "study", "--outlet", "lakome", "--overwrite")
    assert files(out) == [*DESCRIPTIONS, "masress/fr/lakome.json", "notes.txt"]
    # A failed export leaves the earlier one whole.
    refused(data, "-o", out, "--overwrite", "--outlet", "nobody")
    assert files(out) == [*DESCRIPTIONS, "masress/fr/lakome.json", "notes.txt"]
    # A directory holds one export: another one replaces all of it.
    good(data, "-o", out / "all.csv", "--overwrite")
    assert files(out) == sorted([*DESCRIPTIONS, "all.csv", "notes.txt"])


def test_nothing_of_others_is_touched(data: Path, tmp_path: Path) -> None:
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
    assert "README.md there is of no export" in good(data, "-o", tmp_path / "all.csv")
    assert (tmp_path / "README.md").read_text() == "mine"
    (tmp_path / "own").mkdir()
    (tmp_path / "own/articles.jsonl").write_text("mine")
    assert "is of no export" in refused(data, "-o", tmp_path / "own", "--overwrite")
    assert files(tmp_path / "own") == ["articles.jsonl"]


def test_a_full_disk_leaves_nothing(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = run(data, "-o", out, limits='ulimit -f 1; trap "" XFSZ')
    assert done.returncode == 1
    assert "cannot be written" in done.stderr
    assert "Traceback" not in done.stderr
    assert not out.exists()


def test_a_killed_export_is_seen_and_cleared(data: Path, tmp_path: Path) -> None:
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
    assert "pip install 'newscrawl[export]'" in done.stderr
    assert not (tmp_path / "a.parquet").exists()


def test_the_commands_start_without_the_heavy_library() -> None:
    seen = """
import sys, newscrawl.commands.export
sys.exit("pyarrow" in sys.modules or "newscrawl.export" in sys.modules)
"""
    subprocess.run([sys.executable, "-c", seen], cwd=ROOT, check=True)


def test_every_field_of_the_record_has_a_kind_that_can_be_exported() -> None:
    kinds = {"string", "integer", "number", "boolean", "object", "array"}

    def check(field: Field) -> None:
        assert field.kind in kinds, field
        assert field.inner or field.kind not in ("object", "array"), field
        for inner in field.inner:
            check(inner)

    for field in record_fields():
        check(field)
