"""Spider of turess.com."""

from newscrawl.spiders.base import AggregatorSpider


class Turess(AggregatorSpider):
    """Spider of one site; see ``newscrawl.aggregator.sites``."""

    name = "turess"
