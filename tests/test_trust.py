"""Trust, agencies and clusters of the demo network's records against its truth."""

from collections import defaultdict
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from newscrawl.demo.article_faults import ArticleFault
from newscrawl.demo.score import shingles
from newscrawl.export.clusters import Clusters, ClusterText, fingerprint
from newscrawl.export.feeds import FeedReader, find_feeds
from newscrawl.export.index import Index
from newscrawl.export.selection import Selection
from newscrawl.export.trust import Trust, trust
from newscrawl.items import Agreement, Article, Copy, Source
from tests.corpora import demo_feed, demo_records

TEXT = " ".join(f"Le conseil a voté la mesure numéro {n} du plan." for n in range(20))


def is_right(text: str, true: str) -> bool:
    found, wanted = shingles(text), shingles(true)
    return 2 * (found & wanted).total() >= 0.95 * (found.total() + wanted.total())


def test_trust_on_the_demos_truth() -> None:
    judged = [
        (trust(record), is_right(record.text or "", truth.source.text), truth)
        for record, truth in demo_records()
    ]
    right = sum(is_right for _, is_right, _ in judged)
    for levels, precision, recall in ((("high",), 0.99, 0.7), (("high", "check"), 0.99, 0.99)):
        kept = [is_right for verdict, is_right, _ in judged if verdict.level in levels]
        assert sum(kept) / len(kept) >= precision
        assert sum(kept) / right >= recall
    # Stubs and copies in a wrong encoding do not cost the outlet's own text.
    for verdict, _, truth in judged:
        damaged = truth.fault in (ArticleFault.STUB, ArticleFault.MOJIBAKE)
        assert not (damaged and truth.source.status == "ok" and verdict.level == "low"), truth.id


def record(**changes: Any) -> Article:
    """A record whose two versions agree except for the changes."""
    good = Article(
        title="Un titre",
        text=TEXT,
        origin="source",
        copy=Copy(title="Un titre", text=TEXT),
        source=Source(status="ok", text=TEXT),
        agreement=Agreement(title=1.0, text=1.0, contained=1.0, days=0),
    )
    return replace(good, **changes)


OF_COPY: dict[str, Any] = {"origin": "aggregator", "source": Source(status="gone")}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, Trust("high")),
        ({**OF_COPY, "agreement": Agreement()}, Trust("check", ("single_version",))),
        (
            {**OF_COPY, "text": f"{TEXT} (...)", "copy": Copy(truncated=True)},
            Trust("low", ("cut", "single_version")),
        ),
        ({"copy": Copy(text=TEXT[:300], truncated=True)}, Trust("check", ("copy_cut",))),
        ({"text": TEXT * 2}, Trust("check", ("longer",))),
        ({"text": TEXT.replace("é", "\ufffd")}, Trust("low", ("mojibake",))),
        ({"flags": ["date_conflict"]}, Trust("check", ("date_conflict",))),
        ({"flags": ["language_mismatch"]}, Trust("check", ("language_mismatch",))),
        ({"flags": ["other_canonical"]}, Trust("check", ("other_canonical",))),
        ({"flags": ["stub"]}, Trust("low", ("stub",))),
        (
            {"agreement": Agreement(title=1.0, text=0.3, contained=0.3)},
            Trust("low", ("contradicted",)),
        ),
        (
            {"agreement": Agreement(title=1.0, text=0.7, contained=0.6)},
            Trust("low", ("incomplete",)),
        ),
        (
            {"agreement": Agreement(title=0.2, text=1.0, contained=1.0)},
            Trust("check", ("title_differs",)),
        ),
        (
            {
                "copy": Copy(title="T", text=TEXT.replace("é", "\ufffd")),
                "agreement": Agreement(title=0.9, text=0.6, contained=0.6),
            },
            Trust("high"),
        ),
    ],
)
def test_each_reason_for_doubt_is_named(changes: dict[str, Any], expected: Trust) -> None:
    assert trust(record(**changes)) == expected


# --- Clusters ------------------------------------------------------------------------------------


def test_clusters_on_the_demos_truth(tmp_path: Path) -> None:
    feed = tmp_path / "feeds/demo.jsonl"
    feed.parent.mkdir()
    feed.write_bytes(demo_feed())
    reader = FeedReader(find_feeds(tmp_path, [feed]), tmp_path)
    index = Index(tmp_path / "index.sqlite", reader, Selection())
    index.build()
    found, true = defaultdict(set), defaultdict(set)
    for (article, truth), row in zip(demo_records(), _by_id(index), strict=True):
        found[row.cluster].add(article.id)
        true[truth.duplicate_of or truth.id].add(article.id)
    given, wanted = pairs(found), pairs(true)
    assert len(given & wanted) / len(given) >= 0.99
    assert len(given & wanted) / len(wanted) >= 0.97
    index.close()
    reader.close()


def _by_id(index: Index) -> list[Any]:
    rows = [record.columns for record in index.records()]
    articles = [record.line for record in index.records()]
    return [row for _, row in sorted(zip(articles, rows, strict=True), key=lambda pair: pair[0])]


def pairs(groups: dict[str, set[str]]) -> set[tuple[str, str]]:
    return {pair for group in groups.values() for pair in combinations(sorted(group), 2)}


def clustered(*texts: tuple[str, float, bool]) -> list[list[int]]:
    """Clusters of texts with their publications, each cluster in its order."""
    clusters = Clusters(len(texts), lambda number: texts[number][0])
    for text, published, precise in texts:
        clusters.add(ClusterText(fingerprint("", text), published, precise))
    found: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for place in clusters.places():
        assert place.exact == (texts[place.article][0] == texts[place.representative][0])
        found[place.representative].append((place.rank, place.article))
    return sorted([article for _, article in sorted(group)] for group in found.values())


DAY = 86_400.0
OTHER = " ".join(f"Une équipe numéro {n} gagne son match du soir." for n in range(20))
CUT = TEXT[: len(TEXT) // 2]
EDITED = TEXT.replace("numéro 7", "numéro sept")


def test_the_earliest_represents() -> None:
    assert clustered((TEXT, 2.0, True), (OTHER, 0.0, True), (TEXT, 1.0, True)) == [[2, 0]]


def test_on_a_day_without_times_the_longest_text_represents() -> None:
    assert clustered((CUT, 0.0, False), (TEXT, 600.0, True)) == [[1, 0]]
    assert clustered((CUT, 0.0, False), (TEXT, DAY + 600.0, True)) == [[0, 1]]
    assert clustered((CUT, 500.0, True), (TEXT, 600.0, True)) == [[0, 1]]


def test_cut_and_edited_texts_are_of_one_cluster() -> None:
    assert clustered((TEXT, 0.0, True), (CUT, 1.0, True), (EDITED, 2.0, True)) == [[0, 1, 2]]


def test_a_cluster_does_not_grow_by_chains() -> None:
    parts = [" ".join(f"{name} {n} dit {n + 1}." for n in range(60)) for name in "abc"]
    chain = [parts[0] + parts[1], parts[1] + parts[2], parts[2] + parts[0]]
    assert clustered(*((text, float(n), True) for n, text in enumerate(chain))) == []


def test_short_texts_are_compared_with_their_titles() -> None:
    short = "Quinze mots ne suffisent pas à distinguer un texte de tous les autres textes du monde."
    clusters = Clusters(3, lambda _: short)
    for title in ("Un", "Un", "Deux"):
        clusters.add(ClusterText(fingerprint(title, short), 0.0, True))
    assert [place.article for place in clusters.places()] == [0, 1]
    assert clustered(("Trop court.", 0.0, True), ("Trop court.", 1.0, True)) == []
