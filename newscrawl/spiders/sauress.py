"""Spider for sauress.com, the aggregator of Saudi newspapers."""

from newscrawl.spiders.base import AggregatorSpider


class Sauress(AggregatorSpider):
    """Spider of sauress.com (Saudi Arabia); see ``newscrawl.aggregator.sites``."""

    name = "sauress"
