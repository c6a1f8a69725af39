"""Write records to the feed, each exactly once even if the run is killed."""

import logging
from collections import Counter
from time import monotonic

from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem

from newscrawl.articles.recrawl import RecrawlPolicy
from newscrawl.errors import StoreError
from newscrawl.fetching.shutdown import stop
from newscrawl.items import Article
from newscrawl.pipelines.domain import domain_of_source
from newscrawl.pipelines.versions import fingerprints
from newscrawl.state.articles import State
from newscrawl.state.compression import packing_of
from newscrawl.state.jsonl import LineFile
from newscrawl.state.run import Run

logger = logging.getLogger(__name__)


class UnwrittenRecordError(DropItem):
    """A record is complete, but the feed or the ledger can no longer be written.

    Raised by ``FeedPipeline``; the record's article stays ``found`` in the ledger.
    """

    settled = True


class FeedPipeline:
    """Pipeline that writes records in batches, each with its ledger entries in one transaction.

    A batch that cannot be written ends the run; its articles stay ``found`` in the ledger, so that
    the next run fetches them again.
    """

    def __init__(self, crawler: Crawler) -> None:
        settings = crawler.settings
        self._crawler = crawler
        self._run = Run.of(crawler)
        self._recrawl = RecrawlPolicy(settings)
        self._batch: list[Article] = []
        self._batch_size = settings.getint("FEED_BATCH")
        self._batch_seconds = settings.getfloat("FEED_BATCH_SECONDS")
        self._fsync = settings.getbool("FEED_FSYNC")
        self._packing = packing_of(settings["FEED_COMPRESSION"])
        self._flushed = monotonic()
        self._broken: StoreError | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "FeedPipeline":
        """Create the pipeline from a crawler."""
        return cls(crawler)

    def open_spider(self) -> None:
        """Make sure the feed can be written before anything is fetched."""
        self._feed = LineFile(self._run, "feeds", fsync=self._fsync, packing=self._packing)

    def process_item(self, item: Article) -> Article:
        """Add a record to the batch, which is written when it is full or old enough.

        Raises:
            UnwrittenRecordError: no batch can be written any more.
        """
        self._batch.append(item)
        self._run.texts.accept(item.id)
        late = monotonic() - self._flushed > self._batch_seconds
        try:
            if self._broken:
                raise self._broken
            if late or len(self._batch) >= self._batch_size:
                self._flush()
        except StoreError as error:
            self._broken = error
            stop(self._crawler, error)
            raise UnwrittenRecordError("not written", log_level="DEBUG") from error
        return item

    def close_spider(self) -> None:
        """Write the last batch."""
        try:
            self._flush()
        except StoreError as error:
            logger.error("%d records are not written: %s", len(self._batch), error)  # noqa: TRY400 - not a bug, no traceback
        self._feed.close()

    def _flush(self) -> None:
        """Write the batch and commit it, completely or not at all."""
        if self._batch:
            with self._run.ledger.transaction():
                for listener in self._run.listeners:
                    listener.with_records(self._batch)
                self._run.texts.commit()
                positions = self._feed.append(self._batch)
                name = self._run.relative(self._feed.path)
                outcomes = self._run.ledger.articles.last_outcomes([i.id for i in self._batch])
                for item, position in zip(self._batch, positions, strict=True):
                    self._note(item, name, position, outcomes.get(item.id, ("found", 0)))
                self._learn_domains()
            for listener in self._run.listeners:
                listener.after_commit(self._batch)
            self._batch.clear()
        self._flushed = monotonic()

    def _note(self, item: Article, file: str, position: int, last: tuple[State, int]) -> None:
        """Update the ledger: the article's outcome and its next visit."""
        articles = self._run.ledger.articles
        state, due = self._recrawl.after(item, last)
        articles.settle(item.id, state, due=due)
        articles.note_export(
            item.id, self._run.job, item.version, fingerprints(item), file, position
        )

    def _learn_domains(self) -> None:
        """Count the sources of the batch by outlet and domain."""
        domains = Counter(
            (item.aggregator, item.edition, item.outlet.slug, domain)
            for item in self._batch
            if (domain := domain_of_source(item))
        )
        for outlet, pages in domains.items():
            self._run.ledger.outlets.learn_domain(*outlet, pages=pages)
