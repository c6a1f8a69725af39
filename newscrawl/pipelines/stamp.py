"""Says in each record which run made it."""

from scrapy.crawler import Crawler

from newscrawl import __version__
from newscrawl.items import Article
from newscrawl.run import Run, now


class StampPipeline:
    """Fills ``crawl``, but for the moment of discovery, which the spider knows."""

    def __init__(self, run: Run) -> None:
        self._run = run

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "StampPipeline":
        """Built by Scrapy."""
        return cls(Run.of(crawler))

    def process_item(self, item: Article) -> Article:
        """Stamp a record."""
        item.crawl.job = self._run.job
        item.crawl.spider = self._run.site
        item.crawl.version = __version__
        item.crawl.exported = now()
        return item
