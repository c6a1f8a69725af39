"""The times of publication and of the last change."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any

from newscrawl.dates import Moment, parse_date
from newscrawl.extraction.metadata import Metadata
from newscrawl.text import clean

_PUBLISHED = (
    "article:published_time",
    "og:article:published_time",
    "datepublished",
    "parsely-pub-date",
    "sailthru.date",
    "cxenseparse:recs:publishtime",
    "publishdate",
    "publish-date",
    "publish_date",
    "pubdate",
    "date.available",
    "dc.date.issued",
    "dcterms.created",
    "dc.date.created",
    "dc.date",
    "dc:date",
    "dc:date.created",
    "dcterms.date",
    "citation_publication_date",
    "bepress_citation_date",
    "citation_date",
    "og:pubdate",
    "date.created",
    "datecreated",
    "date",
    "article.published",
    "article:published",
    "published_time",
    "published-date",
    "article_date_original",
    "ptime",
)
_MODIFIED = (
    "article:modified_time",
    "og:updated_time",
    "datemodified",
    "date.modified",
    "dc.date.modified",
    "dcterms.modified",
    "last-modified",
)


def published(
    metadata: Metadata,
    near: list[str],
    zone: tzinfo | None,
    wanted: datetime | None,
) -> Moment | None:
    """Choose the moment of first publication; near the wanted one when there are several.

    ``near`` are the texts that stand around the body. Without a zone, what a value names counts,
    and UTC where it names none.
    """
    found: list[Moment] = []
    for value in _published_values(metadata, near):
        moment = read_moment(value, zone)
        if moment is None:
            continue
        if wanted is None or abs((moment.when.date() - wanted.date()).days) <= 1:
            return moment
        found.append(moment)
    return found[0] if found else None


_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)\s*$")


def read_moment(value: str | float, zone: tzinfo | None) -> Moment | None:
    """Read a date in a zone; without one, in the one that it names itself, else UTC."""
    if zone is None and isinstance(value, str) and (match := _OFFSET.search(value)):
        offset = timedelta(hours=int(match[2]), minutes=int(match[3]))
        if offset < timedelta(hours=24):
            zone = timezone(offset if match[1] == "+" else -offset)
    return parse_date(value, zone or UTC)


def _published_values(metadata: Metadata, near: list[str]) -> Iterator[str | float]:
    for name in ("datePublished", "dateCreated", "uploadDate"):
        if value := metadata.article.get(name):
            yield from scalars(value)
    for name in _PUBLISHED:
        for content in metadata.metas.get(name, ()):
            if content:
                yield content
    if value := metadata.webpage.get("datePublished"):
        yield from scalars(value)
    around = "\n".join(near)
    elsewhere: list[str] = []
    for node in metadata.times[:20]:
        attributes = node.attributes
        shown = clean(node.text())
        value = attributes.get("datetime") or attributes.get("content") or shown
        if value and (not shown or shown in around):
            # The printed date is the first one where a changed page keeps it.
            stated, said = parse_date(value, UTC), parse_date(shown, UTC)
            yield shown if stated and said and said.when < stated.when - _DAY else value
        elif value:
            elsewhere.append(value)
    yield from (text for text in near if len(text) < 80 and DIGITS.search(text))
    yield from elsewhere


_DAY = timedelta(days=1)
DIGITS = re.compile(r"\d\D+\d|\d.*[^\W\d_]|\d{4}")


def scalars(value: Any) -> Iterator[str | int | float]:
    """List the strings and numbers of a value, of ``@value`` objects too."""
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, dict):
            item = item.get("@value")
        if isinstance(item, str | int | float) and not isinstance(item, bool):
            yield item


def modified(metadata: Metadata, zone: tzinfo | None) -> Moment | None:
    """Choose the moment of the last change."""
    values = list(scalars(metadata.article.get("dateModified")))
    for name in _MODIFIED:
        values += metadata.metas.get(name, [])
    values += scalars(metadata.webpage.get("dateModified"))
    for value in values:
        if moment := read_moment(value, zone):
            return moment
    return None


def says_date(text: str, moment: Moment) -> bool:
    """Tell whether a text prints the day of a moment."""
    if len(text) > 80 or not DIGITS.search(text):
        return False
    said = parse_date(text, moment.when.tzinfo or UTC)
    return said is not None and said.when.date() == moment.when.date()
