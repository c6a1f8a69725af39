"""Spider for masress.com, the aggregator of Egyptian newspapers."""

from newscrawl.spiders.base import AggregatorSpider


class Masress(AggregatorSpider):
    """Spider of masress.com (Egypt); see ``newscrawl.aggregator.sites``."""

    name = "masress"
