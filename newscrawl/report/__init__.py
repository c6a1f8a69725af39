"""Report page of feeds and runs, as one HTML file."""

from newscrawl.report.page import write_page

__all__ = ["write_page"]
