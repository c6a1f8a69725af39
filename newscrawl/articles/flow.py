"""Article flow: the steps from the aggregator's copy to a finished record, free of I/O.

The flow of an article is a generator. It yields the next step, receives the step's result, and
returns the record. The crawl and re-extraction run the same flow, but execute steps differently.
"""

import logging
from collections.abc import Generator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from scrapy.http import Response
from twisted.python.failure import Failure

from newscrawl.articles import merge, responses, source_status
from newscrawl.articles.parse_jobs import INCOMPLETE, ReadSource, SourceJob
from newscrawl.extraction.alignment import WHOLE
from newscrawl.fetching.web_archive import Snapshot, WebArchive
from newscrawl.items import Article

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Fetch:
    """Step: fetch the outlet's page; the flow is resumed with ``Response`` or ``Failure``."""

    url: str
    """The source link."""
    conditions: Mapping[str, str] = field(default_factory=dict)
    """Request headers of a conditional request; then the response may be a 304."""


@dataclass(frozen=True, slots=True)
class Parse:
    """Step: parse the outlet's page; the flow is resumed with the ``ReadSource``."""

    job: SourceJob
    """The page and the record that it completes."""


@dataclass(frozen=True, slots=True)
class Render:
    """Step: render a page in the browser; resumed with ``Response``, ``Failure`` or ``None``."""

    page: Response
    """The page as the server sent it."""
    shell: bool
    """Whether scripts seem to complete it."""


@dataclass(frozen=True, slots=True)
class AskWebArchive:
    """Step: list a lost page's snapshots; resumed with ``Response`` or ``Failure``."""

    url: str
    """URL of the list."""


@dataclass(frozen=True, slots=True)
class FetchSnapshot:
    """Step: fetch a web archive snapshot; resumed with ``Response`` or ``Failure``."""

    snapshot: Snapshot
    """The one nearest to the article's date."""


Step = Fetch | Parse | Render | AskWebArchive | FetchSnapshot
"""Next step of an article."""

Result = Response | Failure | ReadSource | None
"""Result of a step."""

Steps = Generator[Step, Any, Article]
"""Generator of one article's steps; receives a ``Result`` for each."""

AnySteps = Generator[Step, Any, Article | None]
"""A flow that may end without a record."""


@dataclass(frozen=True, slots=True)
class ArticleFlow:
    """Generator of the steps of an article: fetch, parse, render, web archive."""

    web_archive: WebArchive
    """Web archive that is searched for snapshots of lost sources."""
    follow: bool = True
    """Whether source links are followed."""
    exclude: bool = False
    """Whether sources are withdrawn whose owner opts out of text and data mining."""

    def steps(self, article: Article) -> Steps:
        """Complete a record that holds the aggregator's copy."""
        link = article.source.link
        if link is None or not self.follow:
            merge.without_source(article, "no_link" if link is None else "not_followed", None)
            return article
        page = yield Fetch(link)
        return (yield from self.after_fetch(article, page))

    def after_fetch(self, article: Article, page: Response | Failure) -> Steps:
        """Complete a record from the response to its source link, or from the failure."""
        if isinstance(page, Failure):
            link = article.source.link
            responses.source_lost(article, page)
            if article.source.status == "unsafe":
                reason = article.source.reason
                logger.warning("Unsafe link in %s: %s (%s)", article.url, link, reason)
            article = yield from self._despite_error(article, page)
        else:
            read = yield from self._parse(article, page)
            article = read.article
            if article.source.status in INCOMPLETE or read.shell:
                rendered = yield Render(page, read.shell)
                if isinstance(rendered, Failure):
                    responses.not_rendered(article, rendered)
                    return article
                if rendered is not None:
                    return (yield from self._parse(article, rendered)).article
        return (yield from self._from_snapshot(article))

    def _despite_error(self, article: Article, failure: Failure) -> Steps:
        """Complete a record from the page of an HTTP error if it contains the whole copy."""
        page = source_status.page_of_error(failure)
        if page is None or not article.copy.text:
            return article
        found = (yield from self._parse(deepcopy(article), page)).article
        whole = (found.agreement.contained or 0) >= WHOLE
        return found if found.source.status == "ok" and whole else article

    def _parse(self, article: Article, page: Response) -> Generator[Step, Any, ReadSource]:
        """Parse a page and complete the record with it."""
        read = ReadSource(article)
        try:
            job = responses.begin_source(article, page)
            if job:
                read = yield Parse(job)
            responses.finish_source(read.article, page, job, exclude=self.exclude)
        except Exception as error:
            # A bug on an unforeseen response must not lose the record.
            logger.exception("%s: the response of %s could not be handled", article.id, page.url)
            why = f"{type(error).__name__}: {error}"[:200]
            merge.withdraw_source(read.article, "unreadable", why)
        return read

    def _from_snapshot(self, article: Article) -> Steps:
        """Complete a record from a snapshot of its source, if one agrees with its copy."""
        url = self.web_archive.index_url(article)
        if url is None:
            return article
        index = yield AskWebArchive(url)
        if isinstance(index, Failure):
            return _without_snapshot(article, index)
        snapshot = self.web_archive.nearest(article, index.body)
        if snapshot is None:
            return article
        page = yield FetchSnapshot(snapshot)
        if isinstance(page, Failure):
            return _without_snapshot(article, page)
        original = responses.as_original(page, snapshot)
        read = yield from self._parse(deepcopy(article), original)
        return responses.better_of(article, read.article, snapshot)


def _without_snapshot(article: Article, failure: Failure) -> Article:
    """Return the record as it is, and log why the web archive has no snapshot."""
    url = failure.request.url  # type: ignore[attr-defined]  # set by Scrapy
    logger.info("No snapshot from %s: %s", url, source_status.of_failure(failure).reason)
    return article
