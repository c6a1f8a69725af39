"""Signals of the project, beside Scrapy's own."""

headlines_seen = object()
"""Sent with ``headlines`` (list of ``(title, url or None)``), for each page with a ticker."""

article_failed = object()
"""Sent with ``article`` (record id) and ``reason`` when an aggregator page could not be read."""
