"""Mark records whose text nearly equals that of an earlier article."""

from scrapy.crawler import Crawler

from newscrawl.items import Article
from newscrawl.state.run import Run
from newscrawl.text.signatures import TextIndex, signature


class DuplicatesPipeline:
    """Pipeline that sets ``duplicate_of`` to the first article of near-equal text."""

    def __init__(self, texts: TextIndex) -> None:
        self._texts = texts

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "DuplicatesPipeline":
        """Create the pipeline from the crawler's run."""
        return cls(Run.of(crawler).texts)

    def process_item(self, item: Article) -> Article:
        """Name the first article with the same text.

        Raises:
            StoreError: the ledger cannot be read.
        """
        item.duplicate_of = self._texts.first_alike(item.id, signature(item.text or ""))
        return item
