"""Classify elements by tag, class and id: body, boxes, captions, bylines."""

import re
from collections.abc import Mapping
from functools import lru_cache

from newscrawl.text.html import LONGEST_LABEL

AWAY = 1
"""Flag of an element that is not part of the article: links, share buttons, boxes, forms."""
CAPTION = 2
"""Flag of an element that belongs to a picture."""
COMMENTS = 4
"""Flag of an element with readers' comments."""
BYLINE = 8
"""Flag of an element that names authors or dates."""
BODY = 16
"""Flag of an element that is declared to be the article's body."""
RUBRIC = 32
"""Flag of an element that names the article's section."""

# The expressions are searched in a name after a space: they are fastest if their first character is
# one of a few.
_B = r"[\s_-]"  # a word of a name starts here
_E = r"(?:$|[\s_\d-])"  # and ends here
_AWAY = re.compile(
    rf"{_B}(?:"
    r"related|relacionad|relation|similar|recommend|recirc|see-?also|read-?(?:more|also|next|on)|"
    r"more-?(?:on|from|stor|news|art|link)|lire|voir|also|further|sharing|social|partage|compart|"
    r"teilen|follow|newsletter|subscri|suscri|abonn|sign-?up|promo|advert|adslot|adsby|anzeige|"
    r"werbung|publicit|banner|sponsor|outbrain|taboola|footer|breadcrumb|ariane|menu|pagin|"
    r"pager|keywords|cookie|consent|gdpr|popup|modal|regist|log-?in|trending|popular|"
    r"most-?(?:read|view|pop)|latest|ticker|carousel|toolbar|copyright|disclaimer|rating|quiz|"
    r"sr-only|visually|screen-?reader|donat|whatsapp|telegram|facebook|twitter|tweet|instagram|"
    r"tiktok|youtube|playlist|player|table-of-content|call-?to|affiliate|infobo|factbo|"
    r"ad-?(?:box|wrap|contain|unit|slot|label|place)|oembed|placeholder|"
    rf"(?:ads?|pub|aside|side-?bar|share|nav|navbar|navigation|tags?|tag-?(?:list|cloud)|"
    rf"topics|toc|cta|abo|box-?link|links?|vote|poll|skip){_E})"
)
_CAPTION = re.compile(rf"{_B}(?:caption|legend|credit|photo|image|img|picture|figur|media|thumb)")
_COMMENTS = re.compile(
    rf"{_B}(?:comments?(?!ary|aire-)|disqus|respond|reactions?{_E}|reply)"
    r"|#(?:comments?|commentaires?|disqus|respond)[_-]?"
    r"(?:thread|list|area|section|box|block|wrap(?:per)?|text|content|container|form|\d+)?(?:$|\s)"
)
_BYLINE = re.compile(
    rf"{_B}(?:byline|authors?|autor|auteurs?|bio|signature|dateline|timestamp|date|posted|"
    rf"published|pub-?date|meta|written|reporter|contributor|journalist){_E}"
)
_BODY = re.compile(
    r"(?:article|story|post|entry|news)[-_]*(?:body|content(?!-wrap|__))|"
    r"article-?text|(?:content|text)[-_]*body"
)
_UTILITY = re.compile(r"[:\[(/!]|^(?:has|not)-")
"""Class names that only style an element, and do not identify its purpose."""
_DIGIT = re.compile(r"\d")
_RUBRIC = re.compile(
    r"categor|rubri|newscat|overline|surtitre|kicker|field-section|articlesection"
    r"|r(?<=\br)ub\b|g(?<=\bg)enre\b"
)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")

_NAMES = {AWAY: _AWAY, CAPTION: _CAPTION, COMMENTS: _COMMENTS, BYLINE: _BYLINE, RUBRIC: _RUBRIC}


_TAG_FLAGS = {
    **dict.fromkeys(("footer", "form", "aside", "menu"), AWAY),
    **dict.fromkeys(("figcaption", "caption"), CAPTION),
    **dict.fromkeys(("address", "time"), BYLINE),
}


def label_of(attributes: Mapping[str, str | None]) -> str:
    """Return the classes of an element, and its id after a ``#``."""
    if not attributes:
        return ""
    name = (attributes.get("class") or "")[:LONGEST_LABEL]
    identity = attributes.get("id")
    return f"{name} #{identity[:LONGEST_LABEL]}" if identity else name


_HIDES = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)


def is_hidden(tag: str, attributes: Mapping[str, str | None]) -> bool:
    """Return whether an element declares that it is not shown.

    ``aria-hidden`` hides from screen readers only; on a single paragraph it is ignored.
    """
    style = attributes.get("style")
    return (
        "hidden" in attributes
        or (attributes.get("aria-hidden") == "true" and tag != "p")
        or (style is not None and _HIDES.search(style) is not None)
    )


@lru_cache(maxsize=8192)
def kind_of(label: str) -> str:
    """Return classes without ids and names with digits, which differ between similar elements."""
    return " ".join(name for name in label.split() if name[0] != "#" and not _DIGIT.search(name))


@lru_cache(maxsize=4096)
def flags_of(tag: str, label: str) -> int:
    """Return the role of an element by its tag, class and id; cached, as most elements recur."""
    if tag in ("html", "body", "main"):
        return 0
    flags = 0
    for name in label.split():
        flags |= _flags_of_name(name)
    return _TAG_FLAGS.get(tag, 0) | (BODY if flags & BODY else flags)


@lru_cache(maxsize=8192)
def _flags_of_name(name: str) -> int:
    """Return the role that a single class or id indicates; cached, as pages share many names."""
    if _UTILITY.search(name):
        return 0
    words = " " + (name if name.islower() else _CAMEL.sub("-", name).lower())
    if _BODY.search(words):
        return BODY
    return sum([flag for flag, names in _NAMES.items() if names.search(words)])
