"""Extract the article's summary from metadata (``og:description``, ``<meta>``, JSON-LD)."""

import re

from newscrawl.extraction.fields.names import SiteNames, folded_line
from newscrawl.extraction.metadata import Metadata, types_of
from newscrawl.extraction.trace import chose, note
from newscrawl.text.cleaning import plain

_SEPARATOR = re.compile("[:,|] | - ")  # in a folded line
_SITE = frozenset(("WebSite", "Organization", "NewsMediaOrganization"))


def lead(metadata: Metadata, title: str | None, names: SiteNames) -> str | None:
    """Return the declared summary, unless it is the title, the site's name or its slogan."""
    others = {folded_line(title)} if title else set()
    for node in metadata.nodes:
        slogan = node.get("description")
        if isinstance(slogan, str) and _SITE.intersection(types_of(node)):
            others.add(folded_line(plain(slogan)))
    values = {
        "og:description": metadata.meta("og:description"),
        "meta description": metadata.meta("description"),
        "twitter:description": metadata.meta("twitter:description"),
        "JSON-LD description": metadata.text("description"),
    }
    for name, value in values.items():
        note("lead", name, value)
    chose("lead", "the first that is not the title, the site's name or its slogan")
    for value in values.values():
        text = plain(value) if value else ""
        folded = folded_line(text)
        if not folded or folded in others or names.exactly(folded):
            continue
        # "La Gazette : toute l'actualité", or the title with the site's name
        parts = _SEPARATOR.split(folded)
        begin, end = parts[0].rstrip(), parts[-1]
        whole = folded.removesuffix(end).rstrip(" :,|-")
        if not (names.exactly(begin) or (whole in others and names.exactly(end))):
            return text
    return None
