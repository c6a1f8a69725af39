"""Marks records whose text was seen before under another id; drops none."""

from scrapy.crawler import Crawler

from newscrawl.duplicates import bands, first_of, signature
from newscrawl.items import Article
from newscrawl.run import Run


class DuplicatesPipeline:
    """Fills ``duplicate_of``, across outlets, sites and runs."""

    def __init__(self, run: Run) -> None:
        self._run = run

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "DuplicatesPipeline":
        """Built by Scrapy."""
        return cls(Run.of(crawler))

    def process_item(self, item: Article) -> Article:
        """Mark a record.

        Raises:
            StoreError: the ledger cannot be written.
        """
        if sign := signature(item.text or ""):
            alike = self._run.ledger.first_alike(item.id, sign, bands(sign))
            item.duplicate_of = first_of(sign, alike)
        return item
