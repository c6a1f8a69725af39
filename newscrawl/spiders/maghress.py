"""Spider for maghress.com, the aggregator of Moroccan newspapers."""

from newscrawl.spiders.base import AggregatorSpider


class Maghress(AggregatorSpider):
    """Spider of maghress.com (Morocco); see ``newscrawl.aggregator.sites``."""

    name = "maghress"
