"""Pages of the network as data: each page file beside a JSON file with its expected values."""

import json
import re
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from newscrawl.aggregator.article import read_article
from newscrawl.aggregator.lines import Page
from newscrawl.aggregator.listing import read_listing
from newscrawl.aggregator.pages import AggregatorPage
from newscrawl.aggregator.rss import read_feed
from newscrawl.errors import PageError
from newscrawl.items import Headline
from newscrawl.text.cleaning import LONGEST_TEXT
from newscrawl.text.dates import Moment

CASES = Path(__file__).parent / "network"


def article(body: bytes, url: str, content_type: str | None = None) -> dict[str, Any]:
    page = read_article(body, url, content_type)
    return {
        "id": page.key.id,
        "title": page.title,
        "outlet_name": page.outlet_name,
        "outlet_slug": page.outlet_slug,
        **timestamp(page.published),
        "byline": page.byline,
        "text": page.text.split("\n\n"),
        "images": [[image.url, image.caption] for image in page.images],
        "thumbnail": page.thumbnail,
        "source_link": page.source_link,
        "truncated": page.truncated,
        "stub": page.stub,
        "headlines": headlines(page.headlines),
        "links": [key.id for key in page.links],
        "flags": page.flags,
    }


def listing(body: bytes, url: str) -> dict[str, Any]:
    page = read_listing(body, url)
    return {
        "entries": [
            [entry.key.id, entry.title, entry.teaser, entry.published and entry.published.iso()]
            for entry in page.entries
        ],
        "next_pages": page.next_pages,
        "headlines": headlines(page.headlines),
        "outlets": page.outlets,
        "sections": page.sections,
        "authors": page.authors,
    }


def feed(body: bytes, url: str) -> list[dict[str, Any]]:
    return [
        {
            "id": entry.key.id,
            "title": entry.title,
            "outlet_name": entry.outlet_name,
            **timestamp(entry.published),
            "thumbnail": entry.thumbnail,
            "teaser": entry.teaser,
        }
        for entry in read_feed(body, url)
    ]


def timestamp(value: Moment | None) -> dict[str, str | None]:
    return {
        "published": value.iso() if value else None,
        "precision": value.precision if value else None,
    }


def headlines(values: list[Headline]) -> list[list[str | None]]:
    return [[value.title, value.url] for value in values]


READERS = {"article": article, "listing": listing, "feed": feed}


@pytest.mark.parametrize(
    "path", sorted(CASES.glob("*/*.json")), ids=lambda path: f"{path.parent.name}-{path.stem}"
)
def test_a_page_is_parsed_as_its_json_states(path: Path) -> None:
    case = json.loads(path.read_text("utf-8"))
    (page,) = (other for other in path.parent.glob(f"{path.stem}.*") if other != path)
    kind, error, body = path.parent.name, case.pop("error", None), page.read_bytes()
    expected = case.pop(kind, None)
    if error is None:
        assert READERS[kind](body, **case) == expected
    else:
        with pytest.raises(PageError) as raised:
            READERS[kind](body, **case)
        assert error in str(raised.value)


def test_the_marked_part_of_a_page_says_what_the_whole_page_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pages = [
        (path.with_suffix(".html").read_bytes(), case)
        for path in sorted(CASES.glob("article/*.json"))
        if "article" in (case := json.loads(path.read_text("utf-8")))
    ]
    # What could show in the part's lines, or belongs to the article, stands around the part.
    body = (CASES / "article" / "ar_images.html").read_bytes()
    case = json.loads((CASES / "article" / "ar_images.json").read_text("utf-8"))
    number = case["url"].rsplit("/", 1)[1].encode()
    own = f'<img src="https://images2.djazairess.com/x/{number.decode()}">'.encode()
    start, inner, end = re.split(rb'(?<=<body class="Link body">)|(?=</body>)', body)
    pages += [
        (start + before + inner + after + end, case)
        for before, after in (
            (b"<ul><li>", b"</ul>"),
            (b"<div class=sidebar>", b"</div>"),
            (b"<nav>", b"</nav>"),
            (own, b""),
            (b"", own),
            (b"<table><tr><td class=ticker><a href=/x/1>Un deux trois</a></table>", b""),
            (b"", b"<span class=articlecontent>Fin.</span>"),
        )
    ]

    def read() -> list[dict[str, Any]]:
        return [article(page, case["url"], case.get("content_type")) for page, case in pages]

    parts: list[bool] = []
    show = Page.show_article

    def noted(page: Page, number: str) -> bool:
        parts.append(show(page, number))
        return parts[-1]

    monkeypatch.setattr(Page, "show_article", noted)
    by_parts = read()
    monkeypatch.setattr(Page, "show_article", lambda *_: False)
    assert by_parts == read()
    assert 5 < sum(parts) < len(pages)


def test_every_kind_has_cases() -> None:
    assert {path.parent.name for path in CASES.glob("*/*.json")} == set(READERS)


PAGES = sorted(path for path in CASES.glob("*/*.*ml") if path.stat().st_size > 500)
URL = "https://www.maghress.com/fr/lavigie/4411"


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A page of the cases, cut, with pieces moved, bytes changed or read in a wrong encoding."""
    body = draw(st.sampled_from(PAGES)).read_bytes()
    for _ in range(draw(st.integers(1, 4))):
        start, end = sorted(draw(st.tuples(*[st.integers(0, len(body))] * 2)))
        piece = body[start:end]
        match draw(st.sampled_from(["cut", "drop", "repeat", "shuffle", "noise", "encode"])):
            case "cut":
                body = body[:start]
            case "drop":
                body = body[:start] + body[end:]
            case "repeat":
                body = body[:end] + piece + body[end:]
            case "shuffle":
                tags = re.split(rb"(<[^<>]*>)", piece)
                body = body[:start] + b"".join(draw(st.permutations(tags[:40]))) + body[end:]
            case "noise":
                body = body[:start] + draw(st.binary(max_size=40)) + body[start:]
            case "encode":
                body = body.decode("utf-8", "replace").encode("utf-16")
    return body


@settings(deadline=None, max_examples=200)
@given(st.one_of(damaged(), st.binary(max_size=2000)))
@example(b"<table>" * 3000)
@example(b"<a href='/fr/lavigie/1'>" * 3000)
@example(b"<span class=articlecontent>" * 3000 + "Publié dans X le 1 - 1 - 2020".encode())
def test_damaged_pages_end_in_a_result_or_a_typed_error(body: bytes) -> None:
    for read in (read_article, read_listing, read_feed):
        try:
            result = read(body, URL)
        except PageError:
            continue
        if isinstance(result, AggregatorPage):
            assert result.title.strip() == result.title != ""
            assert result.text.strip() == result.text != ""
            assert result.source_link is None or result.source_link.startswith("http")
            titles = [headline.title for headline in result.headlines]
            assert len(titles) == len(set(titles))


@pytest.mark.parametrize("depth", [3_000, 100_000])
def test_deep_pages_without_an_article_are_refused(depth: int) -> None:
    page = f"<html><body>{'<div>' * depth}text{'</div>' * depth}</body></html>".encode()
    for read in (read_article, read_listing):
        with pytest.raises(PageError):
            read(page, URL)


def in_page(text: str) -> str:
    """A page whose article's text is given."""
    return (
        "<span class=articletitle>T</span>"
        "<span class=articlenewspaper>Publié dans X le 1 - 2 - 2020</span>"
        f"<span class=articlecontent>{text}</span>"
    )


HOSTILE = {
    "spaces in a sentence": in_page("click" + " " * 100_000 + "here"),
    "sentence begun often": in_page(("click" + " " * 200) * 1_000),
    "published line of spaces": "<p>Publié dans" + " " * 100_000 + "le 1",
    "published line begun often": "<p>Publié dans</p>" * 10_000,
    "marked published lines": f"<p class=articlenewspaper>{'Publié dans ' * 30}</p>" * 2_500,
    "unmarked published lines": f"<p>{'Publié dans ' * 30}</p>" * 2_500,
    "published lines of a listing": f"<p>{'Publié dans 1 ' * 14}</p>" * 5_000,
    "percent signs in links": f"<a href='/fr/{'%25' * 60}x/1'>a</a>" * 5_000,
    "long byline": in_page("Par " + "A" * 240 + "!"),
    "many labels": in_page("<br>".join(["post comment " * 12] * 500)),
    "many marks": in_page("(...) " * 20_000 + "x"),
    "many links in a line": "".join(f"<a href=/fr/author/{i}>a</a> " for i in range(10_000)),
    "many pages": "".join(f"<a href=?page={i}>{i}</a>" for i in range(5_000)),
    "slashes": "<a href=/fr/politics>p</a><a href='/fr/" + "/" * 100_000 + "2'>2</a>",
    "gaps": "<p>" + "a b c&nbsp;&nbsp;" * 20_000,
}


@pytest.mark.parametrize("page", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("read", [read_article, read_listing])
def test_no_page_takes_superlinear_time(read: Callable[[str, str], object], page: str) -> None:
    start = time.process_time()
    with suppress(PageError):
        read(page, URL)
    assert time.process_time() - start < 2


def test_a_text_of_megabytes_is_cut() -> None:
    assert len(read_article(in_page("mot " * 500_000).encode(), URL).text) < LONGEST_TEXT


@pytest.mark.parametrize("order", ["{subtitle}{title}", "{title}{subtitle}"])
def test_a_subtitle_is_never_the_title(order: str) -> None:
    title, subtitle = "Le phare rouvre ses portes", "Une reprise attendue"
    lines = order.format(
        title=f"<div>{title}</div>", subtitle=f'<h3 class="articlesubtitle">{subtitle}</h3>'
    )
    text = "Le phare de la côte a rouvert mardi soir après deux ans. " * 5
    body = (
        f'<html><body><div id="mainContent">{lines}<div>Publié dans <a href="/fr/x">X</a> '
        f"le 23 - 03 - 2024</div><p>{text}</p></div></body></html>"
    )
    assert read_article(body.encode(), "https://www.maghress.com/fr/x/12").title == title
