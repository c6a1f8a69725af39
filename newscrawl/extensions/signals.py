"""Scrapy signals of the project: ``headlines_seen`` and ``run_reported``."""

headlines_seen = object()
"""Sent with ``headlines`` (list of ``(title, url or None)``) for each page with a ticker."""

run_reported = object()
"""Sent with ``report`` (dict) at the end of a run, when the run report is written."""
