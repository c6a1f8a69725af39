"""Jobs for parse workers (copy, listing, RSS feed, source): the page to parse, and the result.

A job is plain data, so that it can be parsed in the crawl's process or sent to a worker
(``newscrawl.articles.parse_workers``). Nothing here does I/O. Parsers are imported where they are
used: by workers, not by the crawl.
"""

from dataclasses import dataclass, field
from importlib import import_module
from typing import ClassVar

from msgspec import Struct

from newscrawl.aggregator.pages import AggregatorPage, FeedEntry, Listing
from newscrawl.aggregator.sites import Site
from newscrawl.aggregator.urls import ArticleKey
from newscrawl.articles import merge
from newscrawl.errors import FeedError, PageError
from newscrawl.extraction.rules import RuleBook
from newscrawl.items import Article, Status
from newscrawl.text.urls import registered_domain

INCOMPLETE: tuple[Status, ...] = ("unreadable", "mismatch")
"""Statuses of pages that have too little of the copy and that a browser may complete."""


@dataclass(slots=True)
class ReadCopy:
    """Result of a ``CopyJob``: the parsed aggregator page, or why it could not be parsed."""

    page: AggregatorPage | None = None
    links: list[ArticleKey] = field(default_factory=list)
    """Other articles that it links to, if requested by the job."""
    why: str = ""


@dataclass(slots=True)
class ReadListing:
    """Result of a ``ListingJob``: the parsed listing, or why it could not be parsed."""

    listing: Listing | None = None
    why: str = ""


@dataclass(slots=True)
class ReadFeed:
    """Result of a ``FeedJob``: the entries of an RSS feed, or why it could not be parsed."""

    entries: list[FeedEntry] | None = None
    why: str = ""


@dataclass(slots=True)
class ReadSource:
    """Result of a ``SourceJob``: the record with the fields of the outlet's page."""

    article: Article
    domain: str | None = None
    """The outlet whose rules the page may have changed; ``None`` if it changed none."""
    shell: bool = False
    """Whether the page has too little of the article, but a browser may render more."""
    taught: bytes = b""
    """The outlet's learned rules as JSON Lines: those known when the run began, changed by this
    page alone. ``RuleStore`` merges the pages of a run."""


class CopyJob(Struct, tag=True):
    """Job that parses an aggregator's article page."""

    url: str
    body: bytes
    content_type: str | None
    links: bool
    """Whether the articles that it links to are extracted."""

    result: ClassVar[type[ReadCopy]] = ReadCopy

    def read(self, site: Site, rules: RuleBook) -> ReadCopy:  # noqa: ARG002 - a job's signature
        """Parse the page."""
        from newscrawl.aggregator.article import read_article

        try:
            page = read_article(self.body, self.url, self.content_type)
        except PageError as error:
            return self.lost(f"expected {error.expected}")
        return ReadCopy(page.alone(), page.links if self.links else [])

    def lost(self, why: str) -> ReadCopy:
        """Return the result of a page that cannot be parsed."""
        return ReadCopy(why=why)


class ListingJob(Struct, tag=True):
    """Job that parses an aggregator's listing page."""

    url: str
    body: bytes
    content_type: str | None

    result: ClassVar[type[ReadListing]] = ReadListing

    def read(self, site: Site, rules: RuleBook) -> ReadListing:  # noqa: ARG002 - as above
        """Parse the page."""
        from newscrawl.aggregator.listing import read_listing

        try:
            return ReadListing(read_listing(self.body, self.url, self.content_type))
        except PageError as error:
            return self.lost(str(error))

    def lost(self, why: str) -> ReadListing:
        """Return the result of a page that cannot be parsed."""
        return ReadListing(why=why)


class FeedJob(Struct, tag=True):
    """Job that parses an aggregator's RSS feed."""

    url: str
    body: bytes

    result: ClassVar[type[ReadFeed]] = ReadFeed

    def read(self, site: Site, rules: RuleBook) -> ReadFeed:  # noqa: ARG002 - as above
        """Parse the feed."""
        from newscrawl.aggregator.rss import read_feed

        try:
            return ReadFeed(read_feed(self.body, self.url))
        except FeedError as error:
            return self.lost(str(error))

    def lost(self, why: str) -> ReadFeed:
        """Return the result of a feed that cannot be parsed."""
        return ReadFeed(why=why)


class SourceJob(Struct, tag=True):
    """Job that extracts an outlet's page and completes the record with it."""

    url: str
    body: bytes
    content_type: str | None
    article: Article

    result: ClassVar[type[ReadSource]] = ReadSource

    def read(self, site: Site, rules: RuleBook) -> ReadSource:
        """Complete the record; ``rules`` are not changed."""
        from newscrawl.articles.source_pages import read_source
        from newscrawl.extraction.application_shell import is_shell

        domain = registered_domain(self.url)
        own = rules.copy(domain) if domain else RuleBook()
        parsed = read_source(self.article, self.body, self.url, site, self.content_type, own)
        result = ReadSource(self.article)
        partial = "partial_source" in self.article.flags
        if parsed and (partial or self.article.source.status in INCOMPLETE):
            result.shell = is_shell(self.body, self.content_type)
        if domain and (taught := own.taught(domain)) != rules.taught(domain):
            result.domain, result.taught = domain, taught
        return result

    def lost(self, why: str) -> ReadSource:
        """Complete the record from its copy alone."""
        merge.without_source(self.article, "unreadable", why)
        return ReadSource(self.article)


_PARSERS = (
    "newscrawl.aggregator.article",
    "newscrawl.aggregator.listing",
    "newscrawl.aggregator.rss",
    "newscrawl.articles.source_pages",
    "newscrawl.extraction.application_shell",
)


def import_parsers() -> None:
    """Import the jobs' modules in advance, so that they do not count towards a page's limits."""
    for name in _PARSERS:
        import_module(name)


AnyJob = CopyJob | ListingJob | FeedJob | SourceJob
"""Every kind of job."""
