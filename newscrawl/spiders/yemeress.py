"""yemeress.com."""

from newscrawl.spiders.base import AggregatorSpider


class Yemeress(AggregatorSpider):
    """See ``newscrawl.aggregator.sites`` for what is known of the site."""

    name = "yemeress"
