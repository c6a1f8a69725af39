"""turess.com."""

from newscrawl.spiders.base import AggregatorSpider


class Turess(AggregatorSpider):
    """See ``newscrawl.aggregator.sites`` for what is known of the site."""

    name = "turess"
