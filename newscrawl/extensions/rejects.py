"""Extension that stores every rejected record with its reasons."""

from scrapy import signals
from scrapy.crawler import Crawler

from newscrawl.errors import StoreError
from newscrawl.fetching.shutdown import stop
from newscrawl.items import Article
from newscrawl.state.jsonl import LineFile
from newscrawl.state.run import Run


class Rejects:
    """Extension that writes rejected records to ``rejects/<site>/<job>.jsonl``."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._run = Run.of(crawler)
        self._file: LineFile | None = None
        self._fsync = crawler.settings.getbool("FEED_FSYNC")
        crawler.signals.connect(self.spider_opened, signals.spider_opened)
        crawler.signals.connect(self.item_dropped, signals.item_dropped)
        crawler.signals.connect(self.spider_closed, signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "Rejects":
        """Create the component for a crawler."""
        return cls(crawler)

    def spider_opened(self) -> None:
        """Open the rejects file before anything is fetched."""
        try:
            self._file = LineFile(self._run, "rejects", fsync=self._fsync)
        except StoreError as error:
            stop(self._crawler, error)

    def item_dropped(self, item: Article, exception: Exception) -> None:
        """Write a record and its reasons, unless a pipeline has already settled the article."""
        if getattr(exception, "settled", False) or self._file is None:
            return
        reasons = getattr(exception, "reasons", None) or [str(exception)]
        due = getattr(exception, "due", None)
        if due:
            assert self._crawler.stats
            self._crawler.stats.inc_value("articles/future")
        try:
            with self._run.ledger.transaction():
                self._file.append([{"reasons": reasons, "record": item}])
                self._run.ledger.articles.settle(
                    item.id, "rejected", reason="; ".join(reasons), due=due
                )
        except StoreError as error:
            stop(self._crawler, error)

    def spider_closed(self) -> None:
        """Close the file."""
        if self._file:
            self._file.close()
