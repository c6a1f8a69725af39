"""Spider for djazairess.com, the aggregator of Algerian newspapers."""

from newscrawl.spiders.base import AggregatorSpider


class Djazairess(AggregatorSpider):
    """Spider of djazairess.com (Algeria); see ``newscrawl.aggregator.sites``."""

    name = "djazairess"
