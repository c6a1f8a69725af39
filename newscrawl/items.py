"""The record: one exported article.

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
"""Version of the schema of new records."""

SCHEMA_VERSIONS = (1, 2)
"""Versions that are accepted on reading."""


class Use(Enum):
    """Marks of a field, given in its annotation: ``Annotated[str | None, Use.COMPARED]``."""

    COMPARED = "compared"
    """A change of the value makes a new version of the record."""
    COUNTED = "counted"
    """Run reports, monitors, metrics and the report page count how often it is filled."""
    ADDED = "added"
    """It was added to a published version of the schema: optional on reading."""


LinkUrl = Annotated[str, Meta(pattern=r"^(?:https?|ftp|file|data):\S+$")]
"""The link of an article: one that is never requested is recorded as well."""

Url = Annotated[str, Meta(pattern=r"^https?://[^/\s]+\S*$")]
"""An absolute http or https URL, with the few signs that browsers allow and RFC 3986 does not."""

Instant = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
"""A moment in ISO 8601 with its offset from UTC."""

Share = Annotated[float, Meta(ge=0, le=1)]
"""A part of the whole, from 0 to 1."""

Sha256 = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]
"""SHA-256 of the response body as received, in hexadecimal."""

Country = Annotated[str, Meta(pattern=r"^[A-Z]{2}$")]
"""An ISO 3166-1 alpha-2 code."""

Precision = Literal["day", "second"]
"""How exact a moment is: ``day`` when only the date was printed (the time is then 00:00)."""

Edition = Literal["ar", "fr", "en"]
"""A language branch of an aggregator."""

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
"""What became of the link to the outlet's own page."""

Flag = Literal[
    "truncated_copy",
    "stub",
    "mojibake",
    "date_conflict",
    "language_mismatch",
    "other_canonical",
]
"""A doubt about a record that a machine can act on."""


@dataclass(slots=True)
class Image:
    """A picture that belongs to an article."""

    url: Url = ""
    """Where the picture lies."""
    caption: str | None = None
    """What is printed under it."""
    credit: str | None = None
    """The photographer or agency named with it."""


@dataclass(slots=True)
class Outlet:
    """The newspaper or site that wrote the article."""

    slug: str = ""
    """Its name in the aggregator's URLs; unique only together with aggregator and edition."""
    name: Annotated[str, Use.COMPARED] = ""
    """Its name as the aggregator prints it."""
    domain: str | None = None
    """Registered domain of the source link, else of the registry of outlets."""


@dataclass(slots=True)
class Copy:
    """The aggregator's text of the article, as read."""

    title: Annotated[str | None, Use.COMPARED] = None
    """Title as printed, cleaned of markup and stray white space."""
    text: Annotated[str | None, Use.COMPARED] = None
    """Plain text, NFC; paragraphs are parted by one blank line."""
    published: Instant | None = None
    """The printed date, in the time zone of the aggregator's country."""
    byline: str | None = None
    """The author line as printed."""
    images: list[Image] = field(default_factory=list)
    """Pictures shown with the copy."""
    truncated: Annotated[bool, Use.COMPARED] = False
    """Whether the copy ends in the aggregator's mark of a cut, ``(...)``."""
    fetched: Instant | None = None
    """When the page was received, UTC."""
    sha256: Sha256 | None = None
    """Digest of the page's bytes."""


@dataclass(slots=True)
class Source:
    """The outlet's own page, as read."""

    link: Annotated[LinkUrl | None, Use.COMPARED] = None
    """The link on the aggregator's page."""
    url: Url | None = None
    """The URL that answered, after redirects."""
    redirects: list[str] = field(default_factory=list)
    """URLs passed on the way from ``link`` to ``url``, ``link`` first."""
    canonical: Url | None = None
    """The page's own canonical URL."""
    status: Annotated[Status, Use.COMPARED] = "not_followed"
    """What became of the link."""
    reason: str | None = None
    """Why the status is not ``ok``: the error or rule in a few words. If ``via`` is ``archive``,
    status and reason of the outlet's own page."""
    lost_since: Annotated[Instant | None, Use.ADDED] = None
    """When ``status`` was first not ``ok`` although an earlier version has the page, UTC; what was
    extracted from the page is then kept."""
    http: int | None = None
    """HTTP status code of the last answer."""
    directives: list[str] = field(default_factory=list)
    """What the owner says of use by machines, and where: ``robots.txt: ai-train=no``,
    ``X-Robots-Tag: noarchive``, ``meta robots: noai``, ``TDM-Reservation: 1``."""
    via: Literal["http", "browser", "archive"] | None = None
    """How the page was fetched."""
    snapshot: Instant | None = None
    """When the snapshot was taken that was read, UTC, if ``via`` is ``archive``."""
    rule: str | None = None
    """How the body was found: ``guided`` by the copy, by the page's own ``json-ld``, as the
    ``prose`` that stands out, ``embedded`` in a script, by a ``general`` extractor, or the name of
    a rule."""
    title: str | None = None
    """The page's headline, without the site's name."""
    text: str | None = None
    """Plain text, NFC; paragraphs are parted by one blank line."""
    published: Instant | None = None
    """First publication."""
    published_precision: Precision | None = None
    """How exact ``published`` is."""
    modified: Instant | None = None
    """Last change the page declares."""
    authors: list[str] = field(default_factory=list)
    """People and desks as printed, cleaned of words like "Par" and "بقلم"."""
    section: str | None = None
    """The outlet's rubric."""
    tags: list[str] = field(default_factory=list)
    """Keywords the page declares."""
    images: list[Image] = field(default_factory=list)
    """Pictures of the article."""
    language: str | None = None
    """ISO 639 code the page declares or its text shows."""
    fetched: Instant | None = None
    """When the page was received, UTC."""
    sha256: Sha256 | None = None
    """Digest of the page's bytes."""


@dataclass(slots=True)
class Agreement:
    """How far copy and source say the same; ``null`` where one of the two is missing."""

    title: Share | None = None
    """Likeness of the two titles."""
    text: Share | None = None
    """Likeness of the two texts, both ways, over the stretch that the copy covers."""
    contained: Share | None = None
    """Share of the copy's text that is found in the source's body."""
    days: int | None = None
    """Days between the two dates, source minus copy."""


@dataclass(slots=True)
class Location:
    """A response in an archive file."""

    file: str = ""
    """File name, relative to the archive directory."""
    offset: int = 0
    """Byte offset of the response's record in the file."""


@dataclass(slots=True)
class Archive:
    """Where the raw responses of both copies lie."""

    copy: Location | None = None
    """The aggregator's page."""
    source: Location | None = None
    """The outlet's page."""


@dataclass(slots=True)
class Crawl:
    """The run that made the record."""

    job: str = ""
    """Identifier of the run; also the name of its feed and report."""
    spider: str = ""
    """Name of the spider."""
    version: str = ""
    """Version of newscrawl."""
    discovered: Instant | None = None
    """When the article was first found, UTC."""
    exported: Instant | None = None
    """When the record was written, UTC."""


@dataclass(slots=True)
class Article:
    """One article: the best value of each field, both copies, and how far to trust them."""

    id: Annotated[str, Meta(pattern=r"^[a-z]+:(ar|fr|en)/[^/\s]+/[0-9]+$")] = ""
    """Stable across runs and hosts: aggregator, edition, outlet slug and number."""
    schema: int = SCHEMA_VERSION
    """Version of the schema that the record follows."""
    aggregator: str = ""
    """Name of the aggregator's site."""
    country: Country = ""
    """The aggregator's country, ISO 3166-1."""
    edition: Edition = "ar"
    """Language branch of the aggregator; a hint at the language, not more."""
    url: Url = ""
    """Canonical URL of the aggregator's page."""
    outlet: Outlet = field(default_factory=Outlet)
    """Who wrote the article."""
    title: Annotated[Annotated[str, Meta(min_length=1)] | None, Use.COMPARED, Use.COUNTED] = None
    """The best title of the two copies."""
    text: Annotated[Annotated[str, Meta(min_length=1)] | None, Use.COMPARED, Use.COUNTED] = None
    """The best text: plain, NFC, paragraphs parted by one blank line."""
    lead: Annotated[str | None, Use.COMPARED, Use.COUNTED] = None
    """Standfirst or summary the source declares."""
    authors: Annotated[list[str], Use.COMPARED, Use.COUNTED] = field(default_factory=list)
    """People and desks as printed, cleaned of words like "Par" and "بقلم"."""
    section: Annotated[str | None, Use.COMPARED, Use.COUNTED] = None
    """The outlet's rubric."""
    tags: Annotated[list[str], Use.COMPARED, Use.COUNTED] = field(default_factory=list)
    """Keywords the source declares."""
    images: Annotated[list[Image], Use.COMPARED, Use.COUNTED] = field(default_factory=list)
    """Pictures of the article."""
    published: Annotated[Instant | None, Use.COMPARED, Use.COUNTED] = None
    """First publication, with the offset of the outlet's own time zone at that moment."""
    published_precision: Precision | None = None
    """How exact ``published`` is."""
    modified: Annotated[Instant | None, Use.COMPARED, Use.COUNTED] = None
    """Last change the source declares."""
    language: Annotated[str | None, Use.COMPARED, Use.COUNTED] = None
    """ISO 639 code, detected from the text."""
    origin: Annotated[Literal["source", "aggregator"], Use.COMPARED] = "aggregator"
    """Which copy ``title`` and ``text`` were taken from."""
    copy: Copy = field(default_factory=Copy)
    """The aggregator's copy as read."""
    source: Source = field(default_factory=Source)
    """The outlet's own page as read."""
    agreement: Agreement = field(default_factory=Agreement)
    """How far the two copies agree."""
    flags: list[Flag] = field(default_factory=list)
    """Doubts that a machine can act on."""
    duplicate_of: str | None = None
    """Identifier of the first article with the same text."""
    archive: Archive | None = None
    """Where the raw responses lie."""
    version: int = 1
    """1 when the article was first exported, one more each time it was exported again."""
    changed: list[str] = field(default_factory=list)
    """Fields in which this version differs from the one before, as far as those are compared."""
    crawl: Crawl = field(default_factory=Crawl)
    """The run that made the record."""


@dataclass(slots=True)
class Headline:
    """A line of the aggregator's ticker, as seen during one run."""

    title: str = ""
    """The headline."""
    url: Url | None = None
    """Where it leads."""
    first_seen: Instant | None = None
    """When this run first saw it, UTC."""
    last_seen: Instant | None = None
    """When this run last saw it, UTC."""


@cache
def marked(use: Use, record: type = Article) -> tuple[str, ...]:
    """Return the paths of a record's fields with a mark, such as ``copy.title``, in order."""
    return tuple(_marked(use, record))


def _marked(use: Use, record: Any, prefix: str = "") -> Iterator[str]:
    hints = get_type_hints(record, include_extras=True)
    for member in fields(record):
        name, hint = member.name, hints[member.name]
        if use in getattr(hint, "__metadata__", ()):
            yield prefix + name
        if is_dataclass(hint):
            yield from _marked(use, hint, f"{prefix}{name}.")
