"""sudaress.com."""

from newscrawl.spiders.base import AggregatorSpider


class Sudaress(AggregatorSpider):
    """See ``newscrawl.aggregator.sites`` for what is known of the site."""

    name = "sudaress"
