"""masress.com."""

from newscrawl.spiders.base import AggregatorSpider


class Masress(AggregatorSpider):
    """See ``newscrawl.aggregator.sites`` for what is known of the site."""

    name = "masress"
