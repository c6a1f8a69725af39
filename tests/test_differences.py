"""Differences between versions: on the demo's truth, by kind and language, and as an export."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet
import pytest

from newscrawl.demo.article_faults import ArticleFault
from newscrawl.demo.revisions import Change
from newscrawl.demo.truth import Truth
from newscrawl.export.differences import Difference, between_copy_and_source, between_records
from newscrawl.items import Article, Copy, Crawl, Source, Status
from tests.corpora import demo_records
from tests.exports import SECOND, article, good, put

FRENCH = (
    "Le conseil a voté 12 mesures mardi. Le maire Omar Alami a remercié M. Tazi pour son rapport. "
    "Les travaux dureront trois mois. La route sera fermée.\n\nUne réunion suivra en mai."
)
ARABIC = (
    "صادق المجلس على 12 إجراء يوم الثلاثاء. وشكر رئيس المجلس أصحاب التقرير. ستدوم الأشغال ثلاثة "
    "أشهر؟ وستغلق الطريق.\n\nوسيعقد اجتماع في ماي."
)
ENGLISH = (
    "The council passed 12 measures on Tuesday. The mayor thanked Mr. Tazi for his report. "
    "Works will last three months. The road will be closed.\n\nA meeting will follow in May."
)

KINDS = {
    Change.HEADLINE: "headline",
    Change.FIGURE: "replaced",
    Change.REMOVAL: "cut",
    Change.ADDITION: "added",
    Change.AUTHOR: "author",
}


def expected(record: Article, truth: Truth) -> Iterator[str]:
    """Kinds of the differences that are true of an article whose page is its own."""
    if record.source.status not in ("ok", "paywalled"):
        return
    if truth.fault is ArticleFault.MOJIBAKE:
        yield "encoding"
    if truth.fault in (ArticleFault.CUT, ArticleFault.STUB):
        yield "cut"
    if truth.fault is ArticleFault.LATE:
        yield "date"
    if truth.source.status == "paywalled":
        yield "paywall"
    # A copy without a byline does not tell who wrote the article.
    if truth.revision and (truth.revision.change is not Change.AUTHOR or truth.copy.byline):
        yield KINDS[truth.revision.change]


def test_precision_and_recall_on_the_demos_truth() -> None:
    right = found = true = 0
    for record, truth in demo_records():
        given = Counter(str(each.kind) for each in between_copy_and_source(record))
        wanted = Counter(expected(record, truth))
        right += (given & wanted).total()
        found += given.total()
        true += wanted.total()
    assert true > 50
    assert right / found >= 0.95
    assert right / true >= 0.9


def test_the_passages_are_those_that_the_outlet_changed() -> None:
    replaced = [
        (truth.revision, each)
        for record, truth in demo_records()
        for each in between_copy_and_source(record)
        if truth.revision and truth.revision.change is Change.FIGURE and each.kind == "replaced"
    ]
    same = [
        # In some page systems a heading is glued to the sentence after it.
        (each.before or "").endswith(revision.copied or "")
        and (each.after or "").endswith(revision.current or "")
        and len(each.numbers) == 2
        for revision, each in replaced
    ]
    assert len(same) >= 10
    assert sum(same) / len(same) >= 0.95


def versions(copy: str, source: str, status: Status = "ok") -> list[Difference]:
    record = Article(copy=Copy(text=copy), source=Source(status=status, text=source))
    return list(between_copy_and_source(record))


@pytest.mark.parametrize(
    ("text", "old", "new", "numbers"),
    [
        (FRENCH, "voté 12 mesures", "voté 13 mesures", ["12", "13"]),
        (FRENCH, "trois mois", "quatre mois", []),
        (ARABIC, "12 إجراء", "١٣ إجراء", ["12", "13"]),
        (ARABIC, "ثلاثة أشهر", "أربعة أشهر", []),
        (ENGLISH, "12 measures", "14 measures", ["12", "14"]),
    ],
)
def test_a_word_is_replaced(text: str, old: str, new: str, numbers: list[str]) -> None:
    assert old in text
    (found,) = versions(text, text.replace(old, new))
    assert (found.kind, found.side, found.words, found.numbers) == (
        "replaced",
        "source",
        1,
        numbers,
    )
    assert old in (found.before or "")
    assert new in (found.after or "")


@pytest.mark.parametrize("text", [FRENCH, ARABIC, ENGLISH])
def test_sentences_are_removed_and_added(text: str) -> None:
    paragraph, last = text.split("\n\n")
    (removed,) = versions(text, paragraph)
    assert (removed.kind, removed.side, removed.before) == ("cut", "source", last)
    assert removed.after is None
    assert removed.position
    assert removed.position > 0.8
    (added,) = versions(paragraph, text)
    assert (added.kind, added.side, added.before, added.after) == ("added", "source", None, last)


@pytest.mark.parametrize("text", [FRENCH, ARABIC, ENGLISH])
def test_truncated_copies_are_flagged(text: str) -> None:
    copy = f"{text[: len(text) // 2]} (...)"
    (found,) = versions(copy, text)
    assert (found.kind, found.side, found.before) == ("cut", "copy", None)
    assert text.endswith(found.after or "-")


def test_names_are_distinguished_from_other_words() -> None:
    (found,) = versions(FRENCH, FRENCH.replace("Omar Alami", "Omar Bennis"))
    assert found.names == ["Omar Alami", "Omar Bennis"]


def test_presentation_is_not_a_difference() -> None:
    assert versions(FRENCH, FRENCH.replace("é", "e").upper().replace("\n\n", " ")) == []
    assert versions(ARABIC, ARABIC.replace("أ", "ا").replace("ة", "ه")) == []


def test_damaged_letters_are_one_difference() -> None:
    (found,) = versions(FRENCH.replace("é", "\ufffd"), FRENCH)
    assert (found.kind, found.side, found.words) == ("encoding", "copy", 4)


def test_a_paywall_is_reported() -> None:
    shown = FRENCH.split(" Les travaux")[0]
    for offer in ("", " Cet article est réservé aux abonnés."):
        found = versions(FRENCH, shown + offer, status="ok" if offer else "paywalled")
        assert [(each.kind, each.side) for each in found] == [("paywall", "source")]


def test_fields_differ() -> None:
    copy = Copy(title="Un titre", byline="Omar Alami", published="2024-03-01T00:00:00+00:00")
    source = Source(
        status="ok",
        title="Un autre titre",
        authors=["Omar Alami", "Nora Tazi"],
        published="2024-03-04T09:00:00+00:00",
    )
    found = list(between_copy_and_source(Article(copy=copy, source=source)))
    assert [each.kind for each in found] == ["headline", "date", "author"]
    assert found[2].names == ["Nora Tazi"]
    other = replace(source, status="mismatch")
    assert list(between_copy_and_source(Article(copy=copy, source=other))) == []


def test_records_of_an_article_differ() -> None:
    old = article(1, text=FRENCH)
    new = article(1, text=FRENCH.replace("12 mesures", "13 mesures"), title="Autre", version=2)
    found = list(between_records(old, new))
    assert [(each.kind, each.first, each.second) for each in found] == [
        ("headline", "version 1", "version 2"),
        ("replaced", "version 1", "version 2"),
    ]
    assert found[1].side == "version 2"
    # Another origin is no change of the text.
    moved = replace(new, origin="aggregator", text="Tout autre.", title=old.title)
    assert list(between_records(old, moved)) == []


def test_differences_as_an_export(tmp_path: Path) -> None:
    source = Source(status="ok", text=FRENCH + " Fin du texte.")
    old = article(1, text=FRENCH, copy=Copy(text=FRENCH), source=source)
    day = "2024-01-01T00:00:00+00:00"
    new = replace(old, title="Corrigé", version=2, published=day, crawl=Crawl(exported=SECOND))
    put(tmp_path, [old, article(2), new])
    good(tmp_path, "-o", tmp_path / "one", "--format", "differences")
    (row,) = map(json.loads, (tmp_path / "one/articles.jsonl").open("rb"))
    assert (row["id"], row["kind"], row["after"]) == (old.id, "added", "Fin du texte.")
    assert (row["newspaper"], row["day"]) == ("maghress/fr/lopinion", "2024-01-01")
    parquet = tmp_path / "two/all.parquet"
    good(tmp_path, "-o", parquet, "--format", "differences", "--versions", "all")
    rows = pyarrow.parquet.read_table(parquet).to_pylist()
    assert sorted(each["kind"] for each in rows) == ["added", "date", "headline"]
    package = json.loads((tmp_path / "two/datapackage.json").read_text("utf-8"))
    assert package["resources"][0]["records"] == 3
