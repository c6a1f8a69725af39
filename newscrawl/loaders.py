"""Loose values in, record values out: one processor a line for each field of both copies.

The loaders' context holds ``zone`` (``tzinfo`` of naive dates) and ``base_url`` (of relative URLs).
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from itemloaders import ItemLoader
from itemloaders.processors import Identity, MapCompose, TakeFirst

from newscrawl.dates import Moment, parse_date
from newscrawl.items import Copy, Image, Source
from newscrawl.text import clean, clean_text, split_bylines
from newscrawl.urls import absolute


def iso_date(value: Any, loader_context: Mapping[str, Any]) -> str | None:
    """A ``Moment``, ``datetime``, printed date or epoch as ISO 8601 with offset, or nothing."""
    if isinstance(value, datetime):
        when = value if value.tzinfo else value.replace(tzinfo=loader_context["zone"])
        return when.isoformat(timespec="seconds")
    moment = value if isinstance(value, Moment) else parse_date(value, loader_context["zone"])
    return moment.iso() if moment else None


def absolute_url(value: str, loader_context: Mapping[str, Any]) -> str | None:
    """A URL made absolute; nothing if it is not of the web."""
    return absolute(value, loader_context["base_url"])


def image(value: Image | str, loader_context: Mapping[str, Any]) -> Image | None:
    """A picture with an absolute URL and clean words, or nothing if it has no such URL."""
    given = Image(url=value) if isinstance(value, str) else value
    url = absolute(given.url, loader_context["base_url"])
    if url is None:
        return None
    return Image(url, clean(given.caption or "") or None, clean(given.credit or "") or None)


def distinct(values: list[Any]) -> list[Any]:
    """Values without repeats, in order."""
    return [value for index, value in enumerate(values) if value not in values[:index]]


class CopyLoader(ItemLoader):
    """Normalises the aggregator's copy."""

    default_item_class = Copy
    default_output_processor = TakeFirst()

    title_in = MapCompose(clean)
    text_in = MapCompose(clean_text)
    published_in = MapCompose(iso_date)
    byline_in = MapCompose(clean)
    images_in = MapCompose(image)
    images_out = distinct


class SourceLoader(ItemLoader):
    """Normalises the outlet's page."""

    default_item_class = Source
    default_output_processor = TakeFirst()

    redirects_out = Identity()
    canonical_in = MapCompose(absolute_url)
    title_in = MapCompose(clean)
    text_in = MapCompose(clean_text)
    published_in = MapCompose(iso_date)
    modified_in = MapCompose(iso_date)
    authors_in = MapCompose(split_bylines)
    authors_out = distinct
    section_in = MapCompose(clean)
    tags_in = MapCompose(clean)
    tags_out = distinct
    images_in = MapCompose(image)
    images_out = distinct
