"""Sets of HTML tags: parts of the page, inline elements, and what is never text."""

import re

from selectolax.lexbor import LexborNode

TEXT, INNER, ANCHOR, PART, SKIP, LINE = range(6)
"""Roles of nodes: text, inline element, link, part of the page, no content, line break."""

# fmt: off
# Never article text, whatever they contain.
_SKIPPED = frozenset((
    "script", "style", "noscript", "template", "svg", "iframe", "object", "embed", "button",
    "select", "textarea", "canvas", "audio", "video", "map", "dialog", "datalist", "progress",
    "annotation", "annotation-xml", "head", "input", "label", "nav", "amp-ad", "amp-embed",
    "amp-sidebar", "amp-consent", "amp-social-share", "amp-user-notification", "amp-iframe",
    "amp-video", "amp-audio",
))
# Inline with the text around them; every other element separates blocks.
_INLINE = frozenset((
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em",
    "font", "i", "img", "ins", "kbd", "mark", "meta", "picture", "q", "rp", "rt", "ruby", "s",
    "samp", "small", "source", "span", "strike", "strong", "sub", "sup", "time", "tt", "u", "var",
    "wbr", "link", "o:p", "nobr", "amp-img",
))
# fmt: on
# So are the elements of formulas.
_FORMULA = re.compile(
    r"m(?:ath|[ions]|text|row|frac|sqrt|root|style|padded|enclose|table|t[rd]|multiscripts|"
    r"su[bp]|subsup|over|under|underover)$|semantics$|mjx-"
)

_FOR_SCREEN_READERS = re.compile(r"\bkatex-mathml\b|\bMJX_Assistive")


def role_of(tag: str) -> int:
    """Return the role of a tag."""
    if tag == "-text":
        return TEXT
    if tag in _SKIPPED or tag.startswith("-"):  # a comment
        return SKIP
    if tag == "a":
        return ANCHOR
    if tag == "br":
        return LINE
    return INNER if tag in _INLINE or _FORMULA.match(tag) else PART


def is_repeated(formula: LexborNode) -> bool:
    """Return whether a formula is drawn in characters as well, and repeated for screen readers."""
    around = formula.parent
    if around is None or not _FOR_SCREEN_READERS.search(around.attributes.get("class") or ""):
        return False
    return around.prev is None or around.prev.tag != "svg"
