"""Record classes: the exported article with its parts, source checks, ticker headlines.

These dataclasses are the only definition of its fields. The JSON Schema, ``docs/record.md``, the
fields compared between versions and those counted in reports are derived from them. Fields are
written to the feed in the order of declaration; absent values are ``None`` or an empty list.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Annotated, Any, Literal, get_type_hints

from msgspec import Meta

SCHEMA_VERSION = 2
"""Schema version of new records."""

SCHEMA_VERSIONS = (1, 2)
"""Schema versions accepted on reading."""


class Use(Enum):
    """Annotations of a record's fields: compared between versions, counted, added later."""

    COMPARED = "compared"
    """Compared between versions: a change creates a new version of the record."""
    COUNTED = "counted"
    """Counted when filled, in run reports, monitors, metrics and the report page; for fields of
    ``Article`` itself only."""
    ADDED = "added"
    """Added to a published schema version: optional on reading."""


LinkUrl = Annotated[str, Meta(pattern=r"^(?:https?|ftp|file|data):\S+$")]
"""Source link of an article; recorded even if it is never requested."""

Url = Annotated[str, Meta(pattern=r"^https?://[^/\s]+\S*$")]
"""Absolute http or https URL, with the few characters that browsers allow beyond RFC 3986."""

Instant = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
"""Timestamp in ISO 8601 with UTC offset."""

Share = Annotated[float, Meta(ge=0, le=1)]
"""Share, from 0 to 1."""

Sha256 = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]
"""SHA-256 of the response body as received, in hexadecimal."""

Country = Annotated[str, Meta(pattern=r"^[A-Z]{2}$")]
"""ISO 3166-1 alpha-2 code."""

Precision = Literal["day", "second"]
"""Precision of a timestamp: ``day`` if only the date was printed (the time is then 00:00)."""

Edition = Literal["ar", "fr", "en"]
"""Language branch of an aggregator."""

Status = Literal[
    "ok",
    "no_link",
    "gone",
    "moved",
    "mismatch",
    "refused",
    "paywalled",
    "unreachable",
    "unsafe",
    "not_html",
    "too_large",
    "unreadable",
    "not_followed",
]
"""Outcome of following the source link."""

Flag = Literal[
    "truncated_copy",
    "stub",
    "mojibake",
    "date_conflict",
    "language_mismatch",
    "other_canonical",
    "partial_source",
]
"""Machine-readable warning about a record."""


@dataclass(slots=True)
class Image:
    """A picture of an article: URL, caption and credit."""

    url: Url = ""
    """URL of the picture."""
    caption: str | None = None
    """Caption."""
    credit: str | None = None
    """Photographer or agency."""


@dataclass(slots=True)
class Outlet:
    """The newspaper or site that published the article."""

    slug: str = ""
    """Name in the aggregator's URLs; unique only together with aggregator and edition."""
    name: Annotated[str, Use.COMPARED] = ""
    """Name as the aggregator prints it."""
    domain: str | None = None
    """Registered domain of the source link, else of the registry of outlets."""


@dataclass(slots=True)
class Copy:
    """The aggregator's version of the article, as extracted from its page."""

    title: Annotated[str | None, Use.COMPARED] = None
    """Title as printed, cleaned of markup and stray white space."""
    text: Annotated[str | None, Use.COMPARED] = None
    """Plain text, NFC; one blank line between paragraphs."""
    published: Instant | None = None
    """The printed date, in the time zone of the aggregator's country."""
    byline: str | None = None
    """Author line as printed."""
    images: list[Image] = field(default_factory=list)
    """Pictures shown with the copy."""
    truncated: Annotated[bool, Use.COMPARED] = False
    """Whether the copy ends in the aggregator's truncation mark, ``(...)``."""
    fetched: Instant | None = None
    """Time of the response, UTC."""
    sha256: Sha256 | None = None
    """SHA-256 of the page's bytes."""


@dataclass(slots=True)
class Source:
    """The outlet's version of the article, as extracted from its own page."""

    link: Annotated[LinkUrl | None, Use.COMPARED] = None
    """The link on the aggregator's page."""
    url: Url | None = None
    """Final URL, after redirects."""
    redirects: list[str] = field(default_factory=list)
    """Redirect chain from ``link`` to ``url``, ``link`` first."""
    canonical: Url | None = None
    """The page's own canonical URL."""
    status: Annotated[Status, Use.COMPARED] = "not_followed"
    """Outcome of following the link."""
    reason: str | None = None
    """Reason why the status is not ``ok``. If ``via`` is ``archive``, status and reason of the
    outlet's own page."""
    lost_since: Annotated[Instant | None, Use.ADDED] = None
    """Time when ``status`` first was not ``ok`` although an earlier version has the page, UTC; the
    fields of that version are kept."""
    http: int | None = None
    """HTTP status code of the last response."""
    directives: list[str] = field(default_factory=list)
    """Usage directives of the owner with their origin: ``robots.txt: ai-train=no``,
    ``X-Robots-Tag: noarchive``, ``meta robots: noai``, ``TDM-Reservation: 1``."""
    via: Literal["http", "browser", "archive"] | None = None
    """How the page was fetched."""
    snapshot: Instant | None = None
    """Capture time of the web archive's snapshot, UTC, if ``via`` is ``archive``."""
    rule: str | None = None
    """Extraction method of the body: ``guided`` by the copy, from ``json-ld``, as the main
    ``prose`` of the page, ``embedded`` in a script, by a ``general`` extractor, or the name of a
    rule."""
    title: str | None = None
    """The page's headline, without the site's name."""
    text: str | None = None
    """Plain text, NFC; one blank line between paragraphs."""
    published: Instant | None = None
    """First publication."""
    published_precision: Precision | None = None
    """Precision of ``published``."""
    modified: Instant | None = None
    """Last change declared by the page."""
    authors: list[str] = field(default_factory=list)
    """People and desks as printed, without labels such as "Par" and "بقلم"."""
    section: str | None = None
    """Section of the outlet."""
    tags: list[str] = field(default_factory=list)
    """Keywords declared by the page."""
    images: list[Image] = field(default_factory=list)
    """Pictures of the article."""
    language: str | None = None
    """ISO 639 code, declared by the page or detected from its text."""
    fetched: Instant | None = None
    """Time of the response, UTC."""
    sha256: Sha256 | None = None
    """SHA-256 of the page's bytes."""


@dataclass(slots=True)
class Agreement:
    """Similarity of copy and source, 0 to 1; ``null`` where one of the two is missing."""

    title: Share | None = None
    """Similarity of the two titles."""
    text: Share | None = None
    """Similarity of the two texts over the passage that the copy covers."""
    contained: Share | None = None
    """Share of the copy's text contained in the source's body."""
    days: int | None = None
    """Difference of the two dates in days, source minus copy."""


@dataclass(slots=True)
class Location:
    """File and offset of a response in the WARC archive."""

    file: str = ""
    """File name, relative to the archive directory."""
    offset: int = 0
    """Byte offset of the response's record in the file."""


@dataclass(slots=True)
class Archive:
    """Locations of the two versions' raw responses in the WARC archive."""

    copy: Location | None = None
    """The aggregator's page."""
    source: Location | None = None
    """The outlet's page."""


@dataclass(slots=True)
class Crawl:
    """Provenance of a record: the run that made it, its spider and software version."""

    job: str = ""
    """Identifier of the run, also the name of its feed and report."""
    spider: str = ""
    """Name of the spider."""
    version: str = ""
    """Version of newscrawl."""
    discovered: Instant | None = None
    """Time of discovery, UTC."""
    exported: Instant | None = None
    """Time of the record's creation, UTC."""


@dataclass(slots=True)
class Article:
    """The record of one article: best value of each field, both versions, their agreement."""

    id: Annotated[str, Meta(pattern=r"^[a-z]+:(ar|fr|en)/[^/\s]+/[0-9]+$")] = ""
    """Stable across runs and hosts: aggregator, edition, outlet slug and number."""
    schema: int = SCHEMA_VERSION
    """Schema version of the record."""
    aggregator: str = ""
    """Name of the aggregator's site."""
    country: Country = ""
    """The aggregator's country, ISO 3166-1."""
    edition: Edition = "ar"
    """Language branch of the aggregator; only a hint at the language."""
    url: Url = ""
    """Canonical URL of the aggregator's page."""
    outlet: Outlet = field(default_factory=Outlet)
    """Outlet that published the article."""
    title: Annotated[Annotated[str, Meta(min_length=1)] | None, Use.COMPARED, Use.COUNTED] = None
    """Best title of the two versions."""
    text: Annotated[Annotated[str, Meta(min_length=1)] | None, Use.COMPARED, Use.COUNTED] = None
    """Best text of the two versions: plain, NFC, one blank line between paragraphs."""
    lead: Annotated[str | None, Use.COMPARED, Use.COUNTED] = None
    """Standfirst or summary declared by the source."""
    authors: Annotated[list[str], Use.COMPARED, Use.COUNTED] = field(default_factory=list)
    """People and desks as printed, without labels such as "Par" and "بقلم"."""
    section: Annotated[str | None, Use.COMPARED, Use.COUNTED] = None
    """Section of the outlet."""
    tags: Annotated[list[str], Use.COMPARED, Use.COUNTED] = field(default_factory=list)
    """Keywords declared by the source."""
    images: Annotated[list[Image], Use.COMPARED, Use.COUNTED] = field(default_factory=list)
    """Pictures of the article."""
    published: Annotated[Instant | None, Use.COMPARED, Use.COUNTED] = None
    """First publication, with the UTC offset of the outlet's time zone."""
    published_precision: Precision | None = None
    """Precision of ``published``."""
    modified: Annotated[Instant | None, Use.COMPARED, Use.COUNTED] = None
    """Last change declared by the source."""
    language: Annotated[str | None, Use.COMPARED, Use.COUNTED] = None
    """ISO 639 code, detected from the text."""
    origin: Annotated[Literal["source", "aggregator"], Use.COMPARED] = "aggregator"
    """Version that ``title`` and ``text`` were taken from."""
    copy: Copy = field(default_factory=Copy)
    """The aggregator's version."""
    source: Source = field(default_factory=Source)
    """The outlet's version."""
    agreement: Agreement = field(default_factory=Agreement)
    """Agreement of the two versions."""
    flags: list[Flag] = field(default_factory=list)
    """Machine-readable warnings."""
    duplicate_of: str | None = None
    """Identifier of the first article with the same text."""
    archive: Archive | None = None
    """Locations of the raw responses."""
    version: int = 1
    """Version number of the article's record, from 1."""
    changed: list[str] = field(default_factory=list)
    """Compared fields that differ from the previous version."""
    crawl: Crawl = field(default_factory=Crawl)
    """The run that made the record."""


SourceState = Literal["alive", "gone", "moved", "replaced", "emptied", "walled", "away", "unknown"]
"""State of a source at a check: ``replaced`` by another article, ``emptied`` of at least half of
its text, ``walled`` off by a paywall or a refusal, ``away`` with its host."""


SOURCE_STATES: dict[Status, SourceState] = {
    "ok": "alive",
    "gone": "gone",
    "moved": "moved",
    "mismatch": "replaced",
    "paywalled": "walled",
    "refused": "walled",
    "unreachable": "away",
}
"""State of a source by its status; for other statuses it is ``unknown``."""


@dataclass(slots=True, kw_only=True)
class SourceCheck:
    """Result of fetching an exported article's source again."""

    id: str
    """Identifier of the article."""
    link: str
    """Source link of the record."""
    published: str
    """First publication, as in the record."""
    checked: str
    """Time of the check, UTC."""
    state: SourceState
    """State of the source."""
    status: Status
    """Outcome of following the link."""
    reason: str | None
    """Reason why the status is not ``ok``."""
    http: int | None
    """HTTP status code of the last response; 304 if the page is unchanged since the last
    check, whose ``agreement`` and ``words`` are repeated."""
    url: str | None
    """Final URL, after redirects."""
    agreement: float | None
    """Similarity of the copy and the text found, as ``agreement.text``."""
    words: int | None
    """Number of words of the text found."""


@dataclass(slots=True)
class Headline:
    """A headline of the aggregator's ticker, with the times it was seen."""

    title: str = ""
    """The headline."""
    url: Url | None = None
    """URL of the article."""
    first_seen: Instant | None = None
    """First seen by the run, UTC."""
    last_seen: Instant | None = None
    """Last seen by the run, UTC."""


@cache
def marked(use: Use, record: type = Article) -> tuple[str, ...]:
    """Return the paths of the fields with a mark, such as ``copy.title``, in order.

    Raises:
        TypeError: ``Use.COUNTED`` marks a field of a part of the record.
    """
    paths = tuple(_marked(use, record))
    nested = [path for path in paths if "." in path]
    if use is Use.COUNTED and nested:
        raise TypeError(f"Use.COUNTED is for fields of Article itself, not for {nested[0]}")
    return paths


def _marked(use: Use, record: Any, prefix: str = "") -> Iterator[str]:
    hints = get_type_hints(record, include_extras=True)
    for member in fields(record):
        name, hint = member.name, hints[member.name]
        if use in getattr(hint, "__metadata__", ()):
            yield prefix + name
        if is_dataclass(hint):
            yield from _marked(use, hint, f"{prefix}{name}.")
