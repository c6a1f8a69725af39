"""Pages of the network as data: each page file stands beside a JSON file that says how it reads."""

import json
from pathlib import Path
from typing import Any

import pytest

from newscrawl.dates import Moment
from newscrawl.errors import PageError
from newscrawl.items import Headline
from newscrawl.network.article import read_article
from newscrawl.network.feed import read_feed
from newscrawl.network.listing import read_listing

CASES = Path(__file__).parent / "network"


def article(body: bytes, url: str, content_type: str | None = None) -> dict[str, Any]:
    page = read_article(body, url, content_type)
    return {
        "id": page.key.id,
        "title": page.title,
        "outlet_name": page.outlet_name,
        "outlet_slug": page.outlet_slug,
        **moment(page.published),
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
            **moment(entry.published),
            "thumbnail": entry.thumbnail,
            "teaser": entry.teaser,
        }
        for entry in read_feed(body, url)
    ]


def moment(value: Moment | None) -> dict[str, str | None]:
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
def test_page_reads_as_its_json_says(path: Path) -> None:
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


def test_there_are_cases_of_every_kind() -> None:
    assert {path.parent.name for path in CASES.glob("*/*.json")} == set(READERS)
