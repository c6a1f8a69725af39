"""Export of small feeds as a corpus, read back by other tools."""

import csv
import dataclasses
import hashlib
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest

from newscrawl.export.columns import COLUMNS
from newscrawl.export.record_fields import Field, flat, record_fields
from newscrawl.export.selection import Selection
from newscrawl.items import Agreement, Article, Crawl, Source
from tests.exports import (
    DESCRIPTIONS,
    ORDERED,
    RECORDS,
    SECOND,
    article,
    as_json,
    data_files,
    files,
    good,
    ids,
    lines,
    put,
    real,
    refused,
)


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
        *DESCRIPTIONS[:-1],
        "maghress/ar/alalam.json",
        "maghress/fr/lopinion.json",
        "masress/fr/lakome.json",
        DESCRIPTIONS[-1],
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
def test_one_file_per_newspaper(data: Path, tmp_path: Path, name: str) -> None:
    good(data, "-o", tmp_path / "out", "--format", name, "--split", "outlet")
    assert f"maghress/fr/lopinion.{name}" in files(tmp_path / "out")
    package = json.loads((tmp_path / "out/datapackage.json").read_text("utf-8"))
    assert [resource["records"] for resource in data_files(package)] == [1, 2, 1]


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


def test_an_earlier_version_does_not_replace_one_that_is_not_selected(tmp_path: Path) -> None:
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


def test_since_may_be_a_number_of_days_before_today(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    days = [now - timedelta(days=days) for days in (2, 30)]
    put(tmp_path, [article(n, published=day.isoformat()) for n, day in enumerate(days)])
    good(tmp_path, "-o", tmp_path / "out", "--since", "7d")
    assert len(ids(tmp_path / "out/articles.jsonl")) == 1


def filters(package: Any) -> Any:
    return package["newscrawl"]["filters"]


def test_an_empty_selection_is_an_error(data: Path, tmp_path: Path) -> None:
    assert "no record is left" in refused(data, "-o", tmp_path / "out", "--outlet", "nobody")
    assert not (tmp_path / "out").exists()


def test_no_cell_is_a_formula(tmp_path: Path) -> None:
    cells = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\uff1d1+1", "\uff201"]
    put(tmp_path, [article(n, title=cell, authors=[cell]) for n, cell in enumerate(cells)])
    good(tmp_path, "-o", tmp_path / "out/a.csv")
    with (tmp_path / "out/a.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["title"] for row in rows] == ["'" + cell for cell in cells]
    assert [json.loads(row["authors"]) for row in rows] == [[cell] for cell in cells]
    assert {row["agreement.days"] for row in rows} == {"-1"}  # a number is none


def test_the_same_records_make_the_same_files_in_any_feeds(tmp_path: Path) -> None:
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
    assert sum(resource["records"] for resource in data_files(package)) == 3
    for resource in reversed(package["resources"]):
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


def test_every_field_of_the_record_has_a_kind_that_can_be_exported() -> None:
    kinds = {"string", "integer", "number", "boolean", "object", "array"}

    def check(field: Field) -> None:
        assert field.kind in kinds, field
        assert field.inner or field.kind not in ("object", "array"), field
        for inner in field.inner:
            check(inner)

    for field in record_fields():
        check(field)
