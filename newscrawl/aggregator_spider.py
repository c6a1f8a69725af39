"""What the seven spiders share: how articles are discovered, read and followed."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from functools import partial, wraps
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, Self

import scrapy
from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.exceptions import CloseSpider
from scrapy.http import Request, Response
from scrapy.spidermiddlewares.httperror import HttpError
from twisted.python.failure import Failure

from newscrawl import answers, assembly, source_status
from newscrawl.arguments import Arguments
from newscrawl.browser import RENDER
from newscrawl.errors import FeedError, PageError, ReaderError, StoreError
from newscrawl.fetching.hosts import Hosts
from newscrawl.fetching.snapshots import Snapshot, WebArchive
from newscrawl.items import Article, Edition, Status
from newscrawl.network.grammar import (
    ArticleKey,
    author_url,
    feed_url,
    home_url,
    listing_url,
    parse_article_id,
    parse_article_url,
)
from newscrawl.network.sites import SITES, Site
from newscrawl.outlets import first_domain
from newscrawl.reading import CopyJob, ReadCopy, Reader, ReadSource, SourceJob, reader_of
from newscrawl.rendering import Renderings
from newscrawl.revisit import Revisits
from newscrawl.rulestore import RuleStore
from newscrawl.run import Run, job_name, now
from newscrawl.signals import headlines_seen
from newscrawl.state import Entry
from newscrawl.stopping import stop
from newscrawl.turns import Turns
from newscrawl.urls import host as host_of
from newscrawl.urls import registered_domain

if TYPE_CHECKING:
    from newscrawl.network.listing import Listing

# What the way to a page has left in a request's meta.
_WAY = ("redirect_urls", "redirect_times", "redirect_reasons")

# URLs of a list that are turned into requests at once.
_CHUNK = 500

# First requests that wait in the scheduler at most.
_QUEUED = 100

# Articles that a stopped run left and that come before anything new, as they would have then.
_LEFT_FIRST = 1000

Results = AsyncIterator[Request | Article]


def _in_turn(
    line: str,
) -> Callable[[Callable[..., Results | None]], Callable[..., Results]]:
    """Have a callback or errback handle its answer when its turn has come in one of the lines."""

    def decorate(handle: Callable[..., Results | None]) -> Callable[..., Results]:
        @wraps(handle)
        async def wait(
            self: "AggregatorSpider", answer: Response | Failure, **kwargs: Any
        ) -> Results:
            handler = partial(handle, self, answer, **kwargs)
            async for result in self._take_turn(line, answer, handler):
                yield result

        return wait

    return decorate


@dataclass(slots=True)
class Walk:
    """A listing that is turned page by page."""

    name: str
    """First page of the listing."""
    until_known: bool = False
    """Whether it ends where nothing is new: another walk goes on from where a run was stopped."""
    pages: int = 0
    """Pages read so far."""
    seen: set[int] = field(default_factory=set)
    """Hashes of the pages' entries: a page that comes again ends the walk."""
    too_old: int = 0
    """Articles before ``since`` that the last page led to."""
    wanted: int = 0
    """Articles not before ``since`` that the last page led to."""


class AggregatorSpider(scrapy.Spider):
    """Base of the spiders; a subclass states only its ``name``, which is that of its site."""

    site: Site
    away: str | None = None
    """Why the site is asked no more in this run; ``None`` while it is."""

    def __init__(self, **given: Any) -> None:
        """Read the arguments.

        Raises:
            ArgumentError: one of them is wrong.
        """
        self.site = SITES[self.name]
        self.arguments = Arguments.parse(self.site, given)
        self.arguments_given = given
        self.allowed_domains = [self.site.host]
        super().__init__()
        self._outlets_met: set[tuple[Edition, str]] = set()
        self._discovery_asked: set[str] = set()
        self._found = 0
        self._walls = 0
        self._passed = asyncio.Event()

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        """Built by Scrapy."""
        spider = super().from_crawler(crawler, *args, **kwargs)
        spider.run = Run.of(crawler, job_name(spider.name, kwargs.get("_job")))
        spider.rules = RuleStore(spider.name, spider.run.ledger)
        spider.reader = reader_of(crawler.settings, spider.site, spider.rules.book)
        crawler.signals.connect(spider.reader.close, signals.spider_closed)
        spider.renderings = Renderings(crawler.settings, spider.run.ledger)
        spider.run.with_records += [spider.rules.keep, spider.learn_domains]
        room = crawler.settings.getint("TURN_BYTES")
        spider.lines = {"pages": Turns(room), "records": Turns(room)}
        spider.attempts = crawler.settings.getint("ARTICLE_MAX_ATTEMPTS")
        spider.max_pages = crawler.settings.getint("LISTING_MAX_PAGES")
        spider.revisits = Revisits(crawler.settings)
        spider.hosts = Hosts.of(crawler)
        spider.web_archive = WebArchive(crawler.settings)
        if spider.web_archive.base:
            archive = spider.hosts.at(spider.web_archive.base)
            archive.pace = crawler.settings.getfloat("WEB_ARCHIVE_DELAY")
        crawler.signals.connect(spider.spider_idle, signals.spider_idle)
        for signal in (signals.item_scraped, signals.item_dropped, signals.item_error):
            crawler.signals.connect(spider.record_passed, signal)
        return spider

    run: Run
    rules: RuleStore
    reader: Reader
    renderings: Renderings
    lines: dict[str, Turns[tuple[Response | Failure, Callable[[], Results | None]]]]
    """Pages of the aggregator, and records, each handled in the order of asking."""
    attempts: int
    max_pages: int
    revisits: Revisits
    hosts: Hosts
    web_archive: WebArchive

    # --- Discovery -------------------------------------------------------------------------------

    async def start(self) -> AsyncIterator[Request]:
        """The first requests; a ledger that cannot be written ends the run."""
        try:
            async for request in self._requests():
                yield request
        except StoreError as error:
            stop(self.crawler, error)

    async def _requests(self) -> AsyncIterator[Request]:
        """The first requests; long lists are handed out only as fast as they are worked off."""
        queued, host = self.hosts.queued, host_of(self.site.url())
        left = self._left()
        # Made at once: their turns come before those of all that they lead to.
        first = self._first_requests(left)
        for request in chain(first, self._chosen(), left):
            while queued[host] >= _QUEUED:
                # Sent whenever the engine asks for a request and no host is free.
                await self.crawler.signals.wait_for(signals.scheduler_empty)
            if self.away:
                return
            yield request

    def _first_requests(self, left: Iterator[Request]) -> list[Request]:
        """What a stopped run was at, and the pages that discovery begins with."""
        if not self.settings["CONTACT"]:
            self.logger.warning(
                "Nobody is named as a contact: export NEWSCRAWL_CONTACT=you@university.example"
            )
        if not self.site.alive:
            self.logger.warning("%s is known to be down: %s", self.site.host, self.site.note)
        if self.arguments.urls or self.arguments.ids:
            return []
        listings = self._listings() if self.arguments.revisit != "only" else ()
        return [*islice(left, _LEFT_FIRST), *listings]

    def _left(self) -> Iterator[Request]:
        """What earlier runs left and what is due, in the order in which it was found."""
        chosen = self.arguments
        if chosen.urls or chosen.ids:
            return
        for article, found in self.run.ledger.articles.adopt(
            self.name,
            self.run.job,
            now(),
            editions=chosen.editions,
            outlets=chosen.outlets,
            due=chosen.revisit != "no",
        ):
            if self._room() == 0:
                return
            self._found += 1
            yield self._article_request(parse_article_id(article), found)

    def _chosen(self) -> Iterator[Request]:
        """The articles that are asked for one by one."""
        articles = iter(self.arguments.urls)
        while some := [*islice(articles, _CHUNK)]:
            yield from self._ask(some, again=True)
        if self.arguments.ids:
            yield from self._candidates()

    def _candidates(self) -> Iterator[Request]:
        """Requests for ids that may or may not exist."""
        (edition,) = self.arguments.editions
        for numbers in self.arguments.ids:
            for number in numbers:
                if self._room() == 0:
                    return
                key = ArticleKey(self.name, edition, numbers.outlet, number)
                if self.run.ledger.articles.is_settled(key.id):
                    self._count("known")
                else:
                    yield self._article_request(key, None)

    def _listings(self) -> Iterator[Request]:
        """The pages that discovery begins with, and those with which stopped walks go on."""
        chosen = self.arguments
        left = self.run.ledger.discovery.walks_left(self.name)
        walked: list[str] = []
        for edition in chosen.editions:
            urls = [
                *(listing_url(self.site, edition, slug) for slug in chosen.outlets),
                *(listing_url(self.site, edition, slug) for slug in chosen.sections),
                *(author_url(self.site, edition, name) for name in chosen.authors),
            ]
            for url in urls:
                yield from self._listing_request(url, Walk(url, until_known=url in left))
            if not urls:
                yield from self._listing_request(home_url(self.site, edition), None)
                yield from self._feed_request(feed_url(self.site, edition))
            walked += urls
        for url, following in left.items():
            if url in walked:
                yield from self._listing_request(following, Walk(url))

    def _listing_request(self, url: str, walk: Walk | None) -> Iterator[Request]:
        yield from self._discovery_request(url, self.parse_listing, {"walk": walk})

    def _feed_request(self, url: str, *, unless_known: bool = False) -> Iterator[Request]:
        etag, modified = self.run.ledger.discovery.validators(url) if unless_known else (None, None)
        headers = {"If-None-Match": etag, "If-Modified-Since": modified}
        held = {name: value for name, value in headers.items() if value}
        yield from self._discovery_request(url, self.parse_feed, {}, held)

    def _discovery_request(
        self,
        url: str,
        callback: Callable[..., Results],
        arguments: dict[str, Any],
        headers: dict[str, str] | None = None,
    ) -> Iterator[Request]:
        """Request for a page that leads to articles, unless this run has asked for it."""
        if url not in self._discovery_asked:
            self._discovery_asked.add(url)
            yield Request(
                url,
                callback=callback,
                errback=self.listing_failed,
                dont_filter=True,  # a request that is dropped would never have its turn
                headers=headers,
                meta={
                    "place": self.lines["pages"].join(),
                    "handle_httpstatus_list": [304] if headers else [],
                },
                cb_kwargs=arguments,
            )

    def _article_request(
        self, key: ArticleKey, discovered: str | None, walk: Walk | None = None
    ) -> Request:
        """Request for an article; ``discovered`` is ``None`` if it may not exist at all."""
        return Request(
            key.url,
            callback=self.parse_article,
            errback=self.article_failed,
            dont_filter=True,  # the ledger has judged already
            meta={"article": key.id, "place": self.lines["pages"].join()},
            cb_kwargs={"key": key, "discovered": discovered, "walk": walk},
        )

    def _take(self, keys: Iterable[ArticleKey], walk: Walk | None = None) -> list[Request]:
        """Ask for the articles among those discovered that this run wants and has not got."""
        chosen = self.arguments
        wanted = [
            key
            for key in keys
            if key.aggregator == self.name
            and key.edition in chosen.editions
            and (not chosen.outlets or key.outlet in chosen.outlets)
        ]
        return self._ask(wanted, walk)

    def _ask(
        self, keys: list[ArticleKey], walk: Walk | None = None, *, again: bool = False
    ) -> list[Request]:
        """Enter articles into the ledger and ask for those this run has to read."""
        moment = now()
        requests: list[Request] = []
        while keys and (room := self._room()) != 0:
            batch, keys = keys[:room], keys[room:] if room else []
            fresh = self._enter(batch, moment, again=again)
            self._count("known", len(batch) - len(fresh))
            requests += [
                self._article_request(key, moment, walk) for key in batch if key.id in fresh
            ]
        return requests

    def _enter(self, keys: list[ArticleKey], moment: str, *, again: bool = False) -> set[str]:
        """Enter articles into the ledger; the ids of those this run has to read."""
        entries = [Entry(key.id, self.name, key.edition, key.outlet) for key in keys]
        fresh = self.run.ledger.articles.find(
            entries, self.run.job, moment, attempts=self.attempts, again=again
        )
        self._found += len(fresh)
        return set(fresh)

    @property
    def _all_that_is_new(self) -> bool:
        """Whether no argument says which articles are wanted."""
        chosen = self.arguments
        return not (
            chosen.outlets or chosen.sections or chosen.authors or chosen.urls or chosen.ids
        )

    def _room(self) -> int | None:
        """Articles that may still be found under ``limit``; ``None`` without one."""
        limit = self.arguments.limit
        return None if limit is None else max(0, limit - self._found)

    @_in_turn("pages")
    async def parse_listing(self, response: Response, walk: Walk | None) -> Results:
        """A home page, or a page of an outlet's, section's or author's listing."""
        # The readers are loaded by the crawl, not by every command that lists the spiders.
        from newscrawl.network.listing import read_listing

        try:
            listing = read_listing(response.body, response.url, answers.content_type(response))
        except PageError as error:
            wall = source_status.wall_of_site(response, response.url)
            self._listing_lost(response.url, wall or str(error), for_good=wall is None)
            return
        self._count("listings_read")
        self._tell_headlines(listing.headlines)
        wanted = [e for e in listing.entries if e.published is None or self._wants(e.published)]
        self._count("outside", len(listing.entries) - len(wanted))
        fresh = self._take([entry.key for entry in wanted], walk)
        for request in fresh:
            yield request
        if walk is None:
            for request in self._meet(entry.key for entry in listing.entries):
                yield request
        else:
            for request in self._turn(walk, listing, len(fresh)):
                yield request

    def _turn(self, walk: Walk, listing: "Listing", fresh: int) -> list[Request]:
        """The next pages of a walk, unless it has reached its end."""
        since = self.arguments.since
        days = [entry.published.when.date() for entry in listing.entries if entry.published]
        # Undated listings: what the articles of the page before turned out to be.
        past = (walk.too_old and not walk.wanted) or (days and since and max(days) < since)
        page = hash(tuple(entry.key for entry in listing.entries))
        again = page in walk.seen
        walk.seen.add(page)
        walk.pages += 1
        walk.too_old = walk.wanted = 0
        if walk.pages >= self.max_pages:
            self.logger.warning("%s: stopped after %d pages", walk.name, walk.pages)
        elif self._room() == 0:
            return []
        elif listing.next_pages and not past and not again and (fresh or not walk.until_known):
            if not walk.until_known:
                self.run.ledger.discovery.note_walk(self.name, walk.name, listing.next_pages[0])
            return [
                request
                for url in listing.next_pages
                for request in self._listing_request(url, walk)
            ]
        if not walk.until_known:
            self.run.ledger.discovery.end_walk(self.name, walk.name)
        return []

    @_in_turn("pages")
    async def parse_feed(self, response: Response) -> Results:
        """An RSS feed."""
        from newscrawl.network.feed import read_feed

        if response.status == 304:
            self._count("listings_read")
            self._count("feeds_unchanged")
            return
        try:
            entries = read_feed(response.body, response.url)
        except FeedError as error:
            self._listing_lost(response.url, str(error))
            return
        self._count("listings_read")
        wanted = [e for e in entries if e.published is None or self._wants(e.published)]
        self._count("outside", len(entries) - len(wanted))
        for request in self._take([entry.key for entry in wanted]):
            yield request
        for request in self._meet(entry.key for entry in entries):
            yield request
        chosen = self.arguments
        if self._all_that_is_new and not (chosen.limit or chosen.since or chosen.until):
            # Now all its articles are in the ledger.
            etag, modified = (
                value.decode("latin-1") if (value := response.headers.get(name)) else None
                for name in ("ETag", "Last-Modified")
            )
            self.run.ledger.discovery.note_validators(response.url, etag, modified)

    def _meet(self, keys: Iterable[ArticleKey]) -> Iterator[Request]:
        """The feeds of outlets that were not met before; only where all that is new is wanted."""
        if not self._all_that_is_new:
            return
        for key in keys:
            outlet = (key.edition, key.outlet)
            if key.edition in self.arguments.editions and outlet not in self._outlets_met:
                self._outlets_met.add(outlet)
                # Nothing is missed if it is unchanged: it leads to this outlet alone.
                yield from self._feed_request(feed_url(self.site, *outlet), unless_known=True)

    @_in_turn("pages")
    def listing_failed(self, failure: Failure) -> None:
        """A listing or feed could not be fetched: the run goes on with the others."""
        outcome = source_status.of_failure(failure)
        if not outcome.asked:
            self._end_early(outcome.reason)
        url = failure.request.url  # type: ignore[attr-defined]
        self._listing_lost(url, outcome.reason, for_good=outcome.status == "gone")

    def _listing_lost(self, url: str, reason: str, *, for_good: bool = False) -> None:
        self.logger.warning("No discovery from %s: %s", url, reason)
        self._count("listings_failed")
        self._count("listings_gone", for_good)

    # --- The aggregator's copy -------------------------------------------------------------------

    @_in_turn("pages")
    def parse_article(
        self, response: Response, key: ArticleKey, discovered: str | None, walk: Walk | None
    ) -> Results:
        """An article page of the aggregator."""
        reading = None
        if parse_article_url(response.url) == key:
            kind = answers.content_type(response)
            job = CopyJob(response.url, response.body, kind, self._all_that_is_new)
            reading = self.reader.begin(job)
        return self._article_read(reading, response, key, discovered, walk)

    async def _article_read(
        self,
        reading: Awaitable[ReadCopy] | None,
        response: Response,
        key: ArticleKey,
        discovered: str | None,
        walk: Walk | None,
    ) -> Results:
        copy = await reading if reading else None
        if discovered is None:
            discovered = now()
            if self._room() == 0 or not self._enter([key], discovered):
                return
        if copy is None:
            self._not_the_page(key, response, f"redirected to {response.url}")
            return
        self._count("pages")
        if copy.page is None:
            self._count("unreadable")
            self._not_the_page(key, response, copy.why)
            return
        page = copy.page
        self._walls = 0
        self._tell_headlines(page.headlines)
        if self._all_that_is_new:
            for request in self._discover(page.key, copy.links):
                yield request
        if page.published and not self._wants(page.published):
            self.run.ledger.articles.forget(key.id)
            self._found -= 1
            self._count("outside")
            if walk and self.arguments.since and page.published.when.date() < self.arguments.since:
                walk.too_old += 1
            return
        if walk:
            walk.wanted += 1
        async for result in self._follow(
            answers.read_copy(response, page, self.site, discovered), response
        ):
            yield result

    def _discover(self, key: ArticleKey, links: list[ArticleKey]) -> Iterator[Request]:
        """What the page of an article leads to."""
        yield from self._take(links)
        yield from self._meet([key, *links])

    @_in_turn("pages")
    def article_failed(self, failure: Failure) -> None:
        """The aggregator's page of an article could not be fetched."""
        request: Request = failure.request  # type: ignore[attr-defined]
        key, discovered = request.cb_kwargs["key"], request.cb_kwargs["discovered"]
        error = failure.value
        if discovered is None:
            if isinstance(error, HttpError) and error.response.status in (404, 410):
                self._count("absent")
                return
            self._enter([key], now())
        outcome = source_status.of_failure(failure)
        if not outcome.asked:
            self._end_early(outcome.reason)  # the ledger hands the article to the next run
            return
        self._fail(key, outcome.reason, may_heal=outcome.status in ("unreachable", "refused"))

    def _not_the_page(self, key: ArticleKey, response: Response, reason: str) -> None:
        """Something else came; what stands in the way of every page is a failure of the site."""
        wall = source_status.wall_of_site(response, key.url)
        if wall:
            self._walls += 1
            if self._walls >= self.hosts.failures > 0:
                why = f"{self._walls} pages in a row, the last: {wall}"
                self.hosts.at(key.url).rest(self.hosts.rest, why)
        self._fail(key, wall or reason, may_heal=wall is not None)

    def _fail(self, key: ArticleKey, reason: str, *, may_heal: bool = False) -> None:
        self.logger.warning("%s cannot be read: %s", key.url, reason)
        reads = self.run.ledger.articles.last_export(key.id)[2]
        due = self.revisits.after_failure(reads) if may_heal and reads < self.attempts else None
        self.run.ledger.articles.settle(key.id, "failed", reason=reason, due=due)

    def _end_early(self, reason: str) -> None:
        """The site is away: what it still has is left to the next run; sources are read to the end.

        Asking on for each article would fail them all, one by one.
        """
        if self.away is None:
            self.away = reason
            self.logger.warning("%s is away, so this run ends early: %s", self.site.host, reason)

    def spider_idle(self) -> None:
        """Say why the run ended.

        Raises:
            CloseSpider: the site was away.
        """
        if self.away:
            raise CloseSpider("site_away")

    # --- The source ------------------------------------------------------------------------------

    async def _follow(self, article: Article, response: Response) -> Results:
        """A request for the outlet's own page, or the record if there is none to ask for."""
        link = article.source.link
        place = self.lines["records"].join()
        if link is None or not self.arguments.follow:
            assembly.without_source(article, "no_link" if link is None else "not_followed", None)
            response.meta["place"] = place
            async for record in self.source_missing(response, article=article):
                yield record
            return
        yield Request(
            link,
            callback=self.parse_source,
            errback=self.source_failed,
            dont_filter=True,  # each article has its own fetch, and its own answer
            headers={"Referer": response.url},
            meta={"article": article.id, "place": place, "allow_offsite": True},
            cb_kwargs={"article": article},
        )

    @_in_turn("records")
    async def source_missing(self, response: Response, article: Article) -> Results:  # noqa: ARG002 - a callback's signature
        """There is no page of the outlet to ask for: the copy is exported."""
        yield article

    @_in_turn("records")
    def parse_source(self, response: Response, article: Article) -> Results:
        """The outlet's own page."""
        return self._source_read(response, self._begin(response, article))

    async def _source_read(
        self, response: Response, begun: Callable[[], Awaitable[Article]]
    ) -> Results:
        async for result in self._show_or_complete(response, await begun()):
            yield result

    async def _show_or_complete(self, response: Response, article: Article) -> Results:
        """The record, or a page to be shown; if it depends on others which, after those."""
        helps = self.renderings.may_help(article, response)
        if helps is None:
            later = partial(self._show_or_complete, response, article)
            self.lines["records"].again((response, later), len(response.body))
        elif helps:
            yield self._render(response, article)
        else:
            yield self._complete(article)

    def _begin(self, response: Response, article: Article) -> Callable[[], Awaitable[Article]]:
        """Begin to read what came from an outlet; what is given waits for that."""
        job = answers.begin_source(article, response)
        reading = self.reader.begin(job) if job else None
        return partial(self._end, response, article, job, reading)

    async def _end(
        self,
        response: Response,
        article: Article,
        job: SourceJob | None,
        reading: Awaitable[ReadSource] | None,
    ) -> Article:
        """The record, once its page is read."""
        if reading:
            read = await reading
            article = read.article
            if read.domain:
                self.rules.note(article, read.domain, read.taught)
        exclude = self.settings.getbool("EXCLUDE_NOAI_HOSTS")
        answers.finish_source(article, response, job, exclude=exclude)
        return article

    def _render(self, page: Response, article: Article) -> Request:
        """A request for a page that is at hand, as the browser shows it."""
        self.renderings.begin(page)
        meta = {name: page.meta[name] for name in _WAY if name in page.meta}
        return Request(
            page.url,
            callback=self.parse_rendered,
            errback=self.render_failed,
            dont_filter=True,  # it was asked for a moment ago
            meta={
                **meta,
                RENDER: page,
                "article": article.id,
                "place": self.lines["records"].join(),
                "allow_offsite": True,
                "dont_redirect": True,
            },
            cb_kwargs={"article": article},
        )

    @_in_turn("records")
    def parse_rendered(self, response: Response, article: Article) -> Results:
        """The outlet's own page, as the browser shows it."""
        return self._rendered_read(response, self._begin(response, article))

    async def _rendered_read(
        self, response: Response, begun: Callable[[], Awaitable[Article]]
    ) -> Results:
        status: Status | None = None
        try:
            article = await begun()
            status = article.source.status
        finally:
            self.renderings.end(response.meta[RENDER], status)
        yield article

    @_in_turn("records")
    async def render_failed(self, failure: Failure) -> Results:
        """The browser did not show the page: the copy is exported, and the article may wait."""
        request: Request = failure.request  # type: ignore[attr-defined]
        article: Article = request.cb_kwargs["article"]
        self.renderings.end(request.meta[RENDER])
        answers.not_rendered(article, failure)
        yield article

    @_in_turn("records")
    async def source_failed(self, failure: Failure) -> Results:
        """The outlet's own page could not be had: the copy is exported."""
        article: Article = failure.request.cb_kwargs["article"]  # type: ignore[attr-defined]
        answers.source_lost(article, failure)
        if article.source.status == "unsafe":
            self.logger.warning(
                "Unsafe link in %s: %s (%s)",
                article.url,
                article.source.link,
                article.source.reason,
            )
        yield self._complete(article)

    # --- A snapshot of the source ----------------------------------------------------------------

    def _complete(self, article: Article) -> Request | Article:
        """The record, or a question to the archive of the web, if that may have its lost source."""
        url = self.web_archive.index_url(article)
        return article if url is None else self._snapshot_request(url, self.parse_index, article)

    def _snapshot_request(
        self, url: str, callback: Callable[..., Any], article: Article, **more: Any
    ) -> Request:
        return Request(
            url,
            callback=callback,
            errback=self.snapshot_failed,
            dont_filter=True,
            meta={
                "article": article.id,
                "place": self.lines["records"].join(),
                "allow_offsite": True,
            },
            cb_kwargs={"article": article, **more},
        )

    @_in_turn("records")
    async def parse_index(self, response: Response, article: Article) -> Results:
        """A list of a source's snapshots."""
        snapshot = self.web_archive.nearest(article, response.body)
        if snapshot is None:
            yield article
            return
        yield self._snapshot_request(snapshot.url, self.parse_snapshot, article, snapshot=snapshot)

    @_in_turn("records")
    def parse_snapshot(self, response: Response, article: Article, snapshot: Snapshot) -> Results:
        """A snapshot of a source."""
        page = answers.as_original(response, snapshot)
        return self._snapshot_read(article, snapshot, self._begin(page, deepcopy(article)))

    async def _snapshot_read(
        self, article: Article, snapshot: Snapshot, begun: Callable[[], Awaitable[Article]]
    ) -> Results:
        yield answers.better_of(article, await begun(), snapshot)

    @_in_turn("records")
    async def snapshot_failed(self, failure: Failure) -> Results:
        """The archive of the web has no answer: the record stays as it is."""
        request: Request = failure.request  # type: ignore[attr-defined]
        reason = source_status.of_failure(failure).reason
        self.logger.info("No snapshot from %s: %s", request.url, reason)
        yield request.cb_kwargs["article"]

    # --- The end ---------------------------------------------------------------------------------

    def learn_domains(self, articles: list[Article]) -> None:
        """Fill in an outlet's domain where no link tells it: as learned, else as registered."""
        ledger = self.run.ledger
        for article in articles:
            edition, outlet, source = article.edition, article.outlet, article.source
            domain = registered_domain(source.url or "") if source.status == "ok" else None
            if domain:
                ledger.outlets.learn_domain(self.name, edition, outlet.slug, domain)
            if source.link is None:
                learned = ledger.outlets.domain_of(self.name, edition, outlet.slug)
                outlet.domain = learned or first_domain(self.site.country, edition, outlet.slug)

    def record_passed(self) -> None:
        """The record that was given last has gone through the pipelines."""
        self._passed.set()

    async def _take_turn(
        self, line: str, answer: Response | Failure, handler: Callable[[], Results | None]
    ) -> Results:
        """Bring an answer, and handle those whose turn it is; an error costs one of them alone."""
        request: Request = answer.request  # type: ignore[assignment, union-attr]
        size = len(answer.body) if isinstance(answer, Response) else 0
        turns = self.lines[line]
        for first in turns.take(request.meta["place"], (answer, handler), size):
            begun = deque([self._begun(*first)])
            while begun:
                # Those that come next are begun before the first is done, as far as may be.
                while len(begun) < self.reader.ahead and (following := turns.ahead()):
                    begun.append(self._begun(*following))
                async for result in self._finished(line, *begun.popleft()):
                    yield result
        await turns.eased()  # as long as this waits, no more is fetched than fits

    def _begun(
        self, answer: Response | Failure, handle: Callable[[], Results | None]
    ) -> tuple[Response | Failure, Callable[[], Results | None]]:
        """An answer with how it is finished; nothing but the reading of a page is begun here."""
        if isinstance(answer, Failure):
            return answer, handle
        try:
            results = handle()
        except Exception as error:  # noqa: BLE001 - whatever it is, it costs one article alone
            self._went_wrong(answer, error)
            results = None
        return answer, lambda: results

    async def _finished(
        self, line: str, answer: Response | Failure, finish: Callable[[], Results | None]
    ) -> Results:
        """What comes of an answer; records, once they have passed the pipelines."""
        try:
            if results := finish():
                async for result in results:
                    if line == "pages" or isinstance(result, Request):
                        yield result
                        continue
                    # Scrapy queues what each callback gives, and the queues overtake another.
                    self._passed.clear()
                    yield result
                    await self._passed.wait()
        except Exception as error:  # noqa: BLE001 - as above
            self._went_wrong(answer, error)

    def _went_wrong(self, answer: Response | Failure, error: Exception) -> None:
        """End the run if it can do its work no more; else the error costs one article alone."""
        if isinstance(error, StoreError | ReaderError):
            stop(self.crawler, error)
            return
        assert self.crawler.stats
        self.logger.error("%s", answer.request, exc_info=error)  # type: ignore[union-attr]
        self.crawler.stats.inc_value("spider_exceptions/count")
        self.crawler.signals.send_catch_log(
            signals.spider_error,
            failure=Failure(error),  # type: ignore[no-untyped-call]
            response=answer,
            spider=self,
        )

    # --- Small things ----------------------------------------------------------------------------

    def _wants(self, published: Any) -> bool:
        return self.arguments.wants(published.when.date())

    def _count(self, name: str, number: int = 1) -> None:
        assert self.crawler.stats
        self.crawler.stats.inc_value(f"articles/{name}", number)

    def _tell_headlines(self, headlines: Iterable[Any]) -> None:
        self.crawler.signals.send_catch_log(
            headlines_seen, headlines=[(line.title, line.url) for line in headlines]
        )
