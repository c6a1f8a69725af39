"""Pages that exist only once their scripts have run: the system's Chromium, and a visit in it."""

RENDER = "render"
"""Marks a request for a page as the browser shows it; in its ``meta``, the response to be shown."""
