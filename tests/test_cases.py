"""Small pages, each with one difficulty, and their expected values: ``tests/cases``.

A case is a folder with ``page.html`` and ``case.json``: ``why`` it is there, ``expected`` values by
field, and perhaps the page's ``url``, ``zone`` and ``copy``. ``{body}`` in a page stands for the
paragraphs of an article.

A file of ``tests/cases/kinds`` holds variants of one kind. Each says what differs from a plain
article's page: what stands in its head, at its ``masthead``, ``above`` or ``below`` the text, its
title, ``h1``, language, and the ``expected`` values. Its paragraphs are those of ``texts.json``,
for which ``{1}`` to ``{3}`` stand anywhere. With ``copies`` it is extracted without a copy
(``none``) and with one that holds the expected text (``full``).

``feeds.json`` holds feeds with one fault each, and the entries that are read all the same; a byte
that is not UTF-8 is written as half of a surrogate pair.
"""

import json
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from newscrawl.aggregator.rss import read_feed
from newscrawl.extraction import extract
from tests.extraction.pages import paragraphs

FOLDER = Path(__file__).parent / "cases"
CASES = sorted(path.parent for path in FOLDER.glob("*/case.json"))
VARIANTS = [
    pytest.param(variant, id=f"{path.stem}-{number}")
    for path in sorted(FOLDER.glob("kinds/*.json"))
    for number, variant in enumerate(json.loads(path.read_text("utf-8"))["variants"])
]
URL = "https://www.phare-atlas.example/2024/05/le-marche.html"
TITLE = "Le phare de la baie rallume sa lampe après dix ans"
TEXTS = json.loads((FOLDER / "texts.json").read_text("utf-8"))
FEEDS = json.loads((FOLDER / "feeds.json").read_text("utf-8"))


def value(page: Any, field: str) -> Any:
    found = getattr(page, field)
    if isinstance(found, datetime):
        return found.isoformat()
    if field == "images":
        return [[image.url, image.caption, image.credit] for image in found]
    return found


@pytest.mark.parametrize("folder", CASES, ids=lambda folder: folder.name)
def test_case(folder: Path) -> None:
    case = json.loads((folder / "case.json").read_text("utf-8"))
    body = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs(1))
    html = (folder / "page.html").read_text("utf-8").replace("{body}", body)
    copy = SimpleNamespace(**case["copy"]) if "copy" in case else None
    zone = ZoneInfo(case.get("zone", "Africa/Casablanca"))
    page = extract(html, case.get("url", URL), copy, zone=zone)
    assert {field: value(page, field) for field in case["expected"]} == case["expected"]


@pytest.mark.parametrize("variant", VARIANTS)
def test_each_variant_gives_its_values(variant: dict[str, Any]) -> None:
    given: dict[str, Any] = {
        "lang": "fr",
        "head": "",
        "masthead": "",
        "above": "",
        "below": "",
        "title": TITLE,
        "h1": TITLE,
        "url": URL,
        **variant,
    }
    first, *rest = TEXTS[given["lang"]]
    body = given.get("body", "<p>{first}</p>{rest}").replace(
        "{rest}", "".join(f"<p>{text}</p>" for text in rest)
    )
    body = body.replace("{first}", first if "<p>{first}" in body else f"<p>{first}</p>")
    attributes = given.get("attributes", f'lang="{given["lang"]}"')
    html = (
        f'<html {attributes}><head><meta charset="utf-8"><title>{given["title"]}</title>'
        f'{given["head"]}</head><body>{given["masthead"]}<nav><a href="/">Accueil</a></nav>'
        f'<article><h1>{given["h1"]}</h1>{given["above"]}<div class="content">{body}</div>'
        f"{given['below']}</article><footer>© 2023</footer></body></html>"
    )
    expected = given["expected"]
    if "text" in expected:
        html, text = (
            _with_paragraphs(text, given["lang"]) for text in (html, "\n\n".join(expected["text"]))
        )
        expected = {**expected, "text": text}
    for kind in given.get("copies", ["none"]):
        copy = SimpleNamespace(title=TITLE, text=expected["text"]) if kind == "full" else None
        page = extract(html, given["url"], copy, zone=ZoneInfo("Africa/Casablanca"))
        assert {field: value(page, field) for field in expected} == expected


@pytest.mark.parametrize("case", FEEDS, ids=lambda case: case["why"])
def test_damaged_feed(case: dict[str, Any]) -> None:
    body = case["feed"].encode(case.get("encoding", "utf-8"), "surrogateescape")
    entries = read_feed(body, "https://www.maghress.com/fr/rss.xml")
    found = [[e.key.id, e.title, e.published.iso() if e.published else None] for e in entries]
    assert found == case["expected"]


def _with_paragraphs(text: str, language: str) -> str:
    """Replace the numbers that stand for paragraphs."""
    for number, paragraph in enumerate(TEXTS[language], 1):
        text = text.replace(f"{{{number}}}", paragraph)
    return text
