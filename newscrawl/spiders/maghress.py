"""maghress.com."""

from newscrawl.aggregator_spider import AggregatorSpider


class Maghress(AggregatorSpider):
    """See ``newscrawl.network.sites`` for what is known of the site."""

    name = "maghress"
