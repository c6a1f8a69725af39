"""Report page: statistics of feeds and runs as one self-contained HTML file."""

from newscrawl.report.page import write_page

__all__ = ["write_page"]
