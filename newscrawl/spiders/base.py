"""Base class of the spiders: set up a run, parse the copies and follow their source links."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any, Self

import scrapy
from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.exceptions import CloseSpider
from scrapy.http import Request, Response
from scrapy.spidermiddlewares.httperror import HttpError
from twisted.python.failure import Failure

from newscrawl.aggregator.sites import SITES, Site
from newscrawl.aggregator.urls import ArticleKey, parse_article_url
from newscrawl.articles import responses, source_status
from newscrawl.articles.flow import ArticleFlow
from newscrawl.articles.parse_jobs import CopyJob
from newscrawl.articles.parse_workers import Parser, parser_of
from newscrawl.articles.recrawl import RecrawlPolicy
from newscrawl.articles.rule_store import RuleStore
from newscrawl.errors import ArgumentError, StoreError
from newscrawl.fetching.block_pages import challenge
from newscrawl.fetching.hosts import Hosts
from newscrawl.fetching.request_meta import ARTICLE
from newscrawl.fetching.shutdown import stop
from newscrawl.fetching.web_archive import WebArchive
from newscrawl.spiders.arguments import Arguments
from newscrawl.spiders.callbacks import Results, guarded, report_error
from newscrawl.spiders.discovery import Discovery
from newscrawl.spiders.flow_driver import FlowDriver
from newscrawl.spiders.source_checks import SourceChecks
from newscrawl.spiders.walks import ListingPage
from newscrawl.state.run import Run, job_name, now

if TYPE_CHECKING:
    from newscrawl.aggregator.pages import AggregatorPage


_BLOCK_PAGE = 20_000
"""Maximum bytes of a block page; the aggregators' own pages are larger."""


class AggregatorSpider(scrapy.Spider):
    """Spider of one aggregator site and the outlets' pages that it links to.

    A subclass sets ``name``, and ``site`` (a name in ``newscrawl.aggregator.sites``) if the two
    differ.
    """

    site: Site
    allowed_domains: list[str]
    run: Run
    rules: RuleStore
    parser: Parser
    discovery: Discovery
    flow: ArticleFlow
    driver: FlowDriver
    recrawl: RecrawlPolicy
    hosts: Hosts

    def __init_subclass__(cls, **given: Any) -> None:
        """Resolve the name of the site; Scrapy's commands find the spider of a URL by its host."""
        super().__init_subclass__(**given)
        site = getattr(cls, "site", None) or getattr(cls, "name", None)
        if isinstance(site, str) and site in SITES:
            cls.site = SITES[site]
            cls.allowed_domains = [cls.site.host]

    def __init__(self, **given: Any) -> None:
        """Parse the arguments.

        Raises:
            ArgumentError: one of them is wrong, or the class names no site.
        """
        if not isinstance(getattr(self, "site", None), Site):
            raise ArgumentError(
                f"{type(self).__name__}: set the class attribute site to one of {', '.join(SITES)}"
            )
        self.arguments = Arguments.parse(self.site, given)
        self._plan = self.arguments.plan(given)
        super().__init__()
        self._blocked = 0

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        """Create the spider with its run, parser and policies."""
        spider = super().from_crawler(crawler, *args, **kwargs)
        settings, site, arguments = crawler.settings, spider.site, spider.arguments
        spider.run = run = Run.of(crawler, job_name(spider.name, kwargs.get("_job")))
        run.plan = spider._plan
        spider.rules = RuleStore(site.name, run.ledger)
        spider.parser = parser_of(settings, site, spider.rules.book)
        spider.driver = FlowDriver(crawler, spider.parser, spider.rules, run.ledger)
        spider.discovery = Discovery(
            crawler, site, arguments, run, spider.parser, spider.article_request
        )
        run.listeners.append(spider.rules)
        spider.recrawl = RecrawlPolicy(settings)
        spider.hosts = Hosts.of(crawler)
        web_archive = WebArchive(settings)
        if web_archive.base:
            host = spider.hosts.at(web_archive.base)
            host.pace = max(host.pace, settings.getfloat("WEB_ARCHIVE_DELAY"))
        exclude = settings.getbool("EXCLUDE_NOAI_HOSTS")
        spider.flow = ArticleFlow(web_archive, arguments.follow, exclude)
        crawler.signals.connect(spider.parser.close, signals.spider_closed)
        crawler.signals.connect(spider.spider_idle, signals.spider_idle)
        return spider

    async def start(self) -> AsyncIterator[Request]:
        """Yield the first requests; a ledger that cannot be written ends the run."""
        if not self.settings["CONTACT"]:
            self.logger.warning(
                "No contact configured: export NEWSCRAWL_CONTACT=you@university.example"
            )
        if not self.site.alive:
            self.logger.warning("%s is known to be down: %s", self.site.host, self.site.note)
        try:
            if self.arguments.check is not None:
                checks = SourceChecks(self.crawler, self.arguments, self.run, self.driver)
                self.run.listeners.append(checks)
                for request in checks.requests():
                    yield request
                return
            async for request in self.discovery.start():
                yield request
        except StoreError as error:
            stop(self.crawler, error)

    def spider_idle(self) -> None:
        """Set the finish reason of a run that ended early.

        Raises:
            CloseSpider: the site could not be reached.
        """
        if self.discovery.away:
            raise CloseSpider("site_away")

    # --- The aggregator's copy -------------------------------------------------------------------

    def article_request(
        self, key: ArticleKey, discovered: str | None, page: ListingPage | None
    ) -> Request:
        """Return the request for an article; ``discovered`` is ``None`` if it may not exist."""
        return Request(
            key.url,
            callback=self.parse_article,
            errback=self.article_failed,
            dont_filter=True,  # filtered by the ledger
            meta={ARTICLE.name: key.id},
            cb_kwargs={"key": key, "discovered": discovered, "page": page},
        )

    async def parse(self, response: Response) -> Results:
        """Parse an article page that the spider did not request, as ``scrapy parse URL`` does."""
        key = parse_article_url(response.url)
        if key is None or key.aggregator != self.site.name:
            self.logger.error("%s is not an article page of %s", response.url, self.site.name)
            return
        assert response.request
        ARTICLE.set(response.request, key.id)
        async for result in self.parse_article(response, key=key, discovered=now(), page=None):
            yield result

    @guarded
    async def parse_article(
        self,
        response: Response,
        key: ArticleKey,
        discovered: str | None,
        page: ListingPage | None,
    ) -> Results:
        """Parse an article page of the aggregator and follow its source."""
        copy, too_old = None, None
        try:
            if discovered is not None or self._is_new(key):
                discovered = discovered or now()
                copy, links = await self._parse_copy(response, key)
                if copy:
                    for request in self.discovery.follow_links(copy.key, links):
                        yield request
                    too_old = self._is_too_old(copy)
        except Exception as error:  # noqa: BLE001 - the walk must not wait forever for this article
            report_error(self.crawler, response, error)
            copy = None
        for request in self.discovery.parsed(page, too_old=too_old):
            yield request
        if copy and copy.published and not self.discovery.wants(copy.published):
            self.discovery.skip_unwanted(key, copy.published)
        elif copy:
            article = responses.read_copy(response, copy, self.site, discovered)
            async for result in self.driver.advance(response, steps=self.flow.steps(article)):
                yield result

    async def _parse_copy(
        self, response: Response, key: ArticleKey
    ) -> tuple["AggregatorPage | None", list[ArticleKey]]:
        """Parse the copy and its page's links; on any other page, fail the article."""
        if parse_article_url(response.url) != key:
            self._not_the_article(key, response, f"redirected to {response.url}")
            return None, []
        if len(response.body) <= _BLOCK_PAGE and challenge({}, response.body):
            # Detected before parsing, so that a blocked crawl ends at once.
            self._count("pages")
            self._count("unreadable")
            self._not_the_article(key, response, "block page")
            return None, []
        content_type = responses.content_type(response)
        job = CopyJob(response.url, response.body, content_type, self.discovery.all_new)
        copy = await self.parser.begin(job)
        self._count("pages")
        if copy.page is None:
            self._count("unreadable")
            self._not_the_article(key, response, copy.why)
            return None, []
        self._blocked = 0
        self.discovery.note_headlines(copy.page.headlines)
        return copy.page, copy.links

    def _is_new(self, key: ArticleKey) -> bool:
        """Store an existing article in the ledger, unless ``limit`` is reached or it is known."""
        return self.discovery.claims.remaining != 0 and bool(self.discovery.claims.find([key]))

    def _is_too_old(self, copy: "AggregatorPage") -> bool:
        since = self.arguments.since
        return bool(since and copy.published and copy.published.when.date() < since)

    @guarded
    async def article_failed(self, failure: Failure) -> Results:
        """Handle an aggregator's page that could not be fetched."""
        request: Request = failure.request  # type: ignore[attr-defined]
        given = request.cb_kwargs
        try:
            self._note_failure(given["key"], failure, candidate=given["discovered"] is None)
        except Exception as error:  # noqa: BLE001 - the walk must not wait forever for this article
            report_error(self.crawler, failure, error)
        for following in self.discovery.parsed(given["page"], too_old=None):
            yield following

    def _note_failure(self, key: ArticleKey, failure: Failure, *, candidate: bool) -> None:
        error = failure.value
        if candidate:
            if isinstance(error, HttpError) and error.response.status in (404, 410):
                self._count("absent")
                return
            self.discovery.claims.find([key])
        outcome = source_status.of_failure(failure)
        if outcome.asked:
            self._fail(key, outcome.reason)
        else:
            self.discovery.end_early(outcome.reason)  # the next run takes over the article

    def _not_the_article(self, key: ArticleKey, response: Response, reason: str) -> None:
        """Fail an article; consecutive block pages make the whole site back off."""
        block = source_status.block_page_of_site(response, key.url)
        if block:
            self._blocked += 1
            if self._blocked >= self.hosts.failures > 0:
                why = f"{self._blocked} pages in a row, the last: {block}"
                self.hosts.at(key.url).rest(self.hosts.rest, why)
        self._fail(key, block or reason)

    def _fail(self, key: ArticleKey, reason: str) -> None:
        self.logger.warning("%s cannot be parsed: %s", key.url, reason)
        self.recrawl.fail(self.run.ledger.articles, key.id, reason)

    # --- End of run ------------------------------------------------------------------------------

    def closed(self, reason: str) -> None:
        """Store the end of a run."""
        if reason == "finished":
            self.discovery.finish()

    def _count(self, name: str) -> None:
        assert self.crawler.stats
        self.crawler.stats.inc_value(f"articles/{name}")
