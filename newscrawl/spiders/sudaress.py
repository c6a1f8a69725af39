"""sudaress.com."""

from newscrawl.aggregator_spider import AggregatorSpider


class Sudaress(AggregatorSpider):
    """See ``newscrawl.network.sites`` for what is known of the site."""

    name = "sudaress"
