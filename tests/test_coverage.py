"""Coverage of an export: silence, failures, and the aggregator's changes by outlet."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from newscrawl.items import Agreement, Article, Copy, Source
from newscrawl.state import Entry, Ledger, ledger_path
from tests.corpora import demo_feed, demo_records
from tests.exports import article, data_files, good, put, refused

DAY = "2024-03-{:02}T09:00:00+00:00"


def rows(directory: Path, name: str) -> list[dict[str, str]]:
    with (directory / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def printed(number: int, day: int, **changes: Any) -> Article:
    return article(number, published=DAY.format(day), published_precision="second", **changes)


DAILY = [
    *(printed(number, 1) for number in (1, 2, 3)),
    printed(4, 2),
    printed(5, 5),
]
"""An outlet that prints five articles in five days, and none on the third and fourth."""

WEEKLY = [printed(number, day, outlet="lemag") for number, day in ((11, 1), (12, 8), (13, 15))]


def discover(data: Path, outcomes: dict[str, list[tuple[int, str]]], day: int) -> None:
    """Enter articles into a ledger as crawls of a day do: discovered, then exported or failed."""
    ledger_path(data).parent.mkdir(parents=True, exist_ok=True)
    ledger = Ledger(ledger_path(data))
    for outlet, articles in outcomes.items():
        found = [
            Entry(f"maghress:fr/{outlet}/{number}", "maghress", "fr", outlet)
            for number, _ in articles
        ]
        ledger.articles.find(found, "one", DAY.format(day), attempts=1)
        for entry, (_, outcome) in zip(found, articles, strict=True):
            if outcome == "exported":
                ledger.articles.settle(entry.id, "done")
                ledger.articles.note_export(entry.id, "one", 1, b"", "one.jsonl", 0)
            elif outcome == "failed":
                ledger.articles.settle(entry.id, "failed", reason="http 500")
    ledger.close()


def test_silence_and_failure_are_distinguished(tmp_path: Path) -> None:
    put(tmp_path / "data", DAILY + WEEKLY)
    exported = [(number, "exported") for number in (1, 2, 3)]
    discover(tmp_path / "data", {"lopinion": exported}, 1)
    discover(tmp_path / "data", {"lopinion": [(4, "exported"), (6, "found")]}, 2)
    failed = [(7, "failed"), (8, "failed")]
    discover(tmp_path / "data", {"lopinion": failed, "closed": [(9, "failed")]}, 4)
    good(tmp_path / "data", "-o", tmp_path / "out")

    told = {
        (row["newspaper"].rpartition("/")[2], row["day"][-2:]): (
            *(row[name] for name in ("articles", "discovered", "exported", "failed", "gap")),
        )
        for row in rows(tmp_path / "out", "coverage")
    }
    assert told == {
        ("closed", "04"): ("0", "1", "0", "1", "failed"),
        ("lemag", "01"): ("1", "0", "0", "0", ""),
        ("lemag", "08"): ("1", "0", "0", "0", ""),
        ("lemag", "15"): ("1", "0", "0", "0", ""),
        ("lopinion", "01"): ("3", "3", "3", "0", ""),
        ("lopinion", "02"): ("1", "2", "1", "0", ""),
        ("lopinion", "03"): ("0", "0", "0", "0", "silent"),
        ("lopinion", "04"): ("0", "2", "0", "2", "failed"),
        ("lopinion", "05"): ("1", "0", "0", "0", ""),
    }
    outlets = {row["newspaper"]: row for row in rows(tmp_path / "out", "outlets")}
    assert list(outlets) == [f"maghress/fr/{slug}" for slug in ("closed", "lemag", "lopinion")]
    assert outlets["maghress/fr/closed"]["articles"] == "0"
    assert outlets["maghress/fr/closed"]["first"] == ""
    daily = outlets["maghress/fr/lopinion"]
    assert (daily["first"], daily["last"]) == ("2024-03-01", "2024-03-05")
    names = ("articles", "days", "silent", "discovered", "exported", "failed")
    assert [daily[name] for name in names] == ["5", "3", "1", "7", "4", "2"]
    assert "silent on 1 days" in (tmp_path / "out/README.md").read_text("utf-8")

    good(tmp_path / "data", "-o", tmp_path / "one", "--outlet", "lemag")
    assert {row["newspaper"] for row in rows(tmp_path / "one", "coverage")} == {"maghress/fr/lemag"}


def test_feeds_from_elsewhere_have_no_ledger(tmp_path: Path) -> None:
    feed = put(tmp_path / "elsewhere", DAILY)
    discover(tmp_path / "data", {"lopinion": [(99, "failed")]}, 3)
    good(tmp_path / "data", "-o", tmp_path / "out", feed)
    days = rows(tmp_path / "out", "coverage")
    assert [(row["day"][-2:], row["gap"]) for row in days] == [
        ("01", ""),
        ("02", ""),
        ("03", "silent"),
        ("04", "silent"),
        ("05", ""),
    ]
    assert {row[name] for row in days for name in ("discovered", "exported", "failed")} == {""}


def test_changes_by_the_aggregator_are_summarised(tmp_path: Path) -> None:
    whole = Source(status="ok", title="Un pont ouvre", text="Le pont est ouvert. " * 10)
    cut = Copy(title="Un pont ouvre", text="Le pont est ouvert. " * 5, truncated=True)
    late = Agreement(text=0.9, days=-2)
    put(
        tmp_path / "data",
        [
            printed(1, 1, copy=cut, source=whole, agreement=late),
            printed(
                2,
                1,
                copy=Copy(title="Un grand pont ouvre", text=whole.text),
                source=whole,
                agreement=Agreement(text=1.0, days=0),
            ),
            printed(
                3,
                1,
                copy=Copy(title="Ã‰tÃ© Ã\xa0 la mÃ©dina", text="Le marchÃ© rÃ©ouvre dÃ©jÃ\xa0."),
                source=Source(status="gone"),
                agreement=Agreement(),
            ),
            # An earlier version counts for nothing.
            printed(4, 1, copy=Copy(), source=Source(status="gone"), agreement=Agreement()),
        ],
    )
    good(tmp_path / "data", "-o", tmp_path / "out", "--versions", "all")
    (row,) = rows(tmp_path / "out", "outlets")
    names = ("articles", "delay", "cut", "cut_at", "headline_changed", "encoding", "agreement")
    assert [row[name] for name in names] == ["4", "1.0", "0.333", "0.5", "0.5", "0.333", "0.95"]


def test_the_sums_are_those_of_the_demo_network(tmp_path: Path) -> None:
    feed = tmp_path / "data/feeds/maghress/one.jsonl"
    feed.parent.mkdir(parents=True)
    feed.write_bytes(demo_feed())
    good(tmp_path / "data", "-o", tmp_path / "out")
    outlets, days = rows(tmp_path / "out", "outlets"), rows(tmp_path / "out", "coverage")
    records = [record for record, _ in demo_records()]
    assert sum(int(row["articles"]) for row in outlets) == len(records)
    assert sum(int(row["articles"]) for row in days) == len(records)
    package = json.loads((tmp_path / "out/datapackage.json").read_text("utf-8"))
    described = {each["path"]: each for each in package["resources"]}
    assert described["outlets.csv"]["records"] == len(outlets)
    assert described["coverage.csv"]["records"] == len(days)
    assert [each["path"] for each in data_files(package)] == ["articles.jsonl"]
    names = [field["name"] for field in described["coverage.csv"]["schema"]["fields"]]
    assert names == list(days[0])


@pytest.mark.parametrize("name", ["coverage.csv", "outlets.csv"])
def test_tables_of_other_projects_are_kept(tmp_path: Path, name: str) -> None:
    put(tmp_path / "data", DAILY)
    (tmp_path / "out").mkdir()
    assert "choose another" in refused(tmp_path / "data", "-o", tmp_path / "out" / name)
    (tmp_path / "out" / name).write_text("mine")
    told = good(tmp_path / "data", "-o", tmp_path / "out/all.jsonl")
    assert f"{name} exists and is not part of an export" in told
    assert (tmp_path / "out" / name).read_text() == "mine"
    tables = {"coverage.csv", "outlets.csv"} & {path.name for path in (tmp_path / "out").iterdir()}
    assert tables == {name}
