"""Rendering of JavaScript pages in the system's Chromium."""

RENDER = "render"
"""Marks a request for a page as the browser shows it; in its ``meta``, the response to be shown."""

BROWSER_SLOT = "browser"
"""Downloader slot of the parts of a page that is being rendered."""
