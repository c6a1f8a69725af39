"""Renders JavaScript pages in the system's Chromium, through Playwright."""

BROWSER_SLOT = "browser"
"""Downloader slot of the parts of a page that is being rendered."""
