"""Spider for turess.com, the aggregator of Tunisian newspapers."""

from newscrawl.spiders.base import AggregatorSpider


class Turess(AggregatorSpider):
    """Spider of turess.com (Tunisia); see ``newscrawl.aggregator.sites``."""

    name = "turess"
