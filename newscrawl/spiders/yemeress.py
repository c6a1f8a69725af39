"""Spider for yemeress.com, the aggregator of Yemeni newspapers."""

from newscrawl.spiders.base import AggregatorSpider


class Yemeress(AggregatorSpider):
    """Spider of yemeress.com (Yemen); see ``newscrawl.aggregator.sites``."""

    name = "yemeress"
