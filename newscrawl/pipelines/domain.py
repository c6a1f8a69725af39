"""Fill in the outlet's domain of records without a source link."""

from scrapy.crawler import Crawler

from newscrawl.items import Article
from newscrawl.outlets import first_domain
from newscrawl.state.run import Run
from newscrawl.text.urls import registered_domain


def domain_of_source(item: Article) -> str | None:
    """Return the registered domain of a source page that is the article."""
    return registered_domain(item.source.url or "") if item.source.status == "ok" else None


class DomainPipeline:
    """Pipeline that fills ``outlet.domain`` from the source link, learned domains or registry.

    Domains of sources in this run take precedence over those of earlier runs.
    """

    def __init__(self, run: Run) -> None:
        self._ledger = run.ledger
        self._met: dict[tuple[str, str], str] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "DomainPipeline":
        """Create the pipeline from the crawler's run."""
        return cls(Run.of(crawler))

    def process_item(self, item: Article) -> Article:
        """Fill in the domain.

        Raises:
            StoreError: the ledger cannot be read.
        """
        slug = item.outlet.slug
        if domain := domain_of_source(item):
            self._met.setdefault((item.edition, slug), domain)
        if item.source.link is None:
            item.outlet.domain = (
                self._met.get((item.edition, slug))
                or self._ledger.outlets.domain_of(item.aggregator, item.edition, slug)
                or first_domain(item.country, item.edition, slug)
            )
        return item
