"""Rebuilds records from a WARC archive with the current code, without network or engine.

A record is made from the archive alone: the aggregator's page of an article has the source link,
and the archive has the responses to it, redirects included.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import groupby
from pathlib import Path
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
from newscrawl.aggregator.sites import SITES
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
from newscrawl.articles.parse_workers import Parser, ParserPool, limits_of
from newscrawl.articles.rule_store import RuleStore
from newscrawl.articles.validation import faults
from newscrawl.errors import (
    BrowserError,
    ForbiddenByRobotsError,
    NotInArchiveError,
    RobotsUnreachableError,
    StoreError,
)
from newscrawl.extraction import RuleBook
from newscrawl.fetching.request_meta import ARCHIVED, DIRECTIVES, PLAIN_PAGE
from newscrawl.fetching.web_archive import WebArchive
from newscrawl.items import Article
from newscrawl.middlewares.archive import address
from newscrawl.middlewares.compression import CompressionMiddleware
from newscrawl.middlewares.refresh import RefreshMiddleware
from newscrawl.middlewares.replay import response_of
from newscrawl.middlewares.robots import HostRules, rules_of
from newscrawl.outlets import first_domain
from newscrawl.state import Ledger, files_of, ledger_of
from newscrawl.state.place import Place
from newscrawl.state.run import now
from newscrawl.text.signatures import TextIndex, signature

_AHEAD = 8
"""Articles in progress for each worker, so that none is idle and memory stays flat."""


class UnreadableArticleError(Exception):
    """The archive has no page of an article that can be parsed.

    Raised by ``Reextractor.read``; the message says why.
    """


class Reextractor:
    """Rebuilds the record of an article from archived responses.

    Args:
        index: Index of the archive, up to date.
        place: Ledger of the crawls, whose learned rules and domains are used.
        settings: The project's settings, of which those for redirects, sizes and robots.txt apply.

    """

    def __init__(self, index: ArchiveIndex, place: Place | Path, settings: Settings) -> None:
        self._index = index
        self._place = place
        self._agent = settings["ROBOTSTXT_USER_AGENT"]
        exclude = settings.getbool("EXCLUDE_NOAI_HOSTS")
        self._flow = ArticleFlow(WebArchive(settings), exclude=exclude)
        crawler = Crawler(Spider, settings)
        crawler.stats = DummyStatsCollector(crawler)
        # A crawl's middlewares that turn a response into a page, in their order.
        self._middlewares = (
            RedirectMiddleware.from_crawler(crawler),
            CompressionMiddleware.from_crawler(crawler),
            RefreshMiddleware.from_crawler(crawler),
        )
        self._robots = lru_cache(1000)(self._read_robots)
        self._learned_domain_of = lru_cache(1000)(self._learned_domain)

    async def read(self, key: ArticleKey, parser: Parser) -> Article:
        """Rebuild the record of an article.

        Args:
            key: The article.
            parser: Parses its pages.

        Raises:
            UnreadableArticleError: there is no page of it, or that page cannot be parsed.
            ParserError: no parse worker can be started.
        """
        request, result = self._ask(key.url)
        if isinstance(result, Exception):
            raise UnreadableArticleError(source_status.of_failure(_failure(request, result)).reason)
        if parse_article_url(result.url) != key:
            raise UnreadableArticleError(f"redirected to {result.url}")
        content_type = responses.content_type(result)
        copy = await parser.begin(CopyJob(result.url, result.body, content_type, links=False))
        if copy.page is None:
            raise UnreadableArticleError(copy.why)
        article = responses.read_copy(result, copy.page, key.site)
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
        learned = self._learned_domain_of(key.aggregator, key.edition, key.outlet)
        return learned or first_domain(key.site.country, key.edition, key.outlet)

    def rules_of(self, site: str) -> RuleBook:
        """Return the learned rules of a site.

        Raises:
            StoreError: they cannot be read.
        """
        with ledger_of(self._place) as ledger:
            return RuleStore(site, ledger).book

    def _learned_domain(self, site: str, edition: str, outlet: str) -> str | None:
        """Return the domain on which crawls have parsed an outlet's sources."""
        with ledger_of(self._place) as ledger:
            return ledger.outlets.domain_of(site, edition, outlet) if ledger else None

    def _ask(self, url: str) -> tuple[Request, Response | Exception]:
        """Follow a URL's redirects; return the last request and its page or error."""
        request = Request(url)
        while True:
            try:
                result = self._page(request)
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
        """Raise the error of a request that robots.txt prevented.

        Raises:
            ForbiddenByRobotsError: robots.txt disallows the URL.
            RobotsUnreachableError: robots.txt could not be fetched.
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
    return next((a for a in reversed(found) if 200 <= a.status < 400), found[-1])


def _result(request: Request, page: Response | Exception) -> Response | Failure:
    """Return the result of a request for the article flow."""
    return page if isinstance(page, Response) else _failure(request, page)


def _failure(request: Request, error: Exception) -> Failure:
    failure = Failure(error)  # type: ignore[no-untyped-call]
    failure.request = request  # type: ignore[attr-defined]  # where Scrapy puts it
    return failure


# --- Whole archives ------------------------------------------------------------------------------


@dataclass(slots=True)
class Reextraction:
    """Number of rebuilt records, and the articles that failed."""

    records: int = 0
    """Records written."""
    problems: list[tuple[str, str]] = field(default_factory=list)
    """Articles without a record, with the reason."""


Read = Article | tuple[str, str]
"""A record, or an article's ID and why it has no record."""


def reextract(
    archive: Path, output: Path, place: Place | Path, settings: Settings, *, jobs: int
) -> Reextraction:
    """Write the records of every article in an archive, ordered by site and URL.

    They are written to ``output`` with ``.part`` appended, and renamed at the end. If that
    file exists, its records are kept, and the remaining ones are added.

    Args:
        archive: The archive directory.
        output: The feed to write; it must not exist.
        place: Ledger of the crawls, whose learned rules are used.
        settings: The project's; ``PARSE_MEMORY_MB`` and ``PARSE_SECONDS`` are limits of each page.
        jobs: Number of parse workers.

    Raises:
        ArchiveError: there is no archive, or it cannot be read.
        ParserError: no parse worker can be started.
        StoreError: the feed exists or cannot be written, or rules cannot be read.
    """
    if output.exists():
        raise StoreError(f"{output} exists: choose another name, or move it to another place")
    index = ArchiveIndex(files_of(place, archive))
    with ThreadPoolExecutor(jobs) as pool:  # decompression releases Python's global lock
        index.update(pool.map)
    reextractor = Reextractor(index, place, settings)
    keys = _keys(index, _last(_part(output)))
    return asyncio.run(_write(output, _read_all(reextractor, keys, settings, jobs)))


def _part(output: Path) -> Path:
    return output.with_name(output.name + ".part")


def _last(part: Path) -> ArticleKey | None:
    """Return the article of an unfinished feed's last complete line; the rest is cut off."""
    if not part.exists():
        return None
    with part.open("rb+") as file:
        end = last = 0
        for line in file:
            if line.endswith(b"\n"):
                last, end = end, end + len(line)
        file.truncate(end)
        file.seek(last)
        line = file.readline()
    return parse_article_url(msgspec.json.decode(line)["url"]) if line else None


def _keys(index: ArchiveIndex, after: ArticleKey | None) -> Iterator[ArticleKey]:
    """Yield the articles in the archive, ordered by site and URL, after ``after`` if given."""
    names = list(SITES)
    for name in names[names.index(after.aggregator) if after else 0 :]:
        start = after.url if after and after.aggregator == name else ""
        for url in index.urls(SITES[name].url("/"), start):
            key = parse_article_url(url)
            if key and key.url == url:
                yield key


async def _read_all(
    reextractor: Reextractor, keys: Iterator[ArticleKey], settings: Settings, jobs: int
) -> AsyncGenerator[Read, None]:
    """Rebuild records with a pool of parse workers for each site; the results are in order."""
    for name, of_site in groupby(keys, key=lambda key: key.aggregator):
        rules = reextractor.rules_of(name)
        parser = ParserPool(SITES[name], rules, jobs, limits_of(settings))
        waiting: deque[asyncio.Task[Read]] = deque()
        try:
            for key in of_site:
                waiting.append(asyncio.ensure_future(_read(reextractor, key, parser)))
                if len(waiting) >= jobs * _AHEAD:
                    yield await waiting.popleft()
            while waiting:
                yield await waiting.popleft()
        finally:
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
            await parser.close()


async def _read(reextractor: Reextractor, key: ArticleKey, parser: Parser) -> Read:
    try:
        article = await reextractor.read(key, parser)
    except UnreadableArticleError as error:
        return key.id, str(error)
    reasons = faults(article)
    return (key.id, "; ".join(reasons)) if reasons else article


async def _write(output: Path, results: AsyncGenerator[Read, None]) -> Reextraction:
    """Write the records, and set ``duplicate_of`` of repeated texts."""
    outcome = Reextraction()
    part = _part(output)
    texts = part.with_name(part.name + ".sqlite")
    ledger = Ledger(texts)
    index = TextIndex(ledger.texts)
    try:
        async with aclosing(results):
            with part.open("ab") as file:
                async for result in results:
                    if isinstance(result, tuple):
                        outcome.problems.append(result)
                        continue
                    sign = signature(result.text or "")
                    result.duplicate_of = index.first_alike(result.id, sign)
                    index.accept(result.id)
                    index.commit()
                    file.write(msgspec.json.encode(result) + b"\n")
                    file.flush()
                    outcome.records += 1
        part.rename(output)
    except OSError as error:
        raise StoreError(f"{part} cannot be written: {error}") from error
    finally:
        ledger.close()
    for left in texts.parent.glob(texts.name + "*"):
        left.unlink()
    return outcome
