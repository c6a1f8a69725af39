"""Rendering of JavaScript pages in the system's Chromium, through Playwright."""

BROWSER_SLOT = "browser"
"""Downloader slot of a rendered page's subresources."""
