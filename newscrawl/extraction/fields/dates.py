"""The times of publication and of the last change."""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import cached_property
from itertools import zip_longest
from typing import Any, Literal

from selectolax.lexbor import LexborNode

from newscrawl.extraction.fields.names import class_of, stands_elsewhere
from newscrawl.extraction.metadata import Metadata, types_of
from newscrawl.text.cleaning import clean, fold
from newscrawl.text.dates import Moment, parse_date

_PUBLISHED = (
    "article:published_time",
    "og:article:published_time",
    "datepublished",
    "og:published_time",
    "parsely-pub-date",
    "sailthru.date",
    "cxenseparse:recs:publishtime",
    "publishdate",
    "publish-date",
    "publish_date",
    "pubdate",
    "date.available",
    "dc.date.issued",
    "citation_publication_date",
    "bepress_citation_date",
    "citation_date",
    "og:pubdate",
    "article.published",
    "article:published",
    "published_time",
    "published-date",
    "article_date_original",
    "ptime",
    "dc.issued",
    "dcterms.issued",
    "dc.date.publication",
    "article:published_date",
    "og:release_date",
    "release_date",
    "date_published",
    "originalpublicationdate",
    "rnews:datepublished",
    "citation_online_date",
)
_CREATED = (
    "dcterms.created",
    "dc.date.created",
    "dc.date",
    "dc:date",
    "dc:date.created",
    "dcterms.date",
    "date.created",
    "datecreated",
    "date",
    "created",
    "creation_date",
    "article.created",
    "doc_date",
)
"""Names that some sites use for the time of publication and others for that of the file."""
_MODIFIED = (
    "article:modified_time",
    "og:updated_time",
    "datemodified",
    "date.modified",
    "dc.date.modified",
    "dcterms.modified",
    "last-modified",
    "article:modified",
    "og:modified_time",
    "modified_time",
    "revised",
    "updated",
    "dc.modified",
)


# What announces a date, in folded text.
_LABELS = re.compile(
    r"(?P<updated>(?:derniere\s)?mise?\sa\sjour|(?:derniere\s)?modifi(?:e|cation)\b|actualisee?\b"
    r"|\bmaj\b|(?:last\s)?(?:updated?|modified|edited|revised|reviewed)\b|(?:اخر\s)?(?:تحديث|تعديل)"
    r"|تم\s(?:ال)?(?:تحديث|تعديل)|(?:ا?حدث|عدل)\s(?:في|بتاريخ))"
    r"|(?P<published>\b(?:re)?publiee?\b|mise?\sen\sligne|\bpostee?\b|\bcreee?\sle\b|\becrite?\b"
    r"|\b(?:posted|published|publish\sdate|created|written)\b|\b(?:ver)?offentlicht\b"
    r"|(?:تاريخ\s)?ال?نشر(?:ت|ه)?\b|بتاريخ\b)"
)
_UPDATED_CLASS = re.compile(r"updat|modif|\bmaj\b|revis", re.IGNORECASE)
_PUBLISHED_CLASS = re.compile(r"publi(?!c)|posted|created|entry-date", re.IGNORECASE)
_SENTENCE = re.compile(r"[^\W\d_][.!?…]$")
_LONGEST_PRINTED = 160
_DATE_IN_URL = re.compile(r"(?<!\d)((?:19|20)\d\d)([/_-]?)(\d\d)\2(\d\d)(?!\d)")
_NO_ARTICLE = ("Comment", "Review", "UserReview", "Event", "JobPosting", "WebSite")
# Parts of a page that show the current day.
_MASTHEAD = (
    'header, [class*="topbar"], [class*="top-bar"], [class*="top_bar"], [class*="masthead"], '
    '[class*="today"], [class*="current-date"], [class*="date-du-jour"], [id*="topbar"], '
    '[id*="today"]'
)

Kind = Literal["published", "updated"]
"""What a page says that a date is."""


class Printed:
    """The dates that a page prints around the article, collected when first needed."""

    def __init__(self, metadata: Metadata, near: Callable[[], list[str]]) -> None:
        self._metadata = metadata
        self._near = near

    @cached_property
    def _dates(self) -> list[tuple[int, Kind | None, str]]:
        """Rank, what it is announced as, and text of each date."""
        parts = _announced(self._near())
        timed = [entry for node in self._metadata.times[:20] if (entry := _time(node, parts))]
        lines = [
            (kind, text)
            for kind, text in parts
            if DIGITS.search(text) and (kind or not self._in_masthead(text))
        ]
        lines.sort(key=lambda line: bool(_SENTENCE.search(line[1])))
        timed.sort(key=lambda entry: entry[0])
        return [
            *(entry for entry in timed if entry[0] < _FAR),
            *((0, kind, text) for kind, text in lines),
            *(entry for entry in timed if entry[0] == _FAR),
        ]

    def announced_as(self, kind: Kind | None) -> list[str]:
        """List the dates announced as published or updated, or not at all, nearest first."""
        return [value for _, announced, value in self._dates if announced == kind]

    def _in_masthead(self, text: str) -> bool:
        return any(text in masthead for masthead in self._mastheads)

    @cached_property
    def _mastheads(self) -> list[str]:
        tree = self._metadata.tree
        nodes = tree.css(_MASTHEAD)[:_MOST_MASTHEADS] if tree else []
        return [clean(node.text(separator=" ")) for node in nodes if _is_masthead(node)]


_MOST_MASTHEADS = 10
_FAR = 1_000_000


def _is_masthead(node: LexborNode) -> bool:
    """Tell whether a part of the page is its own head, not that of an article."""
    if node.css_first("h1") or node.css_first("article"):
        return False
    parent = node.parent
    while parent is not None:
        if parent.tag in ("article", "main"):
            return False
        parent = parent.parent
    return not _ARTICLE_HEAD.search(class_of(node))


_ARTICLE_HEAD = re.compile(r"entry|post|article|story|single")


# "Rabat, 12 mars 2024 (MAP) – …" at the beginning of a text
_DATELINE = re.compile(r"(?:[^.!?\n]|(?<=\d)\.){5,80}?(?:\)|\s[-–—|]|\d{4}\s?[:،]|\d{4}\s\()(?=\s)")
# The note that WordPress's old themes print below an entry, without its category.
_ENTRY = re.compile(
    r"(?:this|cet|cette|dieser)\s\w+\s(?:was|a été|wurde)\s.{10,110}?(?=\s(?:and|et|und)\s)",
    re.IGNORECASE,
)
_LONGEST_NOTE = 500


def _announced(near: Iterable[str]) -> list[tuple[Kind | None, str]]:
    """Split short texts at the words that announce a date, and say which these are."""
    parts: list[tuple[Kind | None, str]] = []
    pending: Kind | None = None
    dated = False  # whether the last text was a date without an announcement
    for text in near:
        if len(text) > _LONGEST_PRINTED:
            pending, dated = None, False
            if (entry := _ENTRY.match(text)) and len(text) < _LONGEST_NOTE:
                parts.append(("published", entry[0]))
            elif (line := _DATELINE.match(text)) and DIGITS.search(line[0]):
                parts.append((None, line[0]))
            continue
        folded = fold(text)
        labels = list(_LABELS.finditer(folded))
        if not labels:
            if len(text) < _LONGEST_LINE:
                dated = pending is None and DIGITS.search(text) is not None
                parts.append((pending, text))
                pending = None
            continue
        first = labels[0]
        # A label in a block of its own names the date of its neighbour: the one before it here,
        # where texts above the body come nearest first, else the one behind it.
        if len(folded) < 30 and not _DIGIT.search(folded):
            if dated:
                parts[-1] = (_kind(first), parts[-1][1])
            else:
                pending = _kind(first)
            dated = False
            continue
        pending, dated = None, False
        if _DIGIT.search(folded[: first.start()]):
            parts.append((None, folded[: first.start()]))
        for label, following in zip_longest(labels, labels[1:]):
            end = following.start() if following else len(folded)
            parts.append((_kind(label), folded[label.end() : end]))
    return parts


def _kind(label: re.Match[str]) -> Kind:
    return "updated" if label["updated"] else "published"


def _time(
    node: LexborNode, parts: list[tuple[Kind | None, str]]
) -> tuple[int, Kind | None, str] | None:
    """Return how far from the article a ``<time>`` stands, what it is said to be, and its value."""
    attributes = node.attributes
    shown = clean(node.text())
    value = attributes.get("datetime") or attributes.get("content")
    if node.tag == "abbr":
        value = attributes.get("title")
    value = value or shown
    if not value:
        return None
    names = f"{attributes.get('itemprop') or ''} {attributes.get('class') or ''}"
    kind: Kind | None = None
    if _PUBLISHED_CLASS.search(names):
        kind = "published"
    elif _UPDATED_CLASS.search(names):
        kind = "updated"
    elif node.tag == "abbr":
        return None
    place = _FAR if shown else 0
    folded = fold(shown)
    for index, (announced, text) in enumerate(parts):
        if shown and (shown in text or folded in text):
            place, kind = index, kind or announced
            break
    if place == _FAR:
        if stands_elsewhere(node):
            return None
        kind = kind and (kind if node.attributes.get("itemprop") else None)
    # The printed date is the first one where a changed page keeps it.
    stated, said = parse_date(value, UTC), parse_date(shown, UTC)
    if stated and said and said.when < stated.when - _DAY:
        value = shown
    return place, kind, value


def published(
    metadata: Metadata,
    printed: Printed,
    zone: tzinfo | None,
    wanted: datetime | None,
) -> Moment | None:
    """Choose the time of first publication; near the wanted one when there are several.

    Without a zone, the offset that a value names counts. A value in UTC is shown in the offset by
    which it is the printed time, or on the printed day. Of a day that is known without its time,
    the printed time is taken.
    """
    chosen: Moment | None = None
    first: Moment | None = None
    for value in _published_values(metadata, printed):
        moment = read_moment(value, zone)
        if moment is None or not _possible(moment):
            continue
        if zone is None and isinstance(value, str) and _IN_UTC.search(value):
            moment = _as_printed(moment, metadata, printed)
        if chosen:
            if moment.precision == "second" and moment.when.date() == chosen.when.date():
                return moment
        elif wanted is None or abs((moment.when.date() - wanted.date()).days) <= 1:
            if moment.precision == "second":
                return moment
            chosen = moment
        first = first or moment
    return chosen or first or _last_resort(metadata, printed, zone)


_IN_UTC = re.compile(r":\d\d?(?:\.\d+)?\s?(?:Z|[+-]00:?00|GMT|UTC)\s*$")
_MOST_SHOWN = 4


def _as_printed(moment: Moment, metadata: Metadata, printed: Printed) -> Moment:
    """Show a time in UTC as the page does: by an offset that it names, or that its dates imply."""
    if moment.precision != "second":
        return moment
    said = printed.announced_as("published")[:_MOST_SHOWN]
    shown = printed.announced_as(None)[:_MOST_SHOWN]
    declared = [value for name in _CREATED for value in metadata.metas.get(name, ())]
    for text in (*declared, *said, *shown):
        other = read_moment(text, None)
        if other is None or (other.precision == "day" and text not in said):
            continue
        if offset := _offset_between(moment, other):
            return Moment(moment.when.astimezone(timezone(offset)), "second")
    return moment


_QUARTER = timedelta(minutes=15)
_WEST, _EAST = timedelta(hours=-12), timedelta(hours=14)


def _offset_between(moment: Moment, said: Moment) -> timedelta | None:
    """Return the offset by which a time in UTC is another one; ``None`` when there is none."""
    if (offset := said.when.utcoffset()) and abs(said.when - moment.when) < _QUARTER:
        return offset
    if said.precision == "second":
        ahead = said.when.replace(tzinfo=UTC) - moment.when.replace(second=0)
        return ahead if not ahead % _QUARTER and _WEST <= ahead <= _EAST else None
    days = (said.when.date() - moment.when.date()).days
    # The least offset in whole hours by which the time is on that day.
    least = timedelta(hours=24 - moment.when.hour if days == 1 else -1 - moment.when.hour)
    return least if abs(days) == 1 and _WEST <= least <= _EAST else None


_OFFSET = re.compile(r":\d\d(?:\.\d+)?\s?([+-])(\d\d):?(\d\d)\s*$")


def read_moment(value: str | float, zone: tzinfo | None) -> Moment | None:
    """Parse a date in a zone; without one, in the one that it names itself, else UTC."""
    if zone is None and isinstance(value, str) and (match := _OFFSET.search(value)):
        offset = timedelta(hours=int(match[2]), minutes=int(match[3]))
        if offset < timedelta(hours=24):
            zone = timezone(offset if match[1] == "+" else -offset)
    return parse_date(value, zone or UTC)


def _possible(moment: Moment) -> bool:
    """Tell whether a time can be meant: neither the start of the epoch nor years ahead."""
    when = moment.when
    return abs(when.timestamp()) > 2 * _DAY.total_seconds() and (
        when.year <= datetime.now(UTC).year + 1
    )


def _published_values(metadata: Metadata, printed: Printed) -> Iterator[str | float]:
    yield from _kept(metadata, printed)
    for name in ("datePublished", "dateCreated", "uploadDate"):
        if value := metadata.article.get(name):
            yield from scalars(value)
    for name in _PUBLISHED:
        yield from metadata.metas.get(name, ())
    if value := metadata.webpage.get("datePublished"):
        yield from scalars(value)
    if any(name in metadata.metas for name in _CREATED):
        yield from printed.announced_as("published")
    for name in _CREATED:
        yield from metadata.metas.get(name, ())
    yield from printed.announced_as("published")
    yield from printed.announced_as(None)


def _kept(metadata: Metadata, printed: Printed) -> Iterator[str]:
    """Yield a printed date that a page kept when it declared each change as a publication.

    Such a page declares no change after its publication, and prints an earlier day alone.
    """
    stated, changed = (
        next(map(_day_of, scalars(metadata.article.get(name))), None)
        for name in ("datePublished", "dateModified")
    )
    if stated and changed and changed.when.date() <= stated.when.date():
        for text in (*printed.announced_as("published"), *printed.announced_as(None)[:1])[:1]:
            said = parse_date(text, UTC)
            named = len(text) < _LONGEST_DATE and _NAME.search(text)
            if said and named and stated.when - said.when > 2 * _DAY:
                yield text


_LONGEST_DATE = 20
_NAME = re.compile(r"[^\W\d_]{3}")  # of a month: numbers may be month first


def _day_of(value: str | float) -> Moment | None:
    return parse_date(value, UTC)


def _last_resort(metadata: Metadata, printed: Printed, zone: tzinfo | None) -> Moment | None:
    """Return the date of another object of the page, of its URL, or of its last change."""
    values: list[str | float] = []
    for node in metadata.nodes:
        if "datePublished" in node and not set(types_of(node)).intersection(_NO_ARTICLE):
            values += scalars(node["datePublished"])
    for url in (metadata.url, metadata.canonical or ""):
        values += ["-".join(match.group(1, 3, 4)) for match in _DATE_IN_URL.finditer(url)]
    return (
        _first_possible(values, zone)
        or _first_possible(_marked_dates(metadata), zone)
        or modified(metadata, printed, zone)
    )


# Parts of a page that are named after the date they hold, wherever they stand.
_DATE_NAMES = ("date", "Date", "publish", "posted", "timestamp", "byline", "post-meta", "entry-meta")
_MARKED = ", ".join(
    f'[{attribute}*="{name}"]'
    for name in (
        "date",
        "Date",
        "publish",
        "posted",
        "timestamp",
        "byline",
        "post-meta",
        "entry-meta",
    )
    for attribute in ("class", "id")
)
_MOST_MARKED, _LONGEST_MARKED = 60, 200


def _marked_dates(metadata: Metadata) -> Iterator[str]:
    """List the short texts of elements that are named after a date, outside of lists of links."""
    for node in metadata.tree.css(_MARKED)[:_MOST_MARKED] if metadata.tree else ():
        text = clean(node.text(separator=" "))
        if len(text) > _LONGEST_MARKED or not DIGITS.search(text) or stands_elsewhere(node):
            continue
        for kind, part in _announced([text]):
            if kind != "updated":
                yield part


_DAY = timedelta(days=1)
DIGITS = re.compile(r"\d\D+\d|\d.*[^\W\d_]|\d{4}")
_DIGIT = re.compile(r"\d")
_LONGEST_LINE = 80
_MOST_DATES = 20


def scalars(value: Any) -> Iterator[str | int | float]:
    """List the strings and numbers of a value, of ``@value`` objects too."""
    for item in value[:_MOST_DATES] if isinstance(value, list) else [value]:
        if isinstance(item, dict):
            item = item.get("@value")
        if isinstance(item, str | int | float) and not isinstance(item, bool):
            yield item


def modified(metadata: Metadata, printed: Printed, zone: tzinfo | None) -> Moment | None:
    """Choose the time of the last change."""
    values = list(scalars(metadata.article.get("dateModified")))
    for name in _MODIFIED:
        values += metadata.metas.get(name, [])
    values += scalars(metadata.webpage.get("dateModified"))
    return _first_possible(values, zone) or _first_possible(printed.announced_as("updated"), zone)


def _first_possible(values: Iterable[str | float], zone: tzinfo | None) -> Moment | None:
    for value in values:
        if (moment := read_moment(value, zone)) and _possible(moment):
            return moment
    return None


def says_date(text: str, moment: Moment) -> bool:
    """Tell whether a text prints the day of a moment."""
    if len(text) > 80 or not DIGITS.search(text):
        return False
    said = parse_date(text, moment.when.tzinfo or UTC)
    return said is not None and said.when.date() == moment.when.date()
