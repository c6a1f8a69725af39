"""Turn an aggregator's page into lines of text with links and roles, for all its parsers.

The pages' markup is only partly known, so the parsers work on the visible text: lines in order,
each with its links and the role implied by a known class or tag.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from selectolax.lexbor import LexborHTMLParser, LexborNode

from newscrawl.aggregator.markup import (
    ARTICLE_MARK,
    BAND,
    LINKS_OUTSIDE_MENUS,
    PICTURE_SOURCES,
    TABLE_PARTS,
    TELLING,
    Role,
    Tag,
    role_of,
    tag_of,
)
from newscrawl.aggregator.sites import Site
from newscrawl.aggregator.urls import Address, ArticleKey, classify
from newscrawl.errors import PageError, UnreadableHtmlError
from newscrawl.text.cleaning import clean
from newscrawl.text.html import as_utf8, parse
from newscrawl.text.urls import absolute

_LETTER = re.compile(r"[^\W\d_]")


def has_letters(text: str) -> bool:
    """Return whether a text has letters."""
    return _LETTER.search(text) is not None


@dataclass(slots=True)
class Link:
    """A link and its position in a line of text."""

    href: str
    """As written."""
    start: int
    """Start of its text in the line."""
    end: int
    """End of its text."""
    hint: str = ""
    """Its ``title`` attribute, or a picture's ``alt``."""
    rel: str = ""
    """Its ``rel`` attribute."""


@dataclass(slots=True)
class Line:
    """A line of a page's text as a browser shows it, with its links and role."""

    text: str
    """The text as in the source."""
    role: Role
    """Role of the line."""
    links: list[Link] = field(default_factory=list)
    """The links in it."""
    heading: bool = False
    """Whether it is in a heading."""
    listed: bool = False
    """Whether it is in a list item."""
    index: int = 0
    """Its index among the page's lines."""

    def without(self, links: Iterable[Link]) -> str:
        """Return its text with links replaced by blanks, so that positions do not change."""
        parts, at = [], 0
        for link in links:
            parts += [self.text[at : link.start], " " * (link.end - max(at, link.start))]
            at = max(at, link.end)
        return "".join([*parts, self.text[at:]])

    @property
    def is_link(self) -> bool:
        """Whether all text of the line is in links."""
        return sum(link.end - link.start for link in self.links) >= len(self.text.strip()) > 0

    def link_text(self, link: Link) -> str:
        """Return a link's text, else its title attribute."""
        return clean(self.text[link.start : link.end]) or clean(link.hint)


@dataclass(slots=True)
class Picture:
    """A picture (``img`` element) of a page."""

    src: str
    """URL, as written."""
    alt: str
    """Its alternative text or title."""
    role: Role
    """Role of its line."""
    line: int
    """Index of the line after it."""
    caption: str | None = None
    """Its caption."""


@dataclass(slots=True)
class Page:
    """Visible lines of a page and the metadata in its head."""

    url: str
    """URL of the page."""
    site: Site
    """Site of the page."""
    tree: LexborHTMLParser
    """Parsed HTML tree."""
    lines: list[Line] = field(default_factory=list)
    """Its lines, in the order of the source."""
    pictures: list[Picture] = field(default_factory=list)
    """Its pictures, in the order of the source."""
    tickers: list[LexborNode] = field(default_factory=list)
    """The ticker's elements, if they are excluded from the lines."""
    _declared: dict[str, str] = field(default_factory=dict)
    _searched: bool = False
    _places: dict[str, Address | None] = field(default_factory=dict)
    _articles: dict[str, ArticleKey | None] = field(default_factory=dict)

    def show(self, *, menus: bool = True) -> None:
        """Collect all lines and pictures, with or without those in menus."""
        self._clear()
        root = self.tree.body or self.tree.root
        _Walk(self, menus=menus).run(root.child if root else None)

    def show_article(self, number: str) -> bool:
        """Collect the lines and pictures of the article, if its markup identifies it.

        That is the part of the page around all elements marked as the article's. Returns false if
        there is none, if it is hidden or lacks a picture with the article's number, or if the
        ticker's elements are missing, hidden or parts of a table.
        """
        self._clear()
        marked: list[LexborNode] = []
        bands: list[LexborNode] = []
        pictures: list[LexborNode] = []
        for node in self.tree.css(TELLING):
            attributes = node.attributes
            names = f"{attributes.get('class') or ''} {attributes.get('id') or ''}"
            if ARTICLE_MARK.search(names):
                marked.append(node)
            if node.tag == "marquee" or BAND.search(names):
                bands.append(node)
            if node.tag == "img":
                sources = (attributes.get(name) or "" for name in PICTURE_SOURCES)
                if any(number in source for source in sources):
                    pictures.append(node)
        article = _around(marked[0], marked[-1]) if marked else None
        if article is None or not bands or not _stands_free(article):
            return False
        inner = {band.mem_id for band in bands}
        self.tickers = [band for band in bands if inner.isdisjoint(_ids_above(band))]
        if (
            not all(map(_stands_free, self.tickers))
            or any(band.tag in TABLE_PARTS for band in bands)
            or any(article.mem_id not in {p.mem_id, *_ids_above(p)} for p in pictures)
        ):
            return False
        _Walk(self, menus=False).run(article, alone=True)
        return True

    def _clear(self) -> None:
        self.lines, self.pictures, self.tickers = [], [], []

    def declared(self, name: str) -> str | None:
        """Return the value declared under a name, in the head or, on malformed pages, anywhere.

        That is the content of a ``meta`` by its property or name, the ``title``, or the URL of a
        ``link`` by its relation.
        """
        if not self._declared and self.tree.head:
            self._declared = _declarations(self.tree.head)
        if name not in self._declared and not self._searched:
            self._declared = _declarations(self.tree)
            self._searched = True
        return self._declared.get(name)

    def absolute(self, href: str) -> str | None:
        """Return a link as absolute URL; ``None`` if it is not http or https."""
        return absolute(href, self.url)

    def articles(self) -> Iterator[ArticleKey]:
        """Yield the articles that the page links to, except in menus."""
        links = self.tree.css(LINKS_OUTSIDE_MENUS)
        hrefs = dict.fromkeys(link.attributes.get("href") or "" for link in links)
        return filter(None, map(self.article, hrefs))

    def place(self, href: str) -> Address | None:
        """Return the network address that a link leads to."""
        if href not in self._places:
            if href.startswith("/") and not href.startswith(("//", "/\\")):
                url = self.site.url(href)
            else:
                url = href if href.startswith(("http", "//")) else self.absolute(href) or ""
            self._places[href] = classify(url)
        return self._places[href]

    def article(self, href: str) -> ArticleKey | None:
        """Return the article that a link of this page leads to."""
        if href not in self._articles:
            place = self.place(href) if _MAY_BE_ARTICLE.search(href) else None
            self._articles[href] = place.article if place else None
        return self._articles[href]


def _around(first: LexborNode, last: LexborNode) -> LexborNode | None:
    """Return the smallest element that contains two others and everything between them."""
    ids = {first.mem_id, *_ids_above(first)}
    return next((node for node in (last, *_above(last)) if node.mem_id in ids), None)


def _above(node: LexborNode) -> Iterator[LexborNode]:
    """Yield the ancestors of an element, innermost first."""
    parent = node.parent
    while parent is not None and parent.tag not in ("body", "html"):
        yield parent
        parent = parent.parent


def _ids_above(node: LexborNode) -> Iterator[int]:
    return (above.mem_id for above in _above(node))


def _stands_free(node: LexborNode) -> bool:
    """Return whether no ancestor of an element is hidden."""
    return all(
        (tag := tag_of(above.tag or "")).plain and role_of(tag, above.attributes) is None
        for above in _above(node)
    )


# Most links do not lead to articles; this search detects them faster.
_MAY_BE_ARTICLE = re.compile(r"[0-9]\s*(?:$|[/?#;&%])")


def open_page(body: bytes | str, url: str, site: Site, content_type: str | None) -> Page:
    """Decode and parse a page; ``show`` or ``show_article`` then collect its lines.

    Raises:
        PageError: it cannot be parsed as HTML.
    """
    try:
        tree = parse(body if isinstance(body, str) else as_utf8(body, content_type))
    except UnreadableHtmlError as error:
        raise PageError(url, f"an HTML page; {error}") from error
    return Page(url, site, tree)


def _declarations(part: LexborHTMLParser | LexborNode) -> dict[str, str]:
    found: dict[str, str] = {}
    for node in part.css("title, meta[content], link[rel][href]"):
        attributes = node.attributes
        if node.tag == "title":
            found.setdefault("title", node.text())
        elif node.tag == "meta":
            name = attributes.get("property") or attributes.get("name") or ""
            found.setdefault(name.lower(), attributes.get("content") or "")
        else:
            found.setdefault((attributes.get("rel") or "").lower(), attributes.get("href") or "")
    return found


# State outside an open element, and whether the element forms separate lines.
_Frame = tuple[Tag, Role, Link | None, bool]


class _Walk:
    """Depth-first pass over the HTML tree that collects the page's lines, without recursion."""

    def __init__(self, page: Page, *, menus: bool) -> None:
        self._page = page
        self._menus = menus
        self._buffer: list[str] = []
        self._length = 0
        self._links: list[Link] = []
        self._role = Role.NONE
        self._open_link: Link | None = None
        self._carried: Link | None = None
        self._headings = 0
        self._items = 0
        self._verbatim = 0

    def run(self, node: LexborNode | None, *, alone: bool = False) -> None:
        """Collect lines and pictures from a node, alone or with the following ones."""
        around: list[tuple[LexborNode, _Frame]] = []
        while node:
            child = None
            if node.is_text_node:
                self._text(node.text_content or "")
            elif (name := node.tag or "") == "br":
                self._break()
            elif name == "img":
                self._picture(node.attributes)
            elif not (tag := tag_of(name)).skipped:
                frame = self._enter(tag, node.attributes)
                if self._menus or self._role is not Role.MENU:
                    child = node.child
                if child:
                    around.append((node, frame))
                else:
                    self._leave(*frame)
            while node and child is None:
                child = node.next if around or not alone else None
                if child is None:
                    node = None
                    if around:
                        node, frame = around.pop()
                        self._leave(*frame)
            node = child
        self._break()

    def _enter(self, tag: Tag, attributes: dict[str, str | None]) -> _Frame:
        """Start an element; the returned function ends it."""
        role = role_of(tag, attributes)
        bounded = tag.block or role is not None
        frame = (tag, self._role, self._open_link, bounded)
        if bounded and (self._buffer or self._links):
            self._break()
        if role:
            self._role = role
        if tag.plain:
            return frame
        if tag.name == "a":
            self._open_link = Link(
                attributes.get("href") or "",
                self._length,
                self._length,
                attributes.get("title") or "",
                attributes.get("rel") or "",
            )
            self._links.append(self._open_link)
        elif tag.name == "li":
            self._items += 1
        elif tag.name == "pre":
            self._verbatim += 1
        elif tag.heading:
            self._headings += 1
        return frame

    def _leave(self, tag: Tag, role: Role, link: Link | None, bounded: bool) -> None:
        """End an element."""
        if bounded and (self._buffer or self._links):
            self._break()
        self._role = role
        if tag.plain:
            return
        if tag.name == "a":
            self._close_link()
            self._open_link = link
        elif tag.name == "li":
            self._items -= 1
        elif tag.name == "pre":
            self._verbatim -= 1
        elif tag.heading:
            self._headings -= 1

    def _text(self, text: str) -> None:
        if self._verbatim and "\n" in text:
            first, *rest = text.split("\n")
            self._text(first)
            for line in rest:
                self._break()
                self._text(line)
        elif self._buffer or self._links or (text and not text.isspace()):
            self._buffer.append(text)
            self._length += len(text)

    def _close_link(self) -> None:
        if self._open_link:
            self._open_link.end = self._length

    def _picture(self, attributes: dict[str, str | None]) -> None:
        alt = attributes.get("alt") or attributes.get("title") or ""
        if self._open_link and not self._open_link.hint:
            self._open_link.hint = alt
        for name in PICTURE_SOURCES:
            if src := attributes.get(name):
                line = len(self._page.lines)
                self._page.pictures.append(Picture(src, alt, self._role, line))
                break

    def _break(self) -> None:
        """End the line; an open link continues in the next one."""
        text, links, link = "".join(self._buffer), self._links, self._open_link
        if not text and not links:
            return
        if link:
            link.end = self._length
        if self._carried and self._carried.end == 0:
            links.remove(self._carried)
        if links or (text and not text.isspace()):
            lines = self._page.lines
            heading, listed = self._headings > 0, self._items > 0
            lines.append(Line(text, self._role, links, heading, listed, len(lines)))
        self._buffer.clear()
        self._length = 0
        self._links = []
        self._carried = None
        if link:
            self._open_link = self._carried = Link(link.href, 0, 0, link.hint, link.rel)
            self._links.append(self._carried)
