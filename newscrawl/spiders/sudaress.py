"""Spider for sudaress.com, the aggregator of Sudanese newspapers."""

from newscrawl.spiders.base import AggregatorSpider


class Sudaress(AggregatorSpider):
    """Crawls sudaress.com (Sudan); see ``newscrawl.aggregator.sites``."""

    name = "sudaress"
