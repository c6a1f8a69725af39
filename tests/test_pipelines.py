"""Item pipelines: what is validated is what is written, and a duplicate is only a hint."""

from pathlib import Path

import pytest

from newscrawl.settings import ITEM_PIPELINES_BASE
from newscrawl.state import Ledger
from newscrawl.text.signatures import TextIndex, signature

TEXT = (
    "La coopérative des pêcheurs a présenté vendredi son nouveau marché, où trente familles "
    "vendent chaque matin le poisson de la nuit, sous les halles que la commune a fait couvrir."
)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "ledger.sqlite")


def test_no_pipeline_runs_between_validation_and_feed() -> None:
    order = sorted(ITEM_PIPELINES_BASE, key=lambda name: ITEM_PIPELINES_BASE[name])
    names = [name.rpartition(".")[2] for name in order]
    assert names[-2:] == ["ValidatePipeline", "FeedPipeline"]


def test_a_text_is_known_once_its_record_is_accepted(ledger: Ledger) -> None:
    texts, sign = TextIndex(ledger.texts), signature(TEXT)
    assert texts.first_alike("a:fr/b/1", sign) is None
    assert texts.first_alike("a:fr/b/2", sign) is None, "the first was not accepted"
    texts.accept("a:fr/b/2")
    assert texts.first_alike("a:fr/b/3", sign) == "a:fr/b/2"


def test_only_committed_texts_outlive_the_run(ledger: Ledger) -> None:
    sign = signature(TEXT)
    texts = TextIndex(ledger.texts)
    texts.first_alike("a:fr/b/1", sign)
    texts.accept("a:fr/b/1")
    texts.commit()
    texts.first_alike("a:fr/b/2", sign)
    texts.accept("a:fr/b/2")
    following = TextIndex(ledger.texts)
    assert following.first_alike("a:fr/b/3", sign) == "a:fr/b/1"
    assert not ledger.texts.has_text("a:fr/b/2")


def test_two_articles_are_never_duplicates_of_each_other(ledger: Ledger) -> None:
    texts, sign = TextIndex(ledger.texts), signature(TEXT)
    for article in ("a:fr/b/1", "a:fr/b/2"):
        texts.first_alike(article, sign)
        texts.accept(article)
    texts.commit()
    # Both are revisited in one batch, the later one first.
    assert texts.first_alike("a:fr/b/2", sign) == "a:fr/b/1"
    texts.accept("a:fr/b/2")
    assert texts.first_alike("a:fr/b/1", sign) is None
