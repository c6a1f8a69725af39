"""Discovery: where a crawl finds its articles (the ledger, arguments, listings and RSS feeds)."""

import logging
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.http import Request, Response
from twisted.python.failure import Failure

from newscrawl.aggregator.sites import Site
from newscrawl.aggregator.urls import (
    ArticleKey,
    author_url,
    feed_url,
    home_url,
    listing_url,
    parse_article_id,
)
from newscrawl.articles import responses, source_status
from newscrawl.articles.parse_jobs import FeedJob, ListingJob
from newscrawl.articles.parse_workers import Parser
from newscrawl.extensions.signals import headlines_seen
from newscrawl.fetching.hosts import Hosts
from newscrawl.spiders.arguments import Arguments
from newscrawl.spiders.callbacks import Results, guarded
from newscrawl.state import Entry
from newscrawl.state.run import Run, now
from newscrawl.text.dates import Moment
from newscrawl.text.urls import host as host_of

if TYPE_CHECKING:
    from newscrawl.aggregator.listing import Listing
    from newscrawl.items import Edition, Headline

logger = logging.getLogger(__name__)

_QUEUED = 100
"""First requests that wait in the scheduler at most."""

_UNFINISHED_FIRST = 1000
"""Articles of an interrupted run that are requested before anything new."""


@dataclass(slots=True)
class Walk:
    """A listing that is followed page by page."""

    name: str
    """URL of its first page."""
    until_known: bool = False
    """Whether it ends where nothing is new, as another walk continues an interrupted one."""
    pages: int = 0
    """Pages parsed so far."""
    seen: set[int] = field(default_factory=set)
    """Hashes of the pages' entries: a page that is repeated ends the walk."""


@dataclass(slots=True)
class ListingPage:
    """A page of a walk; without dates of its own, its next pages wait for those of its articles."""

    walk: Walk
    """The listing."""
    following: list[str] = field(default_factory=list)
    """URLs of the next pages, if they wait."""
    pending: int = 0
    """Articles whose pages are not parsed yet."""
    too_old: int = 0
    """Articles before ``since``."""
    wanted: int = 0
    """Articles not before ``since``."""


class Discovery:
    """The first requests of a crawl, its listings, and the articles that they lead to.

    Args:
        crawler: Of the running spider.
        site: The aggregator.
        arguments: Which articles are wanted.
        run: Whose ledger is used.
        parser: Parses the listings and feeds.
        article_request: Returns the request for an article, given the time of discovery (``None``
            if it may not exist) and the listing page that led to it.
    """

    def __init__(
        self,
        crawler: Crawler,
        site: Site,
        arguments: Arguments,
        run: Run,
        parser: Parser,
        article_request: Callable[[ArticleKey, str | None, ListingPage | None], Request],
    ) -> None:
        self.crawler = crawler
        self.away: str | None = None
        """Why the site is not asked any more in this run; ``None`` while it is."""
        self._site = site
        self._arguments = arguments
        self._run = run
        self._parser = parser
        self._article_request = article_request
        self._attempts = crawler.settings.getint("ARTICLE_MAX_ATTEMPTS")
        self._max_pages = crawler.settings.getint("LISTING_MAX_PAGES")
        self._queued = Hosts.of(crawler).queued
        self._outlets_met: set[tuple[Edition, str]] = set()
        self._requested: set[str] = set()
        self._found = 0

    # --- First requests --------------------------------------------------------------------------

    async def start(self) -> AsyncIterator[Request]:
        """Yield the first requests, no faster than the site's queue is worked off."""
        host = host_of(self._site.url())
        requests = self._first_requests()
        while True:
            while self._queued[host] >= _QUEUED:
                # Sent whenever the engine asks for a request and no host is free.
                await self.crawler.signals.wait_for(signals.scheduler_empty)
            # Checked before the next request is made, as that claims its article.
            if self.away or (request := next(requests, None)) is None:
                return
            yield request

    def _first_requests(self) -> Iterator[Request]:
        chosen = self._arguments
        if chosen.urls or chosen.ids:
            return self._chosen()
        unfinished = self._unfinished()
        listings = self._listings() if chosen.revisit != "only" else ()
        return chain(islice(unfinished, _UNFINISHED_FIRST), listings, unfinished)

    def _unfinished(self) -> Iterator[Request]:
        """Articles that earlier runs left unfinished or that are due, in order of discovery."""
        chosen = self._arguments
        articles = self._run.ledger.articles.adopt(
            self._site.name,
            self._run.job,
            now(),
            editions=chosen.editions,
            outlets=chosen.outlets,
            due=chosen.revisit != "no",
            # A record without its source must not replace one that has it or waits for it.
            exported=chosen.follow,
        )
        # Without room nothing more is adopted: this run would not request it.
        while self.room != 0 and (adopted := next(articles, None)):
            article, found = adopted
            self._found += 1
            yield self._article_request(parse_article_id(article), found, None)

    def _chosen(self) -> Iterator[Request]:
        """Articles that the arguments ``urls`` and ``ids`` name.

        Those without a record come first, so that a list that was stopped continues where it was.
        """
        for again in (False, True):
            for key in self._arguments.urls:
                if self.room == 0:
                    return
                found = now()
                if self.enter([key], found, again=again):
                    yield self._article_request(key, found, None)
        if self._arguments.ids:
            yield from self._candidates()

    def _candidates(self) -> Iterator[Request]:
        """Articles of the argument ``ids``, which may or may not exist."""
        (edition,) = self._arguments.editions
        for numbers in self._arguments.ids:
            for number in numbers:
                if self.room == 0:
                    return
                key = ArticleKey(self._site.name, edition, numbers.outlet, number)
                if self._run.ledger.articles.is_settled(key.id):
                    self._count("known")
                else:
                    yield self._article_request(key, None, None)

    def _listings(self) -> Iterator[Request]:
        """Listings and feeds to start from, and the next pages of interrupted walks."""
        chosen = self._arguments
        interrupted = self._run.ledger.discovery.walks_left(self._site.name)
        walked: list[str] = []
        for edition in chosen.editions:
            urls = [
                *(listing_url(self._site, edition, slug) for slug in chosen.outlets),
                *(listing_url(self._site, edition, slug) for slug in chosen.sections),
                *(author_url(self._site, edition, name) for name in chosen.authors),
            ]
            for url in urls:
                yield from self._listing_request(url, Walk(url, until_known=url in interrupted))
            if not urls:
                yield from self._listing_request(home_url(self._site, edition), None)
                yield from self._feed_request(feed_url(self._site, edition))
            walked += urls
        for url, following in interrupted.items():
            if url in walked:
                yield from self._listing_request(following, Walk(url))

    def _listing_request(self, url: str, walk: Walk | None) -> Iterator[Request]:
        yield from self._discovery_request(url, self.parse_listing, {"walk": walk})

    def _feed_request(self, url: str, *, unless_known: bool = False) -> Iterator[Request]:
        etag, modified = (
            self._run.ledger.discovery.validators(url) if unless_known else (None, None)
        )
        headers = {"If-None-Match": etag, "If-Modified-Since": modified}
        given = {name: value for name, value in headers.items() if value}
        yield from self._discovery_request(url, self.parse_feed, {}, given)

    def _discovery_request(
        self,
        url: str,
        callback: Callable[..., Results],
        arguments: dict[str, Any],
        headers: dict[str, str] | None = None,
    ) -> Iterator[Request]:
        """Request a page that leads to articles, unless this run has requested it."""
        if url not in self._requested:
            self._requested.add(url)
            yield Request(
                url,
                callback=callback,
                errback=self.listing_failed,
                dont_filter=True,  # filtered above
                headers=headers,
                meta={"handle_httpstatus_list": [304] if headers else []},
                cb_kwargs=arguments,
            )

    # --- Articles --------------------------------------------------------------------------------

    @property
    def all_new(self) -> bool:
        """Whether the arguments leave open which articles are wanted."""
        chosen = self._arguments
        return not (
            chosen.outlets or chosen.sections or chosen.authors or chosen.urls or chosen.ids
        )

    @property
    def room(self) -> int | None:
        """Articles that may still be found under ``limit``; ``None`` without one."""
        limit = self._arguments.limit
        return None if limit is None else max(0, limit - self._found)

    @property
    def left(self) -> int:
        """Unfinished articles of earlier runs that this run was to request and has not."""
        chosen = self._arguments
        if chosen.urls or chosen.ids:
            return 0
        return self._run.ledger.articles.count_left(
            self._site.name, self._run.job, editions=chosen.editions, outlets=chosen.outlets
        )

    def follow_links(self, key: ArticleKey, links: list[ArticleKey]) -> Iterator[Request]:
        """Request what an article's page links to, where all that is new is wanted."""
        if self.all_new:
            yield from self._take(links)
            yield from self._feeds_of([key, *links])

    def enter(self, keys: list[ArticleKey], found: str, *, again: bool = False) -> set[str]:
        """Enter articles into the ledger; return the ids of those this run has to fetch."""
        entries = [Entry(key.id, key.aggregator, key.edition, key.outlet) for key in keys]
        fresh = self._run.ledger.articles.find(
            entries, self._run.job, found, attempts=self._attempts, again=again
        )
        self._found += len(fresh)
        return set(fresh)

    def drop(self, key: ArticleKey) -> None:
        """Remove an article outside the wanted dates from the ledger."""
        self._run.ledger.articles.forget(key.id)
        self._found -= 1
        self._count("outside")

    def parsed(self, page: ListingPage | None, *, too_old: bool | None) -> Iterator[Request]:
        """Note the outcome of an article that a listing page led to; request what waits for it.

        Args:
            page: The listing page, if there is one.
            too_old: Whether the article is before ``since``; ``None`` if that is not known.
        """
        if page is None:
            return
        page.pending -= 1
        page.too_old += too_old is True
        page.wanted += too_old is False
        if page.pending == 0 and page.following:
            yield from self._next_pages(page)

    def _take(self, keys: Iterable[ArticleKey], page: ListingPage | None = None) -> list[Request]:
        """Request the articles among those discovered that this run wants and does not have."""
        chosen = self._arguments
        wanted = [
            key
            for key in keys
            if key.aggregator == self._site.name
            and key.edition in chosen.editions
            and (not chosen.outlets or key.outlet in chosen.outlets)
        ]
        return self._ask(wanted, page)

    def _ask(self, keys: list[ArticleKey], page: ListingPage | None = None) -> list[Request]:
        """Enter articles into the ledger and request those that this run has to fetch."""
        found = now()
        requests: list[Request] = []
        while keys and (room := self.room) != 0:
            batch, keys = keys[:room], keys[room:] if room else []
            fresh = self.enter(batch, found)
            self._count("known", len(batch) - len(fresh))
            requests += [self._article_request(k, found, page) for k in batch if k.id in fresh]
        return requests

    # --- Listings and feeds ----------------------------------------------------------------------

    @guarded
    async def parse_listing(self, response: Response, walk: Walk | None) -> Results:
        """Parse a home page, or a page of an outlet's, section's or author's listing."""
        job = ListingJob(response.url, response.body, responses.content_type(response))
        read = await self._parser.begin(job)
        listing = read.listing
        if listing is None:
            block = source_status.wall_of_site(response, response.url)
            self._listing_lost(response.url, block or read.why, permanent=block is None)
            return
        self._count("listings_read")
        self.note_headlines(listing.headlines)
        wanted = [e for e in listing.entries if e.published is None or self.wants(e.published)]
        self._count("outside", len(listing.entries) - len(wanted))
        page = ListingPage(walk) if walk else None
        articles = self._take([entry.key for entry in wanted], page)
        if page is None:
            following = self._feeds_of(entry.key for entry in listing.entries)
        else:
            following = self._turn(page, listing, len(articles))
        for request in (*articles, *following):
            yield request

    def _turn(self, page: ListingPage, listing: "Listing", fresh: int) -> Iterator[Request]:
        """Request the next pages of a walk, unless it has reached its end."""
        walk, since = page.walk, self._arguments.since
        days = [entry.published.when.date() for entry in listing.entries if entry.published]
        past = bool(days and since and max(days) < since)
        entries = hash(tuple(entry.key for entry in listing.entries))
        repeated = entries in walk.seen
        walk.seen.add(entries)
        walk.pages += 1
        if walk.pages >= self._max_pages:
            logger.warning("%s: stopped after %d pages", walk.name, walk.pages)
        elif self.room == 0:
            return iter(())
        elif listing.next_pages and not past and not repeated and (fresh or not walk.until_known):
            if not walk.until_known:
                self._run.ledger.discovery.note_walk(
                    self._site.name, walk.name, listing.next_pages[0]
                )
            page.following = list(listing.next_pages)
            if not since or days or not fresh:
                return self._next_pages(page)
            page.pending = fresh
            return iter(())
        self._end(walk)
        return iter(())

    def _next_pages(self, page: ListingPage) -> Iterator[Request]:
        """Request the pages after one whose articles are not all before ``since``."""
        following, page.following = page.following, []
        if page.too_old and not page.wanted:
            self._end(page.walk)
            return
        for url in following:
            yield from self._listing_request(url, page.walk)

    def _end(self, walk: Walk) -> None:
        if not walk.until_known:
            self._run.ledger.discovery.end_walk(self._site.name, walk.name)

    @guarded
    async def parse_feed(self, response: Response) -> Results:
        """Parse an RSS feed."""
        if response.status == 304:
            self._count("listings_read")
            self._count("feeds_unchanged")
            return
        read = await self._parser.begin(FeedJob(response.url, response.body))
        entries = read.entries
        if entries is None:
            self._listing_lost(response.url, read.why)
            return
        self._count("listings_read")
        wanted = [e for e in entries if e.published is None or self.wants(e.published)]
        self._count("outside", len(entries) - len(wanted))
        articles = self._take(entry.key for entry in wanted)
        feeds = self._feeds_of(entry.key for entry in entries)
        chosen = self._arguments
        if self.all_new and not (chosen.limit or chosen.since or chosen.until):
            # All its articles are in the ledger now.
            etag, modified = (
                value.decode("latin-1") if (value := response.headers.get(name)) else None
                for name in ("ETag", "Last-Modified")
            )
            self._run.ledger.discovery.note_validators(response.url, etag, modified)
        for request in (*articles, *feeds):
            yield request

    def _feeds_of(self, keys: Iterable[ArticleKey]) -> Iterator[Request]:
        """Request the feeds of outlets not met before, where all that is new is wanted."""
        if not self.all_new:
            return
        for key in keys:
            outlet = (key.edition, key.outlet)
            if key.edition in self._arguments.editions and outlet not in self._outlets_met:
                self._outlets_met.add(outlet)
                # Nothing is missed if it is unchanged: it leads to this outlet alone.
                yield from self._feed_request(feed_url(self._site, *outlet), unless_known=True)

    @guarded
    async def listing_failed(self, failure: Failure) -> Results:
        """Note a listing or feed that could not be fetched; the run continues with the others."""
        outcome = source_status.of_failure(failure)
        if not outcome.asked:
            self.end_early(outcome.reason)
        url = failure.request.url  # type: ignore[attr-defined]
        self._listing_lost(url, outcome.reason, permanent=outcome.status == "gone")
        return
        yield  # an errback like the others: an asynchronous generator

    def _listing_lost(self, url: str, reason: str, *, permanent: bool = False) -> None:
        logger.warning("No discovery from %s: %s", url, reason)
        self._count("listings_failed")
        self._count("listings_gone", permanent)

    # --- Shared with the spider ------------------------------------------------------------------

    def end_early(self, reason: str) -> None:
        """Leave the rest to the next run, as the site is away; sources are still fetched.

        Further requests to the site would fail its articles one by one.
        """
        if self.away is None:
            self.away = reason
            assert self.crawler.stats
            self.crawler.stats.set_value("site/away", reason)
            logger.warning("%s is away, so this run ends early: %s", self._site.host, reason)

    def wants(self, published: Moment) -> bool:
        """Return whether a printed date is wanted."""
        return self._arguments.wants(published.when.date())

    def note_headlines(self, headlines: Iterable["Headline"]) -> None:
        """Signal the headlines of a page's ticker."""
        self.crawler.signals.send_catch_log(
            headlines_seen, headlines=[(line.title, line.url) for line in headlines]
        )

    def _count(self, name: str, number: int = 1) -> None:
        assert self.crawler.stats
        self.crawler.stats.inc_value(f"articles/{name}", number)
