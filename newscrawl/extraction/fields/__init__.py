"""Extract each field of an article: choose among the values that the page offers."""

from typing import Protocol

from newscrawl.extraction.fields.authors import authors
from newscrawl.extraction.fields.dates import (
    modified,
    published,
    read_moment,
    says_date,
)
from newscrawl.extraction.fields.images import images
from newscrawl.extraction.fields.language import language
from newscrawl.extraction.fields.lead import lead
from newscrawl.extraction.fields.names import SiteNames
from newscrawl.extraction.fields.printed_dates import DIGITS, Printed
from newscrawl.extraction.fields.section_tags import section, tags
from newscrawl.extraction.fields.title import title

__all__ = [
    "DIGITS",
    "CopyLike",
    "Printed",
    "SiteNames",
    "authors",
    "images",
    "language",
    "lead",
    "modified",
    "published",
    "read_moment",
    "says_date",
    "section",
    "tags",
    "title",
]


class CopyLike(Protocol):
    """Attributes of a copy that extraction uses; ``published`` is optional."""

    @property
    def title(self) -> str | None:
        """Title of the copy."""

    @property
    def text(self) -> str | None:
        """Text of the copy."""
