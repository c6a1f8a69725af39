"""yemeress.com."""

from newscrawl.aggregator_spider import AggregatorSpider


class Yemeress(AggregatorSpider):
    """See ``newscrawl.network.sites`` for what is known of the site."""

    name = "yemeress"
