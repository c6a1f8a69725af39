"""Result of the extraction of an outlet's page."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from newscrawl.items import Agreement, Image


@dataclass(slots=True)
class SourcePage:
    """Fields extracted from an outlet's page, and their agreement with the copy."""

    title: str | None = None
    """The headline, without the site's name."""
    text: str | None = None
    """The body: plain text, NFC, paragraphs and sub-headings separated by one blank line."""
    lead: str | None = None
    """Standfirst or summary declared by the page."""
    authors: list[str] = field(default_factory=list)
    """People and desks as printed, cleaned of words like "Par" and "بقلم"."""
    published: datetime | None = None
    """First publication, with UTC offset."""
    published_precision: Literal["day", "second"] | None = None
    """How exact ``published`` is."""
    modified: datetime | None = None
    """Last change declared by the page, with UTC offset."""
    section: str | None = None
    """The outlet's rubric."""
    tags: list[str] = field(default_factory=list)
    """Keywords the page declares."""
    images: list[Image] = field(default_factory=list)
    """Pictures of the article."""
    canonical: str | None = None
    """The page's own canonical URL, absolute."""
    language: str | None = None
    """ISO 639 code declared by the page, unless its script contradicts it."""
    rule: str | None = None
    """Extraction method of the body: ``guided`` by the copy, ``json-ld`` by the page's articleBody,
    ``prose`` by layout, ``embedded`` in a script, ``general`` by trafilatura, or the name of a
    learned rule. ``None`` without a body."""
    agreement: Agreement = field(default_factory=Agreement)
    """Similarity of the page and the copy; all ``None`` without a copy."""
    directives: list[str] = field(default_factory=list)
    """Usage directives of the page, in the form of ``newscrawl.text.usage_directives``."""
    paywalled: bool = False
    """Whether the page declares that it is not free to read."""
