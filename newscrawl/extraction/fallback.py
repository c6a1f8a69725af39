"""Extract the body text with trafilatura when all else fails."""

import logging

_SHORTEST = 40

# Its result shows whether it failed; in its log that would look like our error.
logging.getLogger("trafilatura").setLevel(logging.CRITICAL)


def general_text(html: str) -> str | None:
    """Return the body found by trafilatura; ``None`` if it is shorter than a sentence."""
    from trafilatura import extract as extract_text

    text = extract_text(html, include_comments=False, include_tables=False)
    return text if text and len(text) >= _SHORTEST else None
