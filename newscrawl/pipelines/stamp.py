"""Add the run's name, spider and software version to each record."""

from scrapy.crawler import Crawler

from newscrawl import __version__
from newscrawl.items import Article
from newscrawl.state.run import Run, now


class StampPipeline:
    """Pipeline that fills ``crawl``, except the time of discovery, which the spider sets."""

    def __init__(self, run: Run) -> None:
        self._run = run

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "StampPipeline":
        """Create the pipeline from a crawler."""
        return cls(Run.of(crawler))

    def process_item(self, item: Article) -> Article:
        """Stamp a record."""
        item.crawl.job = self._run.job
        item.crawl.spider = self._run.site
        item.crawl.version = __version__
        item.crawl.exported = now()
        return item
