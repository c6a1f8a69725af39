"""Read the metadata that a page declares: JSON-LD, OpenGraph, ``<meta>``, microdata.

No values are chosen here. Everything is optional and may be malformed; what cannot be parsed is
ignored.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from newscrawl.extraction.lenient_json import read_json_values, repair_json
from newscrawl.text.cleaning import plain, words
from newscrawl.text.urls import absolute, is_front_page

_ARTICLE = re.compile(
    r"Article|Posting|Report(?:age)?$|Review$|Analysis|Opinion|Blog|Interview|Column", re.IGNORECASE
)
_LISTED = ("CollectionPage", "SearchResultsPage", "ItemList")
_PAGE = frozenset(("WebPage", "ItemPage", "AboutPage", "Page"))
_MAX_NODES = 5000
_MOST_REPAIRS = 3
"""Malformed scripts of a page that are repaired."""
_LONGEST_SCRIPT = 500_000
"""Characters of JSON-LD that are parsed; a longer script is ignored."""
_MOST_METAS = 20
"""Maximum number of values of one name."""
_MOST_NAMES = 50
"""Maximum number of authors, and of names of the site."""
# One search for all of them, with few selectors, as each is compared with every element.
_DECLARATIONS = (
    'meta[content], script[type*="ld+json"], link[rel~="canonical"], base[href], title, '
    "h1, img, time, abbr[title], "
    '[itemprop*="date"]:is([itemprop~="datePublished"], [itemprop~="dateModified"]):not(meta, time)'
)
# Placeholders of templates for missing values.
_NO_VALUE = re.compile(
    r"\s*(?:undefined|null|none|nan|n/a|false|\[?unknown\]?|\[object object\]|\{\{.*|\$\{.*|%+\w+%+"
    r"|[a-z]+(?:\.[a-z]+){3,})?\s*",
    re.IGNORECASE,
)
_NO_ADDRESS = re.compile(r"/(?:undefined|null)/?$|//(?:localhost|127\.0\.0\.1)\b", re.IGNORECASE)
_NO_LETTER = re.compile(r"[^a-z]+")
_ENTRY = ("BlogPosting", "LiveBlogUpdate")


@dataclass(slots=True)
class Author:
    """An author's name in JSON-LD, and whether it is a person's."""

    name: str
    person: bool
    """Whether the page declares the name as a person's, not an organisation's."""


@dataclass
class Metadata:
    """Declared metadata of a page, unfiltered."""

    metas: dict[str, list[str]] = field(default_factory=dict)
    """Contents of ``<meta>`` by their name, property or itemprop, in lower case."""
    canonical: str | None = None
    """Target of ``<link rel=canonical>``, else ``og:url``; absolute."""
    html_language: str | None = None
    """``<html lang>``."""
    scripts: list[str] = field(default_factory=list)
    """JSON-LD, unparsed."""
    times: list[LexborNode] = field(default_factory=list)
    """Elements that hold times: ``<time>``, hAtom and microdata of publication and change."""
    headings: list[LexborNode] = field(default_factory=list)
    """``<h1>``."""
    pictures: list[LexborNode] = field(default_factory=list)
    """``<img>``."""
    url: str = ""
    """URL of the page."""
    base: str = ""
    """Base of its relative URLs."""
    head: str | None = None
    """The page's first ``<title>``."""
    tree: LexborHTMLParser | None = None
    """The parsed page."""

    def meta(self, *names: str) -> str | None:
        """Return the first value of one of these names."""
        for name in names:
            for content in self.metas.get(name, ()):
                if content:
                    return content
        return None

    @cached_property
    def names_by_letters(self) -> dict[str, list[str]]:
        """Names of ``metas`` by their letters, without punctuation and digits."""
        found: dict[str, list[str]] = {}
        for name in self.metas:
            found.setdefault(_letters(name), []).append(name)
        return found

    @cached_property
    def nodes(self) -> list[dict[str, Any]]:
        """All objects of the page's JSON-LD."""
        found: list[dict[str, Any]] = []
        repairs = _MOST_REPAIRS
        for script in self.scripts:
            values = list(read_json_values(script))
            if not values and repairs and "{" in script:
                repairs -= 1
                values = [repair_json(script)]
            found += _nodes(values)
        return found

    @cached_property
    def _by_id(self) -> dict[str, dict[str, Any]]:
        return {
            node["@id"]: node
            for node in reversed(self.nodes)
            if isinstance(node.get("@id"), str) and len(node) > 2
        }

    def by_id(self, value: dict[str, Any]) -> dict[str, Any]:
        """Resolve a reference to an object; return the value itself if it cannot be resolved."""
        identity = value.get("@id")
        return self._by_id.get(identity, value) if isinstance(identity, str) else value

    @cached_property
    def article(self) -> dict[str, Any]:
        """The JSON-LD object of the article; empty if there is none.

        An object that refers to another page is another article, unless its headline is this
        page's.
        """
        best: dict[str, Any] = {}
        most = -1
        articles = [n for n in self.nodes if any(map(_ARTICLE.search, types_of(n)))]
        live = any("LiveBlogPosting" in types_of(node) for node in articles)
        for node in articles or [node for node in self.nodes if _stands_for_article(node)]:
            value = (
                4 * bool(node.get("articleBody"))
                + 2 * bool(node.get("datePublished"))
                + 2 * bool(node.get("headline"))
                + bool(node.get("author"))
            )
            about = self.is_about_page(node)
            if about:
                value += 20
            elif about is False and not self._has_headline(node):
                continue
            if live and any(kind in _ENTRY for kind in types_of(node)):
                value = 0
            if value > most:
                best, most = node, value
        return best

    @cached_property
    def _addresses(self) -> set[tuple[str, str]]:
        urls = (self.url, self.canonical, self.meta("og:url"))
        return {address for url in urls if url and (address := _address(url, self.base))}

    def is_about_page(self, node: dict[str, Any]) -> bool | None:
        """Return whether an object refers to this page; ``None`` if it refers to none."""
        named = []
        for name in ("url", "mainEntityOfPage", "@id"):
            value = node.get(name)
            if isinstance(value, dict):
                value = value.get("@id") or value.get("url")
            # "#article" is a part of a page; a front page is used for any page.
            if isinstance(value, str) and (address := _address(value, self.base)) and address[0]:
                named.append(address)
        if not named or not self._addresses:
            return None
        return any(
            path == own_path and (query == own_query or not (query and own_query))
            for path, query in named
            for own_path, own_query in self._addresses
        )

    def _has_headline(self, node: dict[str, Any]) -> bool:
        """Return whether an object's headline is in the page's titles."""
        headline = set(words((_text(node.get("headline")) or _text(node.get("name")) or "")[:500]))
        titles = [self.meta("og:title"), self.meta("twitter:title"), self.head]
        return any(
            title
            and headline
            and len(headline.intersection(words(title[:500]))) * 4 >= 3 * len(headline)
            for title in titles
        )

    @cached_property
    def webpage(self) -> dict[str, Any]:
        """The JSON-LD object of the page itself; empty if there is none."""
        for node in self.nodes:
            if any(kind in _PAGE for kind in types_of(node)):
                return node
        return {}

    def text(self, *names: str) -> str | None:
        """Return the article's first JSON-LD text under one of these names."""
        for name in names:
            if value := _text(self.article.get(name)):
                return value
        return None

    @cached_property
    def description(self) -> str | None:
        """The summary that the page declares."""
        value = self.meta("og:description", "description", "twitter:description")
        value = value or self.text("description")
        return (plain(value) or None) if value else None

    @cached_property
    def paywalled(self) -> bool:
        """Whether the page declares that it is not free to read."""
        for node in (self.article, self.webpage):
            value = node.get("isAccessibleForFree")
            if value is False or (isinstance(value, str) and value.lower() == "false"):
                return True
        tier = self.meta("article:content_tier") or ""
        return tier.lower() in ("locked", "metered")

    def authors(self) -> list[Author]:
        """Return the authors in the article's JSON-LD."""
        value = self.article.get("author") or self.article.get("creator")
        return list(islice(self._authors(value, 0), _MOST_NAMES))

    def _authors(self, value: Any, depth: int) -> Iterator[Author]:
        if depth > 4:
            return
        if isinstance(value, str):
            yield Author(value, person=False)
        elif isinstance(value, list):
            for item in value[:50]:
                yield from self._authors(item, depth + 1)
        elif isinstance(value, dict):
            name = value.get("name")
            if isinstance(value.get("@id"), str):  # the referenced object has the best name
                value = self.by_id(value)
                name = value.get("name") or name
            person = "Person" in types_of(value)
            if isinstance(name, str):
                yield Author(name, person)
            elif isinstance(name, list):
                for item in name[:50]:
                    if isinstance(item, str):
                        yield Author(item, person)
            elif isinstance(name, dict):
                yield from self._authors(_text(name) or name, depth + 1)
            elif given := _text(value.get("givenName")):
                yield Author(f"{given} {_text(value.get('familyName')) or ''}", person)

    @cached_property
    def publishers(self) -> list[str]:
        """The names of the site."""
        names = [self.meta("og:site_name"), self.meta("application-name"), self.meta("publisher")]
        for node in (self.article, *self.nodes[:20]):
            publisher = node.get("publisher") or node.get("sourceOrganization")
            if isinstance(publisher, dict):
                publisher = self.by_id(publisher)
            if isinstance(publisher, list) and publisher:
                publisher = publisher[0]
            names.append(_text(publisher.get("name") if isinstance(publisher, dict) else publisher))
            if any(kind in ("NewsMediaOrganization", "WebSite") for kind in types_of(node)):
                names.append(_text(node.get("name")))
                names.append(_text(node.get("alternateName")))
        return list(dict.fromkeys(name for name in names if name))[:_MOST_NAMES]


def read_metadata(tree: LexborHTMLParser, url: str = "") -> Metadata:
    """Collect the metadata of a parsed page."""
    found = Metadata(url=url, base=url, tree=tree)
    metas = found.metas
    canonicals: list[str] = []
    for node in tree.css(_DECLARATIONS):
        tag = node.tag
        if tag == "img":
            found.pictures.append(node)
            continue
        if tag == "h1":
            found.headings.append(node)
            continue
        attributes = node.attributes
        if tag == "meta":
            content = attributes.get("content")
            name = (
                attributes.get("property")
                or attributes.get("name")
                or attributes.get("itemprop")
                or attributes.get("http-equiv")
            )
            if name and content and not _NO_VALUE.fullmatch(content):
                contents = metas.setdefault(name.strip().lower(), [])
                if len(contents) < _MOST_METAS:
                    contents.append(content)
        elif tag == "script":
            text = node.text()
            if text and len(text) <= _LONGEST_SCRIPT:
                found.scripts.append(text)
        elif tag == "link":
            canonicals.append(attributes.get("href") or "")
        elif tag == "base":
            if found.base == url:
                found.base = absolute(attributes.get("href") or "", url) or url
        elif tag == "title":
            found.head = found.head or node.text() or None
        else:
            found.times.append(node)
    found.canonical = next(
        (
            address
            for href in (*canonicals, *metas.get("og:url", ()))
            if not _NO_VALUE.fullmatch(href)
            and (address := absolute(href, found.base))
            and not _NO_ADDRESS.search(address)
            and (is_front_page(url) or not is_front_page(address))
        ),
        None,
    )
    if html := tree.css_first("html"):
        found.html_language = html.attributes.get("lang") or html.attributes.get("xml:lang")
    return found


@lru_cache(maxsize=1024)  # most pages have the same names
def _letters(name: str) -> str:
    return _NO_LETTER.sub("", name)


def _stands_for_article(node: dict[str, Any]) -> bool:
    """Return whether an object of another type has fields that only articles have."""
    return bool(node.get("headline") and (node.get("author") or node.get("datePublished")))


def _address(url: str, base: str) -> tuple[str, str] | None:
    """Return path and query of a URL for comparison; ``None`` for an empty one."""
    if url.startswith("#") or not (full := absolute(url, base)):
        return None
    parts = urlsplit(full)
    return parts.path.strip("/").removesuffix("/amp").lower(), parts.query


def _nodes(value: Any) -> Iterator[dict[str, Any]]:
    """Yield a value's objects, outermost first."""
    queue = [value]
    for count, item in enumerate(queue):
        if count > _MAX_NODES:
            return
        if isinstance(item, list):
            queue.extend(item)
        elif isinstance(item, dict):
            yield item
            queue.extend(
                inner
                for name in ("@graph", "mainEntity", "mainEntityOfPage", "hasPart", "publisher")
                if isinstance(inner := item.get(name), dict | list)
            )


def types_of(node: dict[str, Any]) -> list[str]:
    """Return the types of a JSON-LD object, without their namespace."""
    kind = node.get("@type")
    kinds = kind if isinstance(kind, list) else [kind]
    return [kind.rsplit("/", 1)[-1] for kind in kinds if isinstance(kind, str)]


def _text(value: Any) -> str | None:
    if isinstance(value, list):
        value = next((item for item in value if item), None)
    if isinstance(value, dict):
        value = value.get("@value") or value.get("name")
    return value if isinstance(value, str) and value.strip() else None
