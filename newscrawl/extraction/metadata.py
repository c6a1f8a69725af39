"""What a page says of itself: JSON-LD, OpenGraph, ``<meta>``, microdata and links, as found.

Nothing is chosen here. Everything is optional and anything may be broken; what cannot be read is
left out.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from html import unescape
from itertools import islice
from typing import Any

import msgspec
from selectolax.lexbor import LexborHTMLParser, LexborNode

from newscrawl.text import clean

_ARTICLE = re.compile(
    r"Article|Posting|Report(?:age)?$|Review$|Analysis|Opinion|Blog|Interview|Column", re.IGNORECASE
)
_LISTED = ("CollectionPage", "SearchResultsPage", "ItemList")
_PAGE = frozenset(("WebPage", "ItemPage", "AboutPage", "Page"))
# A string that never ends is taken to the end: to look again from each quote is quadratic.
_TRAILING_COMMA = re.compile(r'("(?:\\.|[^"\\]++)*+(?:"|\\?\Z))|,(?=\s*+[}\]])', re.DOTALL)
_BAD_ESCAPE = re.compile(r'\\(?!["\\/bfnrt]|u[0-9a-fA-F]{4})')
_WRAPPER = re.compile(r"^\s*(?:(?://\s*)?<!\[CDATA\[|<!--|/\*[\s\S]{0,200}?\*/|;)+\s*")
_MAX_NODES = 5000
_LONGEST_SCRIPT = 500_000
"""Characters of JSON-LD that are parsed; a longer script is ignored."""
_MOST_METAS = 20
"""Contents of one name that are kept."""
_MOST_NAMES = 50
"""Authors, and names of the site, that are kept."""
# One look through the page for all of them: the way costs more than the comparisons.
_DECLARATIONS = (
    'meta[content], script[type^="application/ld+json"], '
    'time, [itemprop~="datePublished"]:not(meta, time)'
)


@dataclass(slots=True)
class Author:
    """A name given as an author."""

    name: str
    person: bool
    """Whether the page says that it names a person, not an organisation."""


@dataclass
class Metadata:
    """What a page declares, unjudged."""

    metas: dict[str, list[str]] = field(default_factory=dict)
    """Contents of ``<meta>`` by their name, property or itemprop, in lower case."""
    canonical: str | None = None
    """Target of ``<link rel=canonical>``, as written."""
    html_language: str | None = None
    """``<html lang>``."""
    scripts: list[str] = field(default_factory=list)
    """JSON-LD, unparsed."""
    times: list[LexborNode] = field(default_factory=list)
    """Elements that hold moments: ``<time>`` and microdata of the publication."""

    def meta(self, *names: str) -> str | None:
        """Give the first content that one of these names has."""
        for name in names:
            for content in self.metas.get(name, ()):
                if content:
                    return content
        return None

    @cached_property
    def nodes(self) -> list[dict[str, Any]]:
        """All objects of the page's JSON-LD."""
        return [node for script in self.scripts for node in _nodes(read_json(script))]

    @cached_property
    def _by_id(self) -> dict[str, dict[str, Any]]:
        return {
            node["@id"]: node
            for node in reversed(self.nodes)
            if isinstance(node.get("@id"), str) and len(node) > 2
        }

    @cached_property
    def article(self) -> dict[str, Any]:
        """The JSON-LD object of the article; empty when there is none."""
        best: dict[str, Any] = {}
        most = -1
        for node in self.nodes:
            if not any(_ARTICLE.search(kind) for kind in _types(node)):
                continue
            value = (
                4 * bool(node.get("articleBody"))
                + 2 * bool(node.get("datePublished"))
                + 2 * bool(node.get("headline"))
                + bool(node.get("author"))
            )
            if value > most:
                best, most = node, value
        return best

    @cached_property
    def webpage(self) -> dict[str, Any]:
        """The JSON-LD object of the page itself; empty when there is none."""
        for node in self.nodes:
            if any(kind in _PAGE for kind in _types(node)):
                return node
        return {}

    def text(self, *names: str) -> str | None:
        """Give the first text that the article's JSON-LD has under one of these names."""
        for name in names:
            if value := _text(self.article.get(name)):
                return value
        return None

    @cached_property
    def description(self) -> str | None:
        """The summary that the page gives to others."""
        value = self.meta("og:description", "description", "twitter:description")
        value = value or self.text("description")
        return (clean(unescape(value)) or None) if value else None

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
        """List the authors that the article's JSON-LD names."""
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
            if not name and isinstance(value.get("@id"), str):
                value = self._by_id.get(value["@id"], value)
                name = value.get("name")
            person = "Person" in _types(value)
            if isinstance(name, str):
                yield Author(name, person)
            elif isinstance(name, list):
                for item in name[:50]:
                    if isinstance(item, str):
                        yield Author(item, person)
            elif isinstance(name, dict):
                yield from self._authors(name, depth + 1)
            elif given := _text(value.get("givenName")):
                yield Author(f"{given} {_text(value.get('familyName')) or ''}", person)

    def publishers(self) -> list[str]:
        """List the names the site goes by."""
        names = [self.meta("og:site_name"), self.meta("application-name"), self.meta("publisher")]
        for node in (self.article, *self.nodes[:20]):
            publisher = node.get("publisher") or node.get("sourceOrganization")
            if isinstance(publisher, dict) and isinstance(publisher.get("@id"), str):
                publisher = self._by_id.get(publisher["@id"], publisher)
            if isinstance(publisher, list) and publisher:
                publisher = publisher[0]
            names.append(_text(publisher.get("name") if isinstance(publisher, dict) else publisher))
            if any(kind in ("NewsMediaOrganization", "WebSite") for kind in _types(node)):
                names.append(_text(node.get("name")))
                names.append(_text(node.get("alternateName")))
        return list(dict.fromkeys(name for name in names if name))[:_MOST_NAMES]


def read_metadata(tree: LexborHTMLParser) -> Metadata:
    """Collect what a parsed page declares."""
    found = Metadata()
    metas = found.metas
    for node in tree.css(_DECLARATIONS):
        if node.tag == "meta":
            attributes = node.attributes
            content = attributes["content"]
            name = (
                attributes.get("property") or attributes.get("name") or attributes.get("itemprop")
            )
            if name and content:
                contents = metas.setdefault(name.lower(), [])
                if len(contents) < _MOST_METAS:
                    contents.append(content)
        elif node.tag == "script":
            text = node.text()
            if text and len(text) <= _LONGEST_SCRIPT:
                found.scripts.append(text)
        else:
            found.times.append(node)
    if link := tree.css_first("link[rel=canonical]"):
        found.canonical = link.attributes.get("href")
    if html := tree.css_first("html"):
        found.html_language = html.attributes.get("lang") or html.attributes.get("xml:lang")
    return found


def read_json(text: str) -> Any:
    r"""Read JSON as pages write it; ``None`` when it cannot be read at all.

    Tolerated: comments and CDATA around it, trailing commas, raw control characters in strings,
    wrong escapes, and anything after the first value.

    >>> read_json('<!-- {"a": [1, 2,], "b": "x\ny\\\'"} -->')
    {'a': [1, 2], 'b': "x\ny\\'"}
    """
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        pass
    text = _WRAPPER.sub("", text)
    text = _TRAILING_COMMA.sub(lambda match: match[1] or "", text)
    text = _BAD_ESCAPE.sub(r"\\\\", text).lstrip()
    try:
        return json.JSONDecoder(strict=False).raw_decode(text)[0]
    except (ValueError, RecursionError):
        return None


def _nodes(value: Any) -> Iterator[dict[str, Any]]:
    """List a value's objects, outermost first."""
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


def _types(node: dict[str, Any]) -> list[str]:
    kind = node.get("@type")
    kinds = kind if isinstance(kind, list) else [kind]
    return [kind.rsplit("/", 1)[-1] for kind in kinds if isinstance(kind, str)]


def _text(value: Any) -> str | None:
    if isinstance(value, list):
        value = next((item for item in value if item), None)
    if isinstance(value, dict):
        value = value.get("@value") or value.get("name")
    return value if isinstance(value, str) and value.strip() else None
