"""Domains of outlets, where no link to the source names one."""

from scrapy.crawler import Crawler

from newscrawl.items import Article
from newscrawl.outlets import first_domain
from newscrawl.state.run import Run


class DomainPipeline:
    """Fills ``outlet.domain`` of records without a link: as learned, else as registered."""

    def __init__(self, run: Run) -> None:
        self._ledger = run.ledger

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "DomainPipeline":
        """Create the pipeline from the crawler's run."""
        return cls(Run.of(crawler))

    def process_item(self, item: Article) -> Article:
        """Fill in the domain.

        Raises:
            StoreError: the ledger cannot be read.
        """
        if item.source.link is None:
            slug = item.outlet.slug
            learned = self._ledger.outlets.domain_of(item.aggregator, item.edition, slug)
            item.outlet.domain = learned or first_domain(item.country, item.edition, slug)
        return item
