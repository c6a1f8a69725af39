"""The report page of feeds and runs, in one HTML file."""

from newscrawl.report.page import write_page

__all__ = ["write_page"]
