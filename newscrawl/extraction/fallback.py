"""Extracts the body text with trafilatura when all else fails."""

import logging

_SHORTEST = 40

# What it cannot read is told by its result; its log calls that an error of ours.
logging.getLogger("trafilatura").setLevel(logging.CRITICAL)


def general_text(html: str) -> str | None:
    """Find the body by trafilatura's rules; less than a sentence is none."""
    from trafilatura import extract as extract_text

    text = extract_text(html, include_comments=False, include_tables=False)
    return text if text and len(text) >= _SHORTEST else None
