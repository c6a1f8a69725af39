"""Discover articles: from the ledger, spider arguments, listings and RSS feeds."""

import logging
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from hashlib import sha256
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
from newscrawl.spiders.claims import Claims
from newscrawl.spiders.walks import ListingPage, Walk, Walks
from newscrawl.state.run import Run, now
from newscrawl.text.dates import Moment
from newscrawl.text.urls import host as host_of

if TYPE_CHECKING:
    from newscrawl.aggregator.pages import Listing
    from newscrawl.items import Edition, Headline

logger = logging.getLogger(__name__)

_QUEUED = 100
"""Maximum number of first requests in the scheduler."""

_CLAIMED_TOGETHER = 20
"""Articles of a list that are claimed in one transaction."""

_UNFINISHED_FIRST = 1000
"""Articles of an interrupted run that are requested before new ones."""


class Discovery:
    """Discovery of a run: requests listings and RSS feeds, yields requests for their articles.

    One large class, because all ways of discovery share claims, walks, counters and the early end
    of a run.

    Args:
        crawler: Crawler of the running spider.
        site: The aggregator.
        arguments: Which articles are wanted.
        run: Run whose ledger is used.
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
        """Why the site is no longer requested in this run; ``None`` while it is."""
        self._site = site
        self._arguments = arguments
        self._run = run
        self._parser = parser
        self._article_request = article_request
        self._max_pages = crawler.settings.getint("LISTING_MAX_PAGES")
        self._queued = Hosts.of(crawler).queued
        self._outlets_met: set[tuple[Edition, str]] = set()
        self._requested: set[str] = set()
        attempts = crawler.settings.getint("ARTICLE_MAX_ATTEMPTS")
        self.claims = Claims(site, arguments, run, attempts)
        """The articles that the run has claimed."""
        self._walks = Walks(run.ledger.discovery, site.name, arguments)
        self._digest = sha256("\n".join(sorted(key.id for key in arguments.urls)).encode())

    # --- First requests --------------------------------------------------------------------------

    async def start(self) -> AsyncIterator[Request]:
        """Yield the first requests, no faster than the site's queue is processed."""
        host = host_of(self._site.url())
        requests = self._first_requests()
        while True:
            while self._queued[host] >= _QUEUED:
                # Sent when the engine needs a request and no host is free.
                await self.crawler.signals.wait_for(signals.scheduler_empty)
            # Checked before the next request is created, which claims its article.
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
        """Yield requests for unfinished and due articles, in order of discovery."""
        for article, found in self.claims.adopt():
            yield self._article_request(parse_article_id(article), found, None)

    def _chosen(self) -> Iterator[Request]:
        """Yield requests for the articles of the arguments ``urls`` and ``ids``."""
        if self._arguments.urls:
            # A stopped list continues: articles parsed since its start are done.
            lists, digest = self._run.ledger.discovery, self._digest.hexdigest()
            if self._arguments.again:
                lists.end_list(self._site.name, digest)
            begun = lists.begin_list(self._site.name, digest, now())
            keys = iter(self._arguments.urls)
            while self.claims.remaining != 0 and (some := list(islice(keys, _CLAIMED_TOGETHER))):
                wanted = [key for key in some if key.edition in self._arguments.editions]
                self._count("outside", len(some) - len(wanted))
                yield from self._ask(wanted, again=begun)
        yield from self._candidates()

    def _candidates(self) -> Iterator[Request]:
        """Yield requests for the numbers of the argument ``ids``, which may or may not exist."""
        for numbers in self._arguments.ids:
            (edition,) = self._arguments.editions
            for number in numbers:
                if self.claims.remaining == 0:
                    return
                key = ArticleKey(self._site.name, edition, numbers.outlet, number)
                if self.claims.is_settled(key):
                    self._count("known")
                else:
                    yield self._article_request(key, None, None)

    def _listings(self) -> Iterator[Request]:
        """Yield requests for the first listings and RSS feeds, and for interrupted walks."""
        chosen = self._arguments
        starts: list[tuple[str, bool]] = []
        for edition in chosen.editions:
            walked = [
                *((listing_url(self._site, edition, slug), False) for slug in chosen.outlets),
                *((listing_url(self._site, edition, slug), True) for slug in chosen.sections),
                *((author_url(self._site, edition, name), True) for name in chosen.authors),
            ]
            if not walked:
                yield from self._page_request(home_url(self._site, edition))
                yield from self._feed_request(feed_url(self._site, edition))
            starts += walked
        for url, walk in self._walks.begin(starts):
            yield self._walk_request(url, walk)

    def finish(self) -> None:
        """Store that the run is complete, and with it a list of URLs."""
        if self._arguments.urls and self.claims.remaining != 0:
            self._run.ledger.discovery.end_list(self._site.name, self._digest.hexdigest())

    def _walk_request(self, url: str, walk: Walk) -> Request:
        walk.requested.add(url)
        return self._discovery_request(url, self.parse_listing, {"walk": walk})

    def _page_request(self, url: str) -> Iterator[Request]:
        """Request a page that is not walked, unless this run has requested it."""
        if url not in self._requested:
            self._requested.add(url)
            yield self._discovery_request(url, self.parse_listing, {"walk": None})

    def _feed_request(
        self, url: str, outlet: "tuple[Edition, str] | None" = None
    ) -> Iterator[Request]:
        """Request an RSS feed, unless this run has requested it.

        The feed of an ``outlet`` is requested with cache validators: it lists only this outlet, so
        an unchanged one is ignored, unless failed articles in it are to be requested again.
        """
        if url in self._requested:
            return
        self._requested.add(url)
        headers = {}
        if outlet and not self.claims.may_recover(*outlet):
            etag, modified = self._run.ledger.discovery.validators(url)
            given = {"If-None-Match": etag, "If-Modified-Since": modified}
            headers = {name: value for name, value in given.items() if value}
        yield self._discovery_request(url, self.parse_feed, {}, headers)

    def _discovery_request(
        self,
        url: str,
        callback: Callable[..., Results],
        arguments: dict[str, Any],
        headers: dict[str, str] | None = None,
    ) -> Request:
        """Request a page that leads to articles."""
        return Request(
            url,
            callback=callback,
            errback=self.listing_failed,
            dont_filter=True,  # filtered by the callers
            headers=headers,
            meta={"handle_httpstatus_list": [304] if headers else []},
            cb_kwargs=arguments,
        )

    # --- Articles --------------------------------------------------------------------------------

    @property
    def all_new(self) -> bool:
        """Whether the run looks for all new articles."""
        chosen = self._arguments
        return not (
            chosen.outlets or chosen.sections or chosen.authors or chosen.urls or chosen.ids
        )

    def follow_links(self, key: ArticleKey, links: list[ArticleKey]) -> Iterator[Request]:
        """Request the articles that a page links to, if all new articles are wanted."""
        if self.all_new:
            yield from self._take(links)
            yield from self._feeds_of([key, *links])

    def skip_unwanted(self, key: ArticleKey, published: Moment) -> None:
        """Release an article whose printed date is not wanted."""
        self.claims.skip_unwanted(key, published.when.date())
        self._count("outside")

    def parsed(self, page: ListingPage | None, *, too_old: bool | None) -> Iterator[Request]:
        """Store the outcome of a listing page's article; request pages that waited for it.

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
            following, page.following = page.following, None
            if page.too_old and not page.wanted:
                yield from self._end(page.walk)
            else:
                yield self._walk_request(following, page.walk)

    def _take(self, keys: Iterable[ArticleKey], page: ListingPage | None = None) -> list[Request]:
        """Return requests for the discovered articles that this run wants and has not claimed."""
        chosen = self._arguments
        wanted = [
            key
            for key in keys
            if key.aggregator == self._site.name
            and key.edition in chosen.editions
            and (not chosen.outlets or key.outlet in chosen.outlets)
        ]
        return self._ask(wanted, page)

    def _ask(
        self, keys: list[ArticleKey], page: ListingPage | None = None, *, again: str = ""
    ) -> list[Request]:
        """Store articles in the ledger and request those that this run has to fetch."""
        requests: list[Request] = []
        while keys and (remaining := self.claims.remaining) != 0:
            batch, keys = keys[:remaining], keys[remaining:] if remaining else []
            claimed = self.claims.find(batch, again)
            self._count("known", len(batch) - len(claimed))
            requests += [
                self._article_request(key, claimed[key.id], page)
                for key in batch
                if key.id in claimed
            ]
        return requests

    # --- Listings and feeds ----------------------------------------------------------------------

    @guarded
    async def parse_listing(self, response: Response, walk: Walk | None) -> Results:
        """Parse a home page, or a page of an outlet's, section's or author's listing."""
        job = ListingJob(response.url, response.body, responses.content_type(response))
        read = await self._parser.begin(job)
        listing = read.listing
        if listing is None:
            block = source_status.block_page_of_site(response, response.url)
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
            assert response.request
            following = self._turn(page, response.request.url, listing, len(articles))
        for request in (*articles, *following):
            yield request

    def _turn(
        self, page: ListingPage, url: str, listing: "Listing", fresh: int
    ) -> Iterator[Request]:
        """Request the next page of a walk, unless it has reached its end."""
        walk, since = page.walk, self._arguments.since
        days = [entry.published.when.date() for entry in listing.entries if entry.published]
        past = bool(days and since and max(days) < since)
        ids = [entry.key.id for entry in listing.entries]
        ends = walk.turn(ids) or past
        if self.claims.remaining == 0:
            return  # a part of the page may not be in the ledger
        self._walks.note(walk, url, ids)
        if walk.pages == 1 and ids and not listing.next_pages:
            self._count("listings_single")
            logger.info("%s links to no further page", walk.listing.start)
        following = next((url for url in listing.next_pages if url not in walk.requested), None)
        if walk.pages >= self._max_pages:
            logger.warning("%s: stopped after %d pages", walk.listing.start, walk.pages)
            ends = True
        if ends or following is None:
            yield from self._end(walk)
        elif since and not days and fresh:
            page.following, page.pending = following, fresh
        else:
            yield self._walk_request(following, walk)

    def _end(self, walk: Walk) -> Iterator[Request]:
        if again := self._walks.end(walk):
            logger.info("%s: walked again, as its pages have shifted", again.listing.start)
            yield self._walk_request(again.listing.start, again)

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
            # All of its articles are in the ledger now.
            etag, modified = (
                value.decode("latin-1") if (value := response.headers.get(name)) else None
                for name in ("ETag", "Last-Modified")
            )
            self._run.ledger.discovery.note_validators(response.url, etag, modified)
        for request in (*articles, *feeds):
            yield request

    def _feeds_of(self, keys: Iterable[ArticleKey]) -> Iterator[Request]:
        """Request the RSS feeds of newly met outlets, if all new articles are wanted."""
        if not self.all_new:
            return
        for key in keys:
            outlet = (key.edition, key.outlet)
            if key.edition in self._arguments.editions and outlet not in self._outlets_met:
                self._outlets_met.add(outlet)
                yield from self._feed_request(feed_url(self._site, *outlet), outlet)

    @guarded
    async def listing_failed(self, failure: Failure) -> Results:
        """Handle a listing or RSS feed that could not be fetched; the run continues with others."""
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
        """End discovery early, as the site cannot be reached; sources are still fetched.

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
