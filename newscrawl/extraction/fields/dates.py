"""Extract the article's times of publication and of last change."""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from itertools import chain, islice
from typing import Any

from newscrawl.extraction.fields.printed_dates import DIGITS, Printed
from newscrawl.extraction.metadata import Metadata, types_of
from newscrawl.extraction.trace import all_of, chose, each
from newscrawl.text.dates import Moment, parse_date

# Metadata names, letters only.
_PUBLISHED = (
    "articlepublishedtime",
    "ogarticlepublishedtime",
    "datepublished",
    "ogpublishedtime",
    "parselypubdate",
    "sailthrudate",
    "cxenseparserecspublishtime",
    "publishdate",
    "pubdate",
    "publicationdate",
    "publisheddate",
    "publishedat",
    "publishedtime",
    "publishedon",
    "publishtime",
    "isopublishdate",
    "dateavailable",
    "dcdateissued",
    "citationpublicationdate",
    "bepresscitationdate",
    "citationdate",
    "ogpubdate",
    "articlepublished",
    "articledateoriginal",
    "articlepublicationdate",
    "articlecreatetime",
    "ptime",
    "dcissued",
    "dctermsissued",
    "dcdatepublication",
    "articlepublisheddate",
    "ogreleasedate",
    "releasedate",
    "originalpublicationdate",
    "rnewsdatepublished",
    "citationonlinedate",
    "displaydate",
)
_CREATED = (
    "dctermscreated",
    "dcdatecreated",
    "dccreated",
    "dcdate",
    "dctermsdate",
    "datecreated",
    "date",
    "created",
    "createdat",
    "creationdate",
    "articlecreated",
    "docdate",
)
"""Names that some sites use for the time of publication and others for the file's time."""
_MODIFIED = (
    "articlemodifiedtime",
    "ogupdatedtime",
    "datemodified",
    "dcdatemodified",
    "dctermsmodified",
    "lastmodified",
    "articlemodified",
    "articleupdatedtime",
    "ogmodifiedtime",
    "modifiedtime",
    "modificationdate",
    "updatedat",
    "dateupdated",
    "revised",
    "updated",
    "modified",
    "lastmod",
    "dcmodified",
)


def _contents(metadata: Metadata, names: Iterable[str], field: str) -> Iterator[str]:
    """Yield the page's metadata under some names for a field, most likely first."""
    for letters in names:
        for name in metadata.names_by_letters.get(letters, ()):
            yield from each(field, f"meta {name}", metadata.metas[name])


_DATES_IN_URL = (
    re.compile(r"(?<!\d)(?P<y>(?:19|20)\d\d)([/_-]?)(?P<m>\d\d)\2(?P<d>\d\d)(?!\d)"),
    re.compile(r"/(?P<y>(?:19|20)\d\d)/(?P<m>\d\d?|[a-z]{3,9})/(?P<d>\d\d?)(?=/)"),
    re.compile(r"/(?P<d>\d\d)([/-])(?P<m>\d\d)\2(?P<y>(?:19|20)\d\d)(?=[/.-]|$)"),
)
_NO_ARTICLE = ("Comment", "Review", "UserReview", "Event", "JobPosting", "WebSite")


def published(
    metadata: Metadata,
    printed: Printed,
    zone: tzinfo | None,
    wanted: datetime | None,
) -> Moment | None:
    """Choose the time of first publication; near the wanted one when there are several.

    Without a zone, the offset in a value applies. A value in UTC gets the offset by which it equals
    the printed time, or is on the printed day. For a day without a time, the printed time is used.
    """
    chosen: Moment | None = None
    first: Moment | None = None
    for value in all_of(_published_values(metadata, printed)):
        moment = read_moment(value, zone)
        if moment is None or not _possible(moment):
            continue
        if zone is None and isinstance(value, str) and _IN_UTC.search(value):
            moment = _as_printed(moment, metadata, printed)
        if isinstance(value, str) and (other := _day_and_month_exchanged(value, moment)):
            near = [wanted] if wanted else _certain_days(metadata, printed, zone)
            moment = _likelier(moment, other, near)
        if chosen:
            if moment.precision == "second" and moment.when.date() == chosen.when.date():
                chose("published", "the first possible day, with the time of another source")
                return moment
        elif wanted is None or abs((moment.when.date() - wanted.date()).days) <= 1:
            if moment.precision == "second":
                chose("published", "the first possible time" + (" near the copy's" * bool(wanted)))
                return moment
            chosen = moment
        first = first or moment
    reason = f"the first possible day{' near the copy' * bool(wanted)}; no source has its time"
    chose("published", reason if chosen else "the first possible date, though not near the copy's")
    return chosen or first or _last_resort(metadata, printed, zone)


# A date in numbers that may begin with the day or with the month.
_NUMBERS = re.compile(r"^\s*([01]?\d)\s?[/.-]\s?([01]?\d)\s?[/.-]\s?(?:19|20)\d\d(?!\d)")


def _day_and_month_exchanged(value: str, moment: Moment) -> Moment | None:
    """Return the other meaning of a date in numbers; ``None`` when it has one only."""
    match = _NUMBERS.match(value)
    if match is None or match[1] == match[2] or max(int(match[1]), int(match[2])) > 12:
        return None
    when = moment.when
    return Moment(when.replace(month=when.day, day=when.month), moment.precision)


def _certain_days(metadata: Metadata, printed: Printed, zone: tzinfo | None) -> list[datetime]:
    """List the other days of a page that have one meaning."""
    values = [
        *_published_values(metadata, printed),
        *_dates_in_urls(metadata),
        *_modified_values(metadata),
    ]
    moments = ((value, read_moment(value, zone)) for value in values)
    return [
        moment.when
        for value, moment in moments
        if moment and not (isinstance(value, str) and _day_and_month_exchanged(value, moment))
    ]


def _likelier(moment: Moment, other: Moment, near: Iterable[datetime]) -> Moment:
    """Return the one of two meanings that is a day of some others, or one day off."""
    for meaning in (moment, other):
        if any(abs((meaning.when.date() - day.date()).days) <= 1 for day in near):
            return meaning
    return other if moment.when > datetime.now(UTC) + _DAY >= other.when else moment


_IN_UTC = re.compile(r":\d\d?(?:\.\d+)?\s?(?:Z|[+-]00:?00|GMT|UTC)\s*$")
_MOST_SHOWN = 4


def _as_printed(moment: Moment, metadata: Metadata, printed: Printed) -> Moment:
    """Convert a time in UTC to the page's offset, declared or implied by its printed dates."""
    if moment.precision != "second":
        return moment
    said = set(printed.announced_as("published"))
    declared = _contents(metadata, _CREATED, "published")
    for text in (*declared, *islice(printed.all, _MOST_SHOWN)):
        other = read_moment(text, None)
        if other is None or (other.precision == "day" and text not in said):
            continue
        if offset := _offset_between(moment, other):
            return Moment(moment.when.astimezone(timezone(offset)), "second")
    return moment


_QUARTER = timedelta(minutes=15)
_WEST, _EAST = timedelta(hours=-12), timedelta(hours=14)


def _offset_between(moment: Moment, said: Moment) -> timedelta | None:
    """Return the offset by which a time in UTC equals another one; ``None`` if there is none."""
    if (offset := said.when.utcoffset()) and abs(said.when - moment.when) < _QUARTER:
        return offset
    if said.precision == "second":
        ahead = said.when.replace(tzinfo=UTC) - moment.when.replace(second=0)
        return ahead if not ahead % _QUARTER and _WEST <= ahead <= _EAST else None
    days = (said.when.date() - moment.when.date()).days
    # The smallest offset in whole hours by which the time is on that day.
    least = timedelta(hours=24 - moment.when.hour if days == 1 else -1 - moment.when.hour)
    return least if abs(days) == 1 and _WEST <= least <= _EAST else None


_OFFSET = re.compile(r":\d\d(?:\.\d+)?\s?([+-])(\d\d):?(\d\d)\s*$")


def read_moment(value: str | float, zone: tzinfo | None) -> Moment | None:
    """Parse a date in a zone; without one, with its own offset, else UTC."""
    if zone is None and isinstance(value, str) and (match := _OFFSET.search(value)):
        offset = timedelta(hours=int(match[2]), minutes=int(match[3]))
        if offset < timedelta(hours=24):
            zone = timezone(offset if match[1] == "+" else -offset)
    return parse_date(value, zone or UTC)


def _possible(moment: Moment) -> bool:
    """Return whether a time is plausible: neither the start of an epoch nor years ahead."""
    when = moment.when
    return (
        abs(when.timestamp()) > 2 * _DAY.total_seconds()
        and (when.year, when.month, when.day) not in _NULL_DAYS
        and when.year <= datetime.now(UTC).year + 1
    )


_NULL_DAYS = frozenset(((1900, 1, 1), (1899, 12, 30), (1899, 12, 31)))
"""Days that databases and spreadsheets count from."""


def _published_values(metadata: Metadata, printed: Printed) -> Iterator[str | float]:
    yield from _kept(metadata, printed)
    for name in ("datePublished", "dateCreated", "uploadDate"):
        if value := metadata.article.get(name):
            yield from each("published", f"JSON-LD {name}", scalars(value))
    yield from _contents(metadata, _PUBLISHED, "published")
    if value := metadata.webpage.get("datePublished"):
        yield from each("published", "JSON-LD of the page", scalars(value))
    if created := list(_contents(metadata, _CREATED, "published")):
        yield from printed.announced_as("published")
        yield from created
    yield from each("published", "printed as published", printed.announced_as("published"))
    yield from each("published", "printed", printed.announced_as(None))


def _kept(metadata: Metadata, printed: Printed) -> Iterator[str]:
    """Yield the original date that a page prints although it declares a change as publication.

    Such a page declares no change after its publication, and prints only an earlier day. News
    articles are excluded: their printed dates more often refer to something else.
    """
    if "NewsArticle" in types_of(metadata.article):
        return
    stated, changed = (
        next(map(_day_of, scalars(metadata.article.get(name))), None)
        for name in ("datePublished", "dateModified")
    )
    if stated and changed and changed.when.date() <= stated.when.date():
        dates = chain(printed.announced_as("published"), printed.announced_as(None))
        text = next(dates, "")
        said = parse_date(text, UTC) if len(text) < _LONGEST_DATE and _NAME.search(text) else None
        if said and stated.when - said.when > 2 * _DAY:
            yield text


_LONGEST_DATE = 20
_NAME = re.compile(r"[^\W\d_]{3}")  # of a month: numbers may be month first


def _day_of(value: str | float) -> Moment | None:
    return parse_date(value, UTC)


def _last_resort(metadata: Metadata, printed: Printed, zone: tzinfo | None) -> Moment | None:
    """Return the date of another object of the page, of its URL, or of its last change."""
    values: list[str | float] = []
    for node in metadata.nodes:
        other = (
            set(types_of(node)).intersection(_NO_ARTICLE) or metadata.is_about_page(node) is False
        )
        if "datePublished" in node and not other:
            values += scalars(node["datePublished"])
    values += _dates_in_urls(metadata)
    chose("published", "no other date: another object of the page, its URL or its last change")
    return (
        _first_possible(each("published", "last resort", values), zone)
        or _first_possible(printed.marked(), zone)
        or modified(metadata, printed, zone)
    )


def _dates_in_urls(metadata: Metadata) -> Iterator[str]:
    """Yield the dates in the page's URLs, in forms that have one meaning."""
    for url in (metadata.url, metadata.canonical or ""):
        for form in _DATES_IN_URL:
            for match in form.finditer(url):
                named = match["m"].isalpha()
                yield "-".join(match.group("d", "m", "y") if named else match.group("y", "m", "d"))


_DAY = timedelta(days=1)
_MOST_DATES = 20


def scalars(value: Any) -> Iterator[str | int | float]:
    """Yield the strings and numbers of a value, including ``@value`` objects."""
    for item in value[:_MOST_DATES] if isinstance(value, list) else [value]:
        if isinstance(item, dict):
            item = item.get("@value")
        if isinstance(item, str | int | float) and not isinstance(item, bool):
            yield item


def modified(metadata: Metadata, printed: Printed, zone: tzinfo | None) -> Moment | None:
    """Choose the time of the last change."""
    values = _modified_values(metadata)
    said = each("modified", "printed as updated", printed.announced_as("updated"))
    chose("modified", "the first possible time")
    return _first_possible(each("modified", "declared", values), zone) or _first_possible(
        said, zone
    )


def _modified_values(metadata: Metadata) -> list[str | float]:
    return [
        *scalars(metadata.article.get("dateModified")),
        *_contents(metadata, _MODIFIED, "modified"),
        *scalars(metadata.webpage.get("dateModified")),
    ]


def _first_possible(values: Iterable[str | float], zone: tzinfo | None) -> Moment | None:
    for value in values:
        if (moment := read_moment(value, zone)) and _possible(moment):
            return moment
    return None


def says_date(text: str, moment: Moment) -> bool:
    """Return whether a text contains the day of a timestamp."""
    if len(text) > 80 or not DIGITS.search(text):
        return False
    said = parse_date(text, moment.when.tzinfo or UTC)
    return said is not None and said.when.date() == moment.when.date()
