"""The report page: what the feeds hold and what the runs did, in one HTML file."""

from newscrawl.report.page import write_page

__all__ = ["write_page"]
