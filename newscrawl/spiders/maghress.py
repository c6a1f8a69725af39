"""Spider of maghress.com."""

from newscrawl.spiders.base import AggregatorSpider


class Maghress(AggregatorSpider):
    """Spider of one site; see ``newscrawl.aggregator.sites``."""

    name = "maghress"
