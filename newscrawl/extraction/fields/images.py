"""The pictures of the article."""

from collections.abc import Iterator
from typing import Any

from newscrawl.extraction.metadata import Metadata
from newscrawl.items import Image
from newscrawl.text import clean
from newscrawl.urls import absolute


def images(metadata: Metadata) -> list[Image]:
    """List the article's pictures."""
    found: dict[str, Image] = {}
    values: list[Any] = [metadata.article.get("image")]
    values += metadata.metas.get("og:image", [])
    for value in _flatten(values):
        caption = credit = None
        if isinstance(value, dict):
            caption = value.get("caption") or value.get("description")
            credit = value.get("creditText")
            value = value.get("url") or value.get("contentUrl")
        if isinstance(value, str) and (url := absolute(value, metadata.base)):
            found.setdefault(
                url,
                Image(
                    url,
                    clean(caption) if isinstance(caption, str) else None,
                    clean(credit) if isinstance(credit, str) else None,
                ),
            )
    return list(found.values())[:20]


def _flatten(values: list[Any]) -> Iterator[Any]:
    for value in values:
        if isinstance(value, list):
            yield from value[:20]
        elif value:
            yield value
