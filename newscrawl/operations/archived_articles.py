"""Rebuild the record of one article from a WARC archive, without network or engine.

A record is made from the archive alone: the aggregator's page of the article has the source link,
and the archive has the responses to it, redirects included.
"""

from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import urlsplit

import msgspec
from scrapy import Spider
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.redirect import RedirectMiddleware
from scrapy.http import Request, Response
from scrapy.settings import Settings
from scrapy.spidermiddlewares.httperror import HttpError
from scrapy.statscollectors import DummyStatsCollector
from twisted.python.failure import Failure

from newscrawl import __version__
from newscrawl.aggregator.urls import ArticleKey, parse_article_url
from newscrawl.archive.warc import ArchivedResponse, ArchiveIndex, read_exchange
from newscrawl.articles import merge, responses, source_status
from newscrawl.articles.flow import (
    ArticleFlow,
    AskWebArchive,
    Fetch,
    FetchSnapshot,
    Parse,
    Render,
    Result,
)
from newscrawl.articles.parse_jobs import CopyJob
from newscrawl.articles.parse_workers import Parser
from newscrawl.errors import (
    ArchiveError,
    BrowserError,
    ForbiddenByRobotsError,
    NotInArchiveError,
    RobotsUnreachableError,
    StorageError,
    UnreadableArticleError,
)
from newscrawl.fetching.request_meta import ARCHIVED, DIRECTIVES, PLAIN_PAGE
from newscrawl.fetching.web_archive import WebArchive
from newscrawl.items import Article
from newscrawl.middlewares.archive import address
from newscrawl.middlewares.compression import CompressionMiddleware
from newscrawl.middlewares.refresh import RefreshMiddleware
from newscrawl.middlewares.replay import response_of
from newscrawl.middlewares.robots import HostRules, rules_of
from newscrawl.outlets import first_domain
from newscrawl.state.run import now


class LearnedFacts(msgspec.Struct, frozen=True):
    """Learned extraction rules and outlet domains of a site."""

    rules: bytes
    """Extraction rules, as JSON Lines."""
    domains: dict[str, str]
    """Registered domain of an outlet's sources, by edition and slug (``fr/lopinion``)."""


class Reextractor:
    """Builder of an article's record from archived responses.

    Args:
        index: Index of the archive, up to date.
        learned: Learned rules and domains by site.
        settings: The project's settings, of which those for redirects, sizes and robots.txt apply.

    """

    def __init__(
        self, index: ArchiveIndex, learned: Mapping[str, LearnedFacts], settings: Settings
    ) -> None:
        self._index = index
        self.learned = learned
        """What crawls have learned, by site."""
        self._agent = settings["ROBOTSTXT_USER_AGENT"]
        exclude = settings.getbool("EXCLUDE_NOAI_HOSTS")
        self._flow = ArticleFlow(WebArchive(settings), exclude=exclude)
        crawler = Crawler(Spider, settings)
        crawler.stats = DummyStatsCollector(crawler)
        # Those of a crawl that change a response, in the order in which responses pass them.
        self._middlewares = (
            RedirectMiddleware.from_crawler(crawler),
            CompressionMiddleware.from_crawler(crawler),
            RefreshMiddleware.from_crawler(crawler),
        )
        self._robots = lru_cache(1000)(self._read_robots)

    async def read(self, key: ArticleKey, parser: Parser) -> Article:
        """Rebuild the record of an article.

        Args:
            key: The article.
            parser: Parses its pages.

        Raises:
            UnreadableArticleError: there is no page of it, or that page cannot be parsed.
            ArchiveError: a file of the archive cannot be opened or read.
            ParserError: no parse worker can be started.
        """
        request, page = self._ask(key.url)
        if isinstance(page, Exception):
            raise UnreadableArticleError(source_status.of_failure(_failure(request, page)).reason)
        if parse_article_url(page.url) != key:
            raise UnreadableArticleError(f"redirected to {page.url}")
        content_type = responses.content_type(page)
        copy = await parser.begin(CopyJob(page.url, page.body, content_type, links=False))
        if copy.page is None:
            raise UnreadableArticleError(copy.why)
        article = responses.read_copy(page, copy.page, key.site)
        if article.source.link is None:
            article.outlet.domain = self._domain_of(key)
        article = await self._complete(article, parser)
        article.crawl.spider, article.crawl.version = key.aggregator, __version__
        article.crawl.job, article.crawl.exported = "reextract", now()
        return article

    async def _complete(self, article: Article, parser: Parser) -> Article:
        """Drive the article flow with the responses in the archive."""
        steps = self._flow.steps(article)
        result: Result = None
        while True:
            try:
                step = steps.send(result)
            except StopIteration as end:
                record: Article = end.value
                return record
            match step:
                case Fetch(url):
                    request, page = self._ask(url)
                    if isinstance(page, NotInArchiveError):
                        merge.without_source(article, "not_followed", str(page))
                        return article
                    if isinstance(page, Response):
                        rules = self._robots_of(page.url)
                        if isinstance(rules, HostRules):
                            DIRECTIVES.set(page, rules.directives)
                    result = _result(request, page)
                case Parse(job):
                    result = await parser.begin(job)
                case Render(page, _):
                    result = self._rendered(page)
                case AskWebArchive(url):
                    result = _result(*self._ask(url))
                case FetchSnapshot(snapshot):
                    result = _result(*self._ask(snapshot.url))

    def _rendered(self, page: Response) -> Response | Failure | None:
        """Return the rendered page or the failure; ``None`` if it was not rendered."""
        request = Request(page.url, meta={**page.meta, PLAIN_PAGE.name: page})
        found = self._index.responses_to(address(request))
        if not found:
            return None
        archived = _best(found)
        ARCHIVED.set(request, archived)
        try:
            response = response_of(read_exchange(self._index.archive, archived.location))
        except BrowserError as error:
            return _failure(request, error)
        response.request = request
        return response

    def _domain_of(self, key: ArticleKey) -> str | None:
        """Return the domain of an outlet whose article has no link."""
        learned = self.learned[key.aggregator].domains.get(f"{key.edition}/{key.outlet}")
        return learned or first_domain(key.site.country, key.edition, key.outlet)

    def _ask(self, url: str) -> tuple[Request, Response | Exception]:
        """Follow a URL's redirects; return the last request and its page or error.

        Raises:
            ArchiveError: a file of the archive cannot be opened or read. That says nothing about
                the page, while a damaged record costs its own article alone.
            StorageError: object storage cannot be reached.
        """
        request = Request(url)
        while True:
            try:
                result = self._page(request)
            except ArchiveError as error:
                if isinstance(error.__cause__, OSError):
                    raise
                return request, error
            except StorageError:
                raise
            except Exception as error:  # noqa: BLE001 - any error of a downloader or middleware
                return request, error
            if isinstance(result, Response):
                return request, result
            request = result

    def _page(self, request: Request) -> Response | Request:
        """Return the page for a request, or the next request of a redirect."""
        found = self._index.responses_to(request.url)
        if not found:
            self._check_robots(request.url)
            raise NotInArchiveError
        archived = _best(found)
        response = response_of(read_exchange(self._index.archive, archived.location))
        ARCHIVED.set(request, archived)
        response.request = request
        for middleware in self._middlewares:
            result = middleware.process_response(request, response)
            if isinstance(result, Request):
                return result
            response = result
        if not 200 <= response.status < 300:
            raise HttpError(response)
        return response

    def _check_robots(self, url: str) -> None:
        """Check that robots.txt was not the reason why a URL was not requested.

        Raises:
            ForbiddenByRobotsError: it was.
            RobotsUnreachableError: it was, as robots.txt could not be fetched.
        """
        rules = self._robots_of(url)
        if isinstance(rules, str):
            raise RobotsUnreachableError(f"robots.txt: {rules}")
        if rules and not rules.allow(url):
            raise ForbiddenByRobotsError("robots.txt")

    def _robots_of(self, url: str) -> HostRules | str | None:
        parts = urlsplit(url)
        return self._robots(f"{parts.scheme}://{parts.netloc}/robots.txt")

    def _read_robots(self, url: str) -> HostRules | str | None:
        """Return the rules of a host or the failure; ``None`` if they were not requested."""
        if not self._index.responses_to(url):
            return None
        _, result = self._ask(url)
        if isinstance(result, HttpError):
            result = result.response
        if isinstance(result, Exception):
            return type(result).__name__
        return rules_of(result.status, result.body, self._agent)


def _best(found: list[ArchivedResponse]) -> ArchivedResponse:
    """Return the last successful response, or the last one: later errors do not hide a page."""
    pages = (a for a in reversed(found) if 200 <= a.status < 400 and a.status != 304)
    return next(pages, found[-1])


def _result(request: Request, page: Response | Exception) -> Response | Failure:
    """Return the result of a request for the article flow."""
    return page if isinstance(page, Response) else _failure(request, page)


def _failure(request: Request, error: Exception) -> Failure:
    failure = Failure(error)  # type: ignore[no-untyped-call]
    failure.request = request  # type: ignore[attr-defined]  # where Scrapy puts it
    return failure
