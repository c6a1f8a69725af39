"""sauress.com."""

from newscrawl.aggregator_spider import AggregatorSpider


class Sauress(AggregatorSpider):
    """See ``newscrawl.network.sites`` for what is known of the site."""

    name = "sauress"
