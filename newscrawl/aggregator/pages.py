"""Results of the aggregator parsers: article page, listing and RSS entry.

They are apart from their parsers, which a crawl leaves to its worker processes.
"""

from dataclasses import dataclass, field, replace
from typing import Any, Literal

from newscrawl.aggregator.urls import ArticleKey
from newscrawl.items import Headline, Image
from newscrawl.text.dates import Moment

PageFlag = Literal["truncated_copy", "stub", "mojibake", "other_canonical"]
"""Doubt about a copy: cut, only a reference to the text, letters lost to a wrong encoding, or a
page that declares itself to be another article."""


@dataclass(slots=True)
class AggregatorPage:
    """An article as printed on the aggregator's page."""

    key: ArticleKey
    """Its identity, from the URL."""
    title: str
    """Title as printed."""
    text: str
    """Plain text, NFC; paragraphs are separated by one blank line. A truncation mark is kept."""
    outlet_name: str | None = None
    """The outlet's name as printed in the published-in line."""
    published: Moment | None = None
    """The printed date, in the time zone of the aggregator's country; it has no time of day."""
    byline: str | None = None
    """The author line as printed."""
    images: list[Image] = field(default_factory=list)
    """Pictures shown with the article."""
    thumbnail: str | None = None
    """URL of its small picture."""
    source_link: str | None = None
    """Target of the source-link line: the outlet's own page."""
    truncated: bool = False
    """Whether the text ends in the aggregator's truncation mark."""
    stub: bool = False
    """Whether the text ends by referring the reader elsewhere for the rest."""
    headlines: list[Headline] = field(default_factory=list)
    """The ticker's distinct headlines, in order, with their links."""
    flags: list[PageFlag] = field(default_factory=list)
    """Doubts about the copy."""
    _page: Any = field(default=None, repr=False, compare=False)
    """The page's lines, from which its links are computed."""

    def alone(self) -> "AggregatorPage":
        """Return a copy without the parsed page, which is needed only for ``links``."""
        return replace(self, _page=None)

    @property
    def outlet_slug(self) -> str:
        """The outlet's name in the aggregator's URLs."""
        return self.key.outlet

    @property
    def links(self) -> list[ArticleKey]:
        """Other articles that the page links to, in order; computed on demand."""
        found = self._page.articles() if self._page else ()
        return list(dict.fromkeys(other for other in found if other != self.key))


@dataclass(slots=True)
class ListingEntry:
    """One article in a listing."""

    key: ArticleKey
    """Its identity."""
    title: str
    """Title; empty if the site prints none."""
    teaser: str | None = None
    """The beginning of its text."""
    published: Moment | None = None
    """The printed date, if the listing has one."""


@dataclass(slots=True)
class Listing:
    """Articles, next pages and other links of a listing page; empty beyond the last page."""

    entries: list[ListingEntry] = field(default_factory=list)
    """Its distinct articles in order, without those of the ticker."""
    next_pages: list[str] = field(default_factory=list)
    """URLs of further pages of the same listing, as the page links them."""
    headlines: list[Headline] = field(default_factory=list)
    """The ticker's distinct headlines, in order."""
    outlets: list[str] = field(default_factory=list)
    """Slugs of the outlets that it links to, in the same edition."""
    sections: list[str] = field(default_factory=list)
    """Sections that it links to, in the same edition."""
    authors: list[str] = field(default_factory=list)
    """Names of the authors that it links to, in the same edition."""


@dataclass(slots=True)
class FeedEntry:
    """One article in an RSS feed."""

    key: ArticleKey
    """Its identity."""
    title: str
    """Title."""
    outlet_name: str | None = None
    """The outlet's name: the network's feeds name it as the creator, never the author."""
    published: Moment | None = None
    """When it was published; feeds carry the time of day."""
    thumbnail: str | None = None
    """URL of its small picture."""
    teaser: str | None = None
    """The beginning of its text, about 300 characters, ended by ``(...)``."""
