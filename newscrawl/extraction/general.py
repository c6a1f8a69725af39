"""The general extractor, for pages that nothing else explains. It brings its own parser."""


def general_text(html: str) -> str | None:
    """Find the body by trafilatura's rules; paragraphs parted by one blank line."""
    from trafilatura import extract as extract_text

    text = extract_text(html, include_comments=False, include_tables=False)
    return "\n\n".join(line for line in text.split("\n") if line.strip()) if text else None
