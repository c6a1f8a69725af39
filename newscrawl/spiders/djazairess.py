"""djazairess.com."""

from newscrawl.aggregator_spider import AggregatorSpider


class Djazairess(AggregatorSpider):
    """See ``newscrawl.network.sites`` for what is known of the site."""

    name = "djazairess"
