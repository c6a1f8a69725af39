"""Scrapy spiders, one for each aggregator site; shared code is in ``newscrawl.spiders.base``."""
