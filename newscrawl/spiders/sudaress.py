"""Spider for sudaress.com, the aggregator of Sudanese newspapers."""

from newscrawl.spiders.base import AggregatorSpider


class Sudaress(AggregatorSpider):
    """Spider of sudaress.com (Sudan); see ``newscrawl.aggregator.sites``."""

    name = "sudaress"
