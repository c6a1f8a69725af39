"""Spider of masress.com."""

from newscrawl.spiders.base import AggregatorSpider


class Masress(AggregatorSpider):
    """Spider of one site; see ``newscrawl.aggregator.sites``."""

    name = "masress"
