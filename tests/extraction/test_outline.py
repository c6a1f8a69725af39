"""Outline of a page: its quick test gives the same body as the full analysis."""

import random

import pytest

from newscrawl.extraction import outline
from newscrawl.extraction.alignment import Reference
from newscrawl.extraction.blocks import walk
from newscrawl.extraction.bodies import top_of
from newscrawl.extraction.body import guided
from newscrawl.text.html import parse

_WORDS = [
    "harbour",
    "council",
    "budget",
    "market",
    "winter",
    "bridge",
    "school",
    "teacher",
    "river",
]


def _sentence(rng: random.Random, count: int) -> str:
    return " ".join(rng.choices(_WORDS, k=count)).capitalize() + rng.choice((".", ".", "", " :"))


def _text(rng: random.Random, count: int) -> str:
    text = _sentence(rng, count)
    return rng.choice((text, text, f'<a href="/a">{text}</a>', f'{text} <a href="/b">more</a>'))


def _piece(rng: random.Random, depth: int = 0) -> str:
    """Return a random part of a page: a text, a list, a teaser, a table or a box of others."""
    name = rng.choice(("", "", "text", "teaser", "comment", "related", "share", "entry-content"))
    kind = rng.randrange(6 if depth < 3 else 4)
    if kind == 0:
        return f"<p>{_text(rng, rng.choice((3, 12, 30)))}</p>"
    if kind == 1:
        return f"<h3>{_text(rng, rng.choice((3, 3, 16)))}</h3>"
    if kind == 2:
        items = "".join(f"<li>{_text(rng, rng.choice((2, 15)))}</li>" for _ in range(3))
        return f'<ul class="{name}">{items}</ul>'
    if kind == 3:
        return f'<div class="{name}">{_text(rng, 4)}<br>{_text(rng, 14)}</div>'
    inner = "".join(_piece(rng, depth + 1) for _ in range(rng.randrange(1, 5)))
    tag = rng.choice(("div", "div", "section", "aside", "td"))
    if tag == "td":
        return f"<table><tr><td>{inner}</td><td>{_text(rng, 3)}</td></tr></table>"
    return f'<{tag} class="{name}">{inner}</{tag}>'


@pytest.mark.parametrize("seed", range(300))
def test_the_quick_test_of_what_follows_a_copy_changes_no_body(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = random.Random(seed)
    paragraphs = [_sentence(rng, 40) for _ in range(8)]
    after = rng.choice(("", "<p>" + _sentence(rng, 30) + "</p>", _piece(rng)))
    article = "".join(f"<p>{text}</p>" for text in paragraphs) + after
    others = ["".join(_piece(rng) for _ in range(rng.randrange(5))) for _ in range(3)]
    html = (
        f'<div id="site"><div class="story"><div class="text">{article}</div>{others[0]}</div>'
        f"{others[1]}</div>{others[2]}"
    )
    page = walk(top_of(parse(html)))
    copy = "\n\n".join(paragraphs)
    monkeypatch.setattr(outline, "_MANY", 10**9)
    full = guided(page, Reference(copy))
    monkeypatch.setattr(outline, "_MANY", -1)
    assert guided(page, Reference(copy)) == full
    assert full
