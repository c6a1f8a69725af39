"""Parse the aggregators' RSS feeds: article links, titles and times of publication."""

import re
from collections import deque
from collections.abc import Iterator
from html import escape, unescape
from itertools import chain, islice
from typing import cast
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring
from lxml.etree import XMLParser
from lxml.etree import fromstring as lenient_fromstring

from newscrawl.aggregator.pages import FeedEntry
from newscrawl.aggregator.sites import Site
from newscrawl.aggregator.urls import ArticleKey, classify, parse_article_url
from newscrawl.errors import FeedError, UnreadableHtmlError
from newscrawl.text.cleaning import clean, join_surrogates
from newscrawl.text.dates import parse_date
from newscrawl.text.html import decode, parse
from newscrawl.text.urls import absolute

MAX_ENTRIES = 1000
"""Most entries of a feed that are parsed; feeds of the network have some 20."""

MAX_ELEMENTS = 200
"""Most elements of an entry that are parsed; entries of the network have some 10."""

MAX_NAMESAKES = 5
"""Most elements of one name that are tried for a field of an entry."""

MAX_TEXT = 20_000
"""Characters of an element's text that are parsed; teasers have some 300."""


def read_feed(body: bytes, url: str) -> list[FeedEntry]:
    """Read an RSS or Atom feed.

    Entries that lead to no article of the network, such as videos, are left out; an article that
    appears in it twice is listed once.

    Args:
        body: the feed. It is untrusted: entities are not expanded, nothing is fetched for it.
        url: its URL.

    Raises:
        FeedError: it declares entities, or is no feed.
    """
    address = classify(url)
    if address is None:
        raise FeedError(url, "the URL of a feed of the network")
    root = _parse(body, url)
    entries: dict[ArticleKey, FeedEntry] = {}
    for item in islice(_items(root), MAX_ENTRIES):
        if entry := _entry(item, address.site, url):
            entries.setdefault(entry.key, entry)
    return list(entries.values())


def _items(root: Element) -> Iterator[Element]:
    """Entries of a feed, which are children of the root or its channel, never of one another."""
    for part in chain((root,), root):
        for item in part:
            if _name(item) in ("item", "entry"):
                yield item


# Control characters in texts; XML forbids them, so that one makes a whole feed invalid.
_CONTROL = bytes(set(range(0x20)) - set(b"\t\n\r"))


def _parse(body: bytes, url: str) -> Element:
    """Return the root of an RSS feed, by a lenient parser if it is not well-formed."""
    if b"\0" not in body:  # else UTF-16, where they are halves of letters
        body = body.translate(None, _CONTROL).lstrip()
        if not body.isascii() and _is_utf8(body):  # regardless of the declaration
            body = _ENCODING.sub(rb"\1", body, count=1)
    try:
        root: Element = fromstring(body)
    except DefusedXmlException as error:
        raise FeedError(url, f"an RSS feed without entity declarations; {error}") from error
    except ParseError as error:
        return _recover(body, url, f"well-formed XML; {error}")
    except (ValueError, LookupError) as error:  # an encoding that does not exist
        return _recover(body, url, f"XML in a known encoding; {error}")
    if _name(root) not in ("rss", "RDF", "feed"):  # perhaps one inside a page
        return _recover(body, url, f"an RSS or Atom feed; found <{_name(root)}>")
    return root


_ENCODING = re.compile(rb"^(<\?xml[^>]*?)\sencoding=[\"'][^\"']*[\"']")


def _is_utf8(body: bytes) -> bool:
    """Return whether bytes are UTF-8."""
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


_FEED = re.compile(r"<(?:rss|feed|rdf:RDF)\b")
_ENTRY_END = re.compile(r"</(?:item|entry)\s*>")
_AROUND = re.compile(r"<\?xml[^>]*>|</?(?:rss|feed|rdf:RDF|channel)\b[^>]*>")
"""Elements around entries."""
_INLINE = re.compile(
    r"</?(?:p|a|b|i|u|em|strong|div|span|font|small|center|ul|ol|li|h[1-6]|table|tbody|tr|td"
    r"|blockquote)(?:\s[^<>]*)?/?>",
    re.IGNORECASE,
)
"""Elements of HTML in a text, which may lack their end or cross one another."""
_VOID = re.compile(r"<(br|hr|img|wbr)\b([^<>]*?)/?>", re.IGNORECASE)
"""Elements of HTML that texts hold without an end."""
_LESS = re.compile(r"<(?![a-zA-Z/!?])")
_REFERENCE = re.compile(r"<!\[CDATA\[(?:.*?\]\]>|.*)|&(?:(#?\w{1,32});)?", re.DOTALL)
_XML_NAMES = frozenset(("amp", "lt", "gt", "quot", "apos"))


def _recover(body: bytes, url: str, expected: str) -> Element:
    """Parse a feed that is not well-formed, once, without any entity but those of HTML.

    Raises:
        FeedError: it declares entities, or holds no whole entry of a feed.
    """
    try:
        text = decode(body)
    except UnreadableHtmlError:
        raise FeedError(url, expected) from None
    if "<!ENTITY" in text:
        raise FeedError(url, "an RSS feed without entity declarations")
    begin = _FEED.search(text)
    ends = deque(_ENTRY_END.finditer(text, begin.end()), 1) if begin else ()
    if not begin or not ends:
        raise FeedError(url, expected)
    entries = text[begin.start() : ends[0].end()]  # to the last complete entry
    parser = XMLParser(
        encoding="utf-8",
        recover=True,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
    )
    text = _INLINE.sub(" ", _AROUND.sub("", join_surrogates(entries)))
    text = _LESS.sub("&lt;", f"<feed>{text}</feed>")
    text = _REFERENCE.sub(_resolved, _VOID.sub(r" <\1\2/>", text))
    root = lenient_fromstring(text.encode(), parser)
    if root is None:
        raise FeedError(url, expected)
    return cast("Element", root)


def _resolved(match: re.Match[str]) -> str:
    """Return an XML-safe form of an entity reference or a bare ampersand."""
    whole, name = match[0], match[1]
    if whole.startswith("<") or name in _XML_NAMES:
        return whole
    if not name:
        return "&amp;"
    char = unescape(whole)
    if char == whole:
        return "&amp;" + whole[1:]
    return escape("".join(sign for sign in char if sign >= " " or sign in "\t\n\r"))


_DATES = ("pubDate", "date", "published", "issued", "created", "updated", "modified")
"""Elements that date an entry, the likeliest first."""


def _entry(item: Element, site: Site, url: str) -> FeedEntry | None:
    """An article in a feed; ``None`` if it leads to none."""
    fields: dict[str, Element] = {}
    titles: list[Element] = []
    own = _namespace(item)
    # An element of another vocabulary, such as media:title, is used only without an own one.
    children = sorted(islice(item, MAX_ELEMENTS), key=lambda child: _namespace(child) != own)
    for child in chain(children, islice(item.iter(), MAX_ELEMENTS)):
        name = _name(child)
        fields.setdefault(name, child)
        if name == "title" and len(titles) < MAX_NAMESAKES:
            titles.append(child)
    key = next(filter(None, map(parse_article_url, _links(item, url))), None)
    if key is None:
        return None
    teaser, picture = _markup(_text(fields, "description") or _text(fields, "summary"))
    dates = (_text(fields, name) for name in _DATES)
    pictures = (
        *(fields[name].get("url") for name in ("thumbnail", "enclosure") if name in fields),
        *(_text(fields, name) for name in ("image", "thumbnail")),
        picture,
    )
    return FeedEntry(
        key=key,
        title=_markup(next(filter(None, map(_content, titles)), ""))[0],
        outlet_name=_text(fields, "creator") or _text(fields, "author") or None,
        published=next((parse_date(date, site.timezone) for date in dates if date), None),
        thumbnail=next((absolute(src, url) for src in pictures if src), None),
        teaser=teaser or None,
    )


def _links(item: Element, url: str) -> Iterator[str]:
    """Links of an entry in order of preference: its link, else its identifier."""
    for name in ("link", "guid", "id"):
        elements = (each for each in islice(item, MAX_ELEMENTS) if _name(each) == name)
        for element in islice(elements, MAX_NAMESAKES):
            yield absolute(element.get("href") or element.text or "", url) or ""


def _markup(text: str) -> tuple[str, str | None]:
    """Text that may be HTML as plain text, and its first picture."""
    if "<" not in text:
        return text, None
    try:
        tree = parse(text)
    except UnreadableHtmlError:
        return text, None
    image = tree.css_first("img[src]")
    return clean(tree.text(separator=" ")), image.attributes.get("src") if image else None


def _text(fields: dict[str, Element], name: str) -> str:
    element = fields.get(name)
    return "" if element is None else _content(element)


def _content(element: Element) -> str:
    """The beginning of an element's text, clean."""
    return clean("".join(islice(element.itertext(), MAX_ELEMENTS))[:MAX_TEXT])


def _name(element: Element) -> str:
    """An element's name without its namespace or undeclared prefix; comments have none."""
    tag = element.tag
    return tag.rpartition("}")[2].rpartition(":")[2] if isinstance(tag, str) else ""


def _namespace(element: Element) -> str:
    """An element's namespace or undeclared prefix."""
    return element.tag.removesuffix(_name(element)) if isinstance(element.tag, str) else ""
