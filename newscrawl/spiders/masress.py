"""masress.com."""

from newscrawl.aggregator_spider import AggregatorSpider


class Masress(AggregatorSpider):
    """See ``newscrawl.network.sites`` for what is known of the site."""

    name = "masress"
