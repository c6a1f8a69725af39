"""turess.com."""

from newscrawl.aggregator_spider import AggregatorSpider


class Turess(AggregatorSpider):
    """See ``newscrawl.network.sites`` for what is known of the site."""

    name = "turess"
