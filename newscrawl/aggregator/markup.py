"""Map HTML tags, classes and ids of the aggregators' pages to roles (title, date, text …)."""

import re
from collections.abc import Mapping
from enum import Enum, auto
from functools import lru_cache
from typing import NamedTuple

from newscrawl.text.html import LONGEST_LABEL


class Role(Enum):
    """Role of a line of text according to the page's markup."""

    NONE = auto()
    """Unknown role."""
    TITLE = auto()
    """An article's title."""
    SUBTITLE = auto()
    """A line above or below the title, never the title itself."""
    NEWSPAPER = auto()
    """The line with outlet and date."""
    CONTENT = auto()
    """A piece of an article's text."""
    AUTHOR = auto()
    """An article's author."""
    CAPTION = auto()
    """Text under a picture."""
    TICKER = auto()
    """The ticker of current headlines."""
    CARD = auto()
    """A teaser of an article, on listing pages."""
    CARD_SUBTITLE = auto()
    """The line under a teaser's title, never the title itself."""
    AROUND = auto()
    """Side columns and footer."""
    MENU = auto()
    """Menus: hundreds of links on every page, to outlets and sections, never to articles."""


_CLASSES = {
    # Of article pages.
    "articletitle": Role.TITLE,
    "articlesubtitle": Role.SUBTITLE,
    "articlenewspaper": Role.NEWSPAPER,
    "articlecontent": Role.CONTENT,
    "articleauthor": Role.AUTHOR,
    # Of the parts that every page has, and of listings.
    "teasercontainer": Role.CARD,
    "maincontainer": Role.CARD,
    "teasersubtitle": Role.CARD_SUBTITLE,
    "ui-menu": Role.MENU,
    "menu": Role.AROUND,
    "navbar": Role.AROUND,
    "sidebar": Role.AROUND,
    "footer": Role.AROUND,
    "social": Role.AROUND,
    "breadcrumb": Role.AROUND,
}
_BANDS = ("marquee", "ticker")
_TAGS = {
    "marquee": Role.TICKER,
    "figcaption": Role.CAPTION,
    "nav": Role.MENU,
    "aside": Role.AROUND,
    "footer": Role.AROUND,
}
_MARKS = [
    name for name, role in _CLASSES.items() if role in (Role.TITLE, Role.NEWSPAPER, Role.CONTENT)
]
# The two match an element's class and id like selectors with ``~=`` and ``*=``; the selector below
# has fewer names, as each is compared with every element.
ARTICLE_MARK = re.compile(
    rf"(?<![^ \t\n\f\r])(?:{'|'.join(_MARKS)})(?![^ \t\n\f\r])", re.ASCII | re.IGNORECASE
)
BAND = re.compile("|".join(_BANDS), re.ASCII | re.IGNORECASE)
_NAMED = ", ".join(
    f"[{attribute}]:is({', '.join(f'[{attribute}*={name} i]' for name in ('article', *_BANDS))})"
    for attribute in ("class", "id")
)
TELLING = f":is(img, marquee, {_NAMED})"
"""Selector of elements that may locate article and ticker. One search for all, as each is slow."""
_MENUS = (
    *(tag for tag, role in _TAGS.items() if role is Role.MENU),
    *(f'[class~="{name}" i]' for name, role in _CLASSES.items() if role is Role.MENU),
)
LINKS_OUTSIDE_MENUS = f"a[href]:not({', '.join(f'{menu} a' for menu in _MENUS)})"
TABLE_PARTS = ("caption", "col", "tbody", "td", "tfoot", "th", "thead", "tr")
"""Elements that are valid only inside a table."""
PICTURE_SOURCES = ("data-src", "data-original", "src")
"""Attributes with a picture's URL, most likely first."""
_SKIPPED = re.compile(
    "audio|button|canvas|head|iframe|math|noscript|object|option|script|select|style|svg|template"
    "|textarea|video|[-!].*"
)
_BLOCK = re.compile(
    "address|article|aside|blockquote|body|caption|center|dd|details|div|dl|dt|fieldset|figcaption"
    "|figure|footer|form|frameset|h[1-6r]|header|hgroup|li|main|marquee|menu|nav|ol|p|pre|section"
    "|summary|table|tbody|td|tfoot|th|thead|tr|ul"
)
_HEADING = re.compile("h[1-6]")


class Tag(NamedTuple):
    """Properties of an element that follow from its tag name."""

    name: str
    skipped: bool
    block: bool
    heading: bool
    role: Role | None
    plain: bool
    """Whether it has no effect on the lines inside the element."""


def tag_of(name: str) -> Tag:
    """Return the properties that follow from a tag name; names are cut to a bounded length."""
    return _known_tag(name[:LONGEST_LABEL])


@lru_cache(maxsize=1024)
def _known_tag(name: str) -> Tag:
    skipped = _SKIPPED.fullmatch(name) is not None
    block = _BLOCK.fullmatch(name) is not None
    heading = _HEADING.fullmatch(name) is not None
    plain = not (skipped or heading or name in ("a", "li", "pre"))
    return Tag(name, skipped, block, heading, _TAGS.get(name), plain)


def role_of(tag: Tag, attributes: Mapping[str, str | None]) -> Role | None:
    """Return the role of an element by its class, id or tag."""
    names = (attributes.get("class") or "")[:LONGEST_LABEL]
    if "id" in attributes:
        names += f" {(attributes['id'] or '')[:LONGEST_LABEL]}"
    return (_role_named(names) if names else None) or tag.role


@lru_cache(maxsize=4096)
def _role_named(names: str) -> Role | None:
    """Return the role of an element by its classes and id."""
    names = names.lower()
    for name in names.split():
        if role := _CLASSES.get(name):
            return role
    return Role.TICKER if any(name in names for name in _BANDS) else None
