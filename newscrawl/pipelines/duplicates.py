"""Marks records whose text was seen before under another id; drops none."""

from scrapy.crawler import Crawler

from newscrawl.duplicates import bands, first_of, signature
from newscrawl.items import Article
from newscrawl.run import Run


class DuplicatesPipeline:
    """Fills ``duplicate_of``, across outlets, sites and runs, when the records are written."""

    def __init__(self, run: Run) -> None:
        self._run = run
        run.with_records.append(self._mark)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "DuplicatesPipeline":
        """Built by Scrapy."""
        return cls(Run.of(crawler))

    def _mark(self, articles: list[Article]) -> None:
        """Mark records, and remember their texts.

        Raises:
            StoreError: the ledger cannot be written.
        """
        for article in articles:
            if sign := signature(article.text or ""):
                alike = self._run.ledger.texts.first_alike(article.id, sign, bands(sign))
                article.duplicate_of = first_of(sign, alike)
