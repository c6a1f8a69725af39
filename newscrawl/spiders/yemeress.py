"""Spider of yemeress.com."""

from newscrawl.spiders.base import AggregatorSpider


class Yemeress(AggregatorSpider):
    """Spider of one site; see ``newscrawl.aggregator.sites``."""

    name = "yemeress"
