"""Score of the demo network: feeds compared with the ground truth."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from newscrawl.demo.network import build
from newscrawl.demo.score import overview, score, table
from newscrawl.demo.truth import Truth

NETWORK = build(seed=1)
TRUTHS = list(NETWORK.truth.values())


def perfect(truth: Truth) -> dict[str, Any]:
    """The record that a perfect crawl makes."""
    copy, source = truth.copy, truth.source
    read = source.status == "ok"
    return {
        "id": truth.id,
        "outlet": {"name": truth.outlet_name},
        "copy": {
            "title": copy.title,
            "text": copy.text,
            "published": f"{copy.published}T00:00:00+01:00",
            "byline": copy.byline,
            "truncated": copy.truncated,
        },
        "source": {
            "link": copy.link,
            "status": source.status,
            "title": source.title if read else None,
            "text": source.text if read else None,
            "published": source.published.isoformat() if read else None,
            "authors": list(source.authors),
            "section": source.section,
            "tags": list(source.tags),
            "modified": source.modified.isoformat() if source.modified else None,
        },
    }


SITE = {truth.id: truth for truth in TRUTHS if truth.id.startswith("maghress")}
RECORDS = [perfect(truth) for truth in SITE.values() if truth.exported]


def feed(directory: Path, records: list[dict[str, Any]]) -> list[Path]:
    path = directory / "feed.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records), "utf-8")
    return [path]


def test_perfect_feed_is_good(tmp_path: Path) -> None:
    result = score(feed(tmp_path, RECORDS), NETWORK.truth, ["maghress"])
    assert result.good, table(result)
    assert result.bodies.value == 1
    assert "all bars reached" in table(result)


@pytest.mark.parametrize(
    ("part", "name", "value"),
    [
        ("copy", "title", "other"),
        ("copy", "text", "other"),
        ("copy", "published", "2020-01-01T00:00:00+01:00"),
        ("copy", "byline", "nobody"),
        ("copy", "truncated", None),
        ("outlet", "name", "other"),
        ("source", "link", "https://elsewhere.example/"),
    ],
)
def test_one_wrong_copy_field_misses_the_target(
    tmp_path: Path, part: str, name: str, value: str
) -> None:
    records = json.loads(json.dumps(RECORDS))
    records[3][part][name] = value
    result = score(feed(tmp_path, records), NETWORK.truth, ["maghress"])
    assert not result.good
    assert sum(share.total - share.right for share in result.copies.values()) == 1


@pytest.mark.parametrize("name", ["title", "text", "published"])
def test_missing_source_fields_miss_the_target(tmp_path: Path, name: str) -> None:
    records = json.loads(json.dumps(RECORDS))
    for record in records[::5]:
        record["source"][name] = None
    result = score(feed(tmp_path, records), NETWORK.truth, ["maghress"])
    assert not result.good
    assert "BELOW THE BAR" in table(result)


def test_missing_extra_and_repeated_records_miss_the_target(tmp_path: Path) -> None:
    def bad(records: list[dict[str, Any]]) -> bool:
        return not score(feed(tmp_path, records), NETWORK.truth, ["maghress"]).good

    assert bad(RECORDS[1:])
    assert bad([*RECORDS, RECORDS[0]])
    assert bad([*RECORDS, RECORDS[0] | {"id": "maghress:fr/lecourrierdusouss/1"}])
    failed = next(truth for truth in SITE.values() if not truth.exported)
    assert bad([*RECORDS, perfect(failed)])


def test_wrong_statuses_are_counted_without_a_target(tmp_path: Path) -> None:
    records = json.loads(json.dumps(RECORDS))
    gone = next(record for record in records if record["source"]["status"] == "gone")
    gone["source"]["status"] = "refused"
    result = score(feed(tmp_path, records), NETWORK.truth, ["maghress"])
    assert result.statuses.wrong
    assert result.good


def test_typographic_signs_are_not_differences(tmp_path: Path) -> None:
    truth = next(t for t in SITE.values() if t.source.status == "ok" and "'" in t.source.title)
    record = perfect(truth)
    record["source"]["title"] = truth.source.title.replace("'", "’").replace(" :", "\u00a0:")
    result = score(feed(tmp_path, [record]), {truth.id: truth}, ["maghress"])
    assert result.titles.value == 1
    altered = {truth.id: replace(truth, source=replace(truth.source, title="Other"))}
    assert score(feed(tmp_path, [record]), altered, ["maghress"]).titles.value == 0


def test_an_overview_names_every_target(tmp_path: Path) -> None:
    truth = next(t for t in SITE.values() if t.source.status == "ok")
    lines = overview(score(feed(tmp_path, [perfect(truth)]), {truth.id: truth}, ["maghress"]))
    assert lines[-1] == "all targets reached"
    assert len(lines) <= 10
    lost = overview(score([], {truth.id: truth}, ["maghress"]))
    assert lost[-1].startswith("BELOW A TARGET")
