"""maghress.com."""

from newscrawl.spiders.base import AggregatorSpider


class Maghress(AggregatorSpider):
    """See ``newscrawl.aggregator.sites`` for what is known of the site."""

    name = "maghress"
