"""sauress.com."""

from newscrawl.spiders.base import AggregatorSpider


class Sauress(AggregatorSpider):
    """See ``newscrawl.aggregator.sites`` for what is known of the site."""

    name = "sauress"
