"""Spider of sudaress.com."""

from newscrawl.spiders.base import AggregatorSpider


class Sudaress(AggregatorSpider):
    """Spider of one site; see ``newscrawl.aggregator.sites``."""

    name = "sudaress"
