"""What extraction finds on an outlet's page."""

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
    """The body: plain text, NFC, paragraphs and sub-headings parted by one blank line."""
    lead: str | None = None
    """Standfirst or summary the page declares."""
    authors: list[str] = field(default_factory=list)
    """People and desks as printed, cleaned of words like "Par" and "بقلم"."""
    published: datetime | None = None
    """First publication, with its offset."""
    published_precision: Literal["day", "second"] | None = None
    """How exact ``published`` is."""
    modified: datetime | None = None
    """Last change the page declares, with its offset."""
    section: str | None = None
    """The outlet's rubric."""
    tags: list[str] = field(default_factory=list)
    """Keywords the page declares."""
    images: list[Image] = field(default_factory=list)
    """Pictures of the article."""
    canonical: str | None = None
    """The page's own canonical URL, absolute."""
    language: str | None = None
    """ISO 639 code that the page declares and its script does not contradict."""
    rule: str | None = None
    """How the body was found: ``guided`` by the copy, ``json-ld`` by the page's own articleBody,
    ``prose`` by its look, ``embedded`` in a script, ``general`` by trafilatura, or the name of a
    learned rule. ``None`` when there is none."""
    agreement: Agreement = field(default_factory=Agreement)
    """How far the page says what the copy says; all ``None`` without a copy."""
    directives: list[str] = field(default_factory=list)
    """Usage directives of the page, in the form of ``newscrawl.text.usage_directives``."""
    paywalled: bool = False
    """Whether the page declares that it is not free to read."""
