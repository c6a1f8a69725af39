"""Spider of sauress.com."""

from newscrawl.spiders.base import AggregatorSpider


class Sauress(AggregatorSpider):
    """Spider of one site; see ``newscrawl.aggregator.sites``."""

    name = "sauress"
