"""Source checks (``check=N``): fetch the sources of exported articles again."""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from scrapy.crawler import Crawler
from scrapy.http import Request

from newscrawl.articles.flow import ArticleFlow
from newscrawl.articles.source_checks import check_steps
from newscrawl.errors import StorageError
from newscrawl.fetching.request_meta import ARTICLE
from newscrawl.fetching.web_archive import WebArchive
from newscrawl.items import SourceCheck
from newscrawl.spiders.arguments import Arguments
from newscrawl.spiders.flow_driver import FlowDriver
from newscrawl.state.jsonl import LineFile, exported_record
from newscrawl.state.run import Run, RunListener, now
from newscrawl.state.source_checks import CheckedPage

logger = logging.getLogger(__name__)

_NOT_REQUESTED = ("no_link", "unsafe", "not_followed")


class SourceChecks(RunListener):
    """Source checks of a run: which sources are requested, and the file of results.

    Args:
        crawler: Crawler of the running spider.
        arguments: Editions, outlets and number of sources.
        run: Run whose ledger and directory are used.
        driver: Runs the article flow.
    """

    def __init__(
        self, crawler: Crawler, arguments: Arguments, run: Run, driver: FlowDriver
    ) -> None:
        self._crawler = crawler
        self._arguments = arguments
        self._run = run
        self._driver = driver
        settings = crawler.settings
        web_archive = WebArchive(settings)
        web_archive.base = ""  # a snapshot would hide that the source is lost
        self._flow = ArticleFlow(web_archive, exclude=settings.getbool("EXCLUDE_NOAI_HOSTS"))
        self._age = timedelta(days=settings.getfloat("SOURCE_CHECK_DAYS"))
        self._file: LineFile | None = None

    def requests(self) -> Iterator[Request]:
        """Yield the requests for sources that have not been fetched for a while.

        Raises:
            StoreError: the ledger cannot be read or written.
        """
        due = self._run.ledger.source_checks.due(
            self._run.site,
            (datetime.now(UTC) - self._age).isoformat(timespec="seconds"),
            self._arguments.check or 0,
            editions=self._arguments.editions,
            outlets=self._arguments.outlets,
        )
        logger.info("%d sources are due for a check", len(due))
        for article in due:
            try:
                record = exported_record(self._run, article)
            except StorageError as error:  # they remain due
                logger.warning("no further sources are checked in this run: %s", error)
                return
            if record is None:  # it would be due forever
                self._count("unreadable record")
            if record is None or record.source.status in _NOT_REQUESTED:
                self._run.ledger.source_checks.note(article, now())
                continue
            last = self._run.ledger.source_checks.page_of(article)
            steps = check_steps(self._flow, record, last, self._store, now())
            yield self._driver.first_request(
                steps, Request(record.url, meta={ARTICLE.name: article})
            )

    def _store(self, check: SourceCheck, page: CheckedPage | None) -> None:
        """Write a result and commit it with the time of the check and the page's validators."""
        if self._file is None:
            self._file = LineFile(
                self._run, "checks", fsync=self._crawler.settings.getbool("FEED_FSYNC")
            )
        with self._run.ledger.transaction():
            self._file.append([check])
            self._run.ledger.source_checks.note(check.id, check.checked, page)
        self._count(check.state)

    def _count(self, what: str) -> None:
        assert self._crawler.stats
        self._crawler.stats.inc_value(f"source_checks/{what}")

    def before_close(self) -> None:
        """Close the file of the results."""
        if self._file:
            self._file.close()
