"""djazairess.com."""

from newscrawl.spiders.base import AggregatorSpider


class Djazairess(AggregatorSpider):
    """See ``newscrawl.aggregator.sites`` for what is known of the site."""

    name = "djazairess"
