"""Forms of an article's text, and article text that only looks like boilerplate."""

import pytest

from newscrawl.extraction import extract
from newscrawl.extraction.alignment import Reference

_PROSE = [
    "Le conseil de la vallée a voté jeudi soir un budget de six millions pour le pont suspendu.",
    "Les artisans du marché couvert demandent que le chantier attende la fin de la saison.",
    "Une seconde réunion publique aura lieu en septembre, a promis la présidente du conseil.",
]


def _text(*inner: str, before: str = "", after: str = "") -> str:
    paragraphs = "".join(f"<p>{text}</p>" for text in inner)
    html = (
        "<html><body><h1>Un pont pour la vallée</h1>"
        f"<div class='entry-content'>{before}{paragraphs}{after}</div></body></html>"
    )
    return extract(html, "https://example.org/pont").text or ""


@pytest.mark.parametrize(
    "sentence",
    [
        "Publicité mensongère : le parquet a ouvert une enquête sur deux vendeurs de tuiles.",
        "Sur la photo : la présidente reçoit les artisans du marché venus protester jeudi.",
        "Le groupe a démenti la rumeur <a href='/t'>sur Telegram</a>, selon un communiqué publié.",
        "<a href='/vote'>Le vote de jeudi, qui a duré plus de trois heures</a>",
    ],
)
def test_a_sentence_between_paragraphs_is_text(sentence: str) -> None:
    text = _text(_PROSE[0], sentence, *_PROSE[1:])
    assert len(text.split("\n\n")) == 4


@pytest.mark.parametrize(
    "notice", ["Publicité", "Rejoignez notre chaîne pour tout savoir du pont."]
)
def test_a_notice_between_paragraphs_is_not_text(notice: str) -> None:
    assert notice not in _text(_PROSE[0], notice, *_PROSE[1:])


def test_short_first_and_last_sentences_are_kept() -> None:
    text = _text("Enfin une décision.", *_PROSE, "Affaire à suivre.")
    assert text.startswith("Enfin une décision.")
    assert text.endswith("Affaire à suivre.")


def test_repeated_labels_of_an_interview_are_kept() -> None:
    parts = [part for text in _PROSE for part in ("Question :", text)]
    assert _text(*parts).count("Question :") == 3


def test_paragraphs_of_preformatted_text_are_separated() -> None:
    text = "\n\n".join(_PROSE)
    html = f"<html><body><h1>Un pont</h1><pre>{text}</pre></body></html>"
    assert extract(html, "https://example.org/pont").text == "\n\n".join(_PROSE)


def test_a_verbatim_beginning_agrees_fully() -> None:
    source = [f"mot{number} suite{number * 7} fin{number * 3}" for number in range(300)]
    copy = Reference(" ".join(source[:210]))
    assert copy.overlap(" ".join([*source, *source[100:103]]))[1] == pytest.approx(1, abs=0.02)
