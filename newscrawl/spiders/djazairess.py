"""Spider of djazairess.com."""

from newscrawl.spiders.base import AggregatorSpider


class Djazairess(AggregatorSpider):
    """Spider of one site; see ``newscrawl.aggregator.sites``."""

    name = "djazairess"
