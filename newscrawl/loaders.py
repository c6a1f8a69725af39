"""Item loaders that normalise the fields of the aggregator's copy and the outlet's page.

Loader context: ``zone``, the ``tzinfo`` of dates without an offset and of all results, and
``base_url``, for relative URLs. Values that are empty after cleaning are not loaded.
"""

from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any, cast

from itemloaders import ItemLoader
from itemloaders.processors import Identity, MapCompose, TakeFirst

from newscrawl.items import Copy, Image, Source
from newscrawl.text.bylines import split_bylines
from newscrawl.text.cleaning import clean_text, plain
from newscrawl.text.dates import Moment, parse_date
from newscrawl.text.urls import absolute


def line(value: str) -> str | None:
    """Return a clean line without markup, or ``None`` if it is empty."""
    return plain(value) or None


def iso_date(value: Any, loader_context: Mapping[str, Any]) -> str | None:
    """Return a ``Moment``, ``datetime``, printed date or epoch as ISO 8601 with offset."""
    zone = loader_context["zone"]
    if isinstance(value, datetime):
        when = value.astimezone(zone) if value.tzinfo else value.replace(tzinfo=zone)
        return when.isoformat(timespec="seconds")
    timestamp = value if isinstance(value, Moment) else parse_date(value, zone)
    return timestamp.iso() if timestamp else None


def absolute_url(value: str, loader_context: Mapping[str, Any]) -> str | None:
    """Return an absolute URL, or ``None`` if it is not http or https."""
    return absolute(value, loader_context["base_url"])


def image(value: Image | str, loader_context: Mapping[str, Any]) -> Image | None:
    """Return a picture with an absolute URL and clean texts, or ``None`` without such a URL."""
    given = Image(url=value) if isinstance(value, str) else value
    url = absolute_url(given.url, loader_context)
    if url is None:
        return None
    return Image(url, line(given.caption or ""), line(given.credit or ""))


class Distinct:
    """Output processor that drops duplicate values and keeps their order."""

    def __init__(self, key: Callable[[Any], object] = lambda value: value) -> None:
        self.key = key

    def __call__(self, values: list[Any]) -> list[Any]:
        """Return the values without duplicates of earlier ones."""
        first: dict[object, Any] = {}
        for value in values:
            first.setdefault(self.key(value), value)
        return list(first.values())


class RecordLoader(ItemLoader):
    """Base of the item loaders: takes processors from class attributes only, for speed.

    The library also searches the item's fields on each value, which takes half of a loader's time.
    """

    default_output_processor = TakeFirst()

    def __init_subclass__(cls, **named: Any) -> None:
        super().__init_subclass__(**named)
        for field in fields(cls.default_item_class):
            for way, default in (
                ("in", cls.default_input_processor),
                ("out", cls.default_output_processor),
            ):
                if not hasattr(cls, f"{field.name}_{way}"):
                    setattr(cls, f"{field.name}_{way}", default)

    def get_input_processor(self, field_name: str) -> Callable[..., Any]:
        """Return the input processor declared by the class."""
        return cast("Callable[..., Any]", getattr(self, f"{field_name}_in"))

    def get_output_processor(self, field_name: str) -> Callable[..., Any]:
        """Return the output processor declared by the class."""
        return cast("Callable[..., Any]", getattr(self, f"{field_name}_out"))


class CopyLoader(RecordLoader):
    """Item loader that normalises the fields of the aggregator's copy."""

    default_item_class = Copy

    title_in = MapCompose(line)
    text_in = MapCompose(clean_text)
    published_in = MapCompose(iso_date)
    byline_in = MapCompose(line)
    truncated_out = any  # a loaded item's False comes first
    images_in = MapCompose(image)
    images_out = Distinct(key=lambda picture: picture.url)


class SourceLoader(RecordLoader):
    """Item loader that normalises the fields of the outlet's page."""

    default_item_class = Source

    redirects_out = Identity()
    directives_out = Identity()
    canonical_in = MapCompose(absolute_url)
    title_in = MapCompose(line)
    text_in = MapCompose(clean_text)
    published_in = MapCompose(iso_date)
    modified_in = MapCompose(iso_date)
    authors_in = MapCompose(split_bylines)
    authors_out = Distinct()
    section_in = MapCompose(line)
    tags_in = MapCompose(line)
    tags_out = Distinct()
    images_in = MapCompose(image)
    images_out = Distinct(key=lambda picture: picture.url)
