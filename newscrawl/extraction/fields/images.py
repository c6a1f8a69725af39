"""The pictures of the article."""

import re
from collections.abc import Iterator, Set
from typing import Any
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from newscrawl.extraction.fields.names import class_of, stands_elsewhere
from newscrawl.extraction.metadata import Metadata
from newscrawl.extraction.trace import chose, note
from newscrawl.items import Image
from newscrawl.text.cleaning import plain
from newscrawl.text.urls import absolute

_METAS = ("og:image", "og:image:url", "og:image:secure_url")
_FURTHER_METAS = ("twitter:image", "twitter:image:src", "image", "thumbnail")
_LAZY = ("data-src", "data-lazy-src", "data-original", "data-srcset", "data-lazy-srcset", "srcset")
_PRINTED = "article img, main img, figure img, [itemprop~='articleBody'] img"
_MOST_PRINTED, _SMALLEST = 40, 100
_MOST_IMAGES = 20
_ICON = re.compile(r"avatar|logo|icon|gravatar|pixel|spacer|emoji|sprite|placeholder|author|auteur")
_CREDIT_CLASS = re.compile(r"credit|copyright|source|author", re.IGNORECASE)
_NUMBER = re.compile(r"\d+")
_WIDTH = re.compile(r"\s(\d+)w$")


def images(metadata: Metadata, tree: LexborHTMLParser) -> list[Image]:
    """List the article's pictures: those declared, or those printed, with their captions."""
    found: dict[str, Image] = {}
    for value in _declared(metadata):
        _add(found, metadata, value)
    for url in found:
        note("images", "declared", url)
    chose("images", "declared" if found else "printed in the article")
    if not found:
        printed = list(_printed(metadata, tree))[:_MOST_IMAGES]
        for picture in printed:
            note("images", "printed", picture.url)
        return printed
    lacking = {_file(url) for url, picture in found.items() if not picture.caption}
    captions = {_file(shown.url): shown for shown in _printed(metadata, tree, lacking)}
    for url, picture in found.items():
        if shown := captions.get(_file(url)):
            found[url] = Image(
                url, picture.caption or shown.caption, picture.credit or shown.credit
            )
    return list(found.values())[:_MOST_IMAGES]


def _declared(metadata: Metadata) -> Iterator[Any]:
    yield metadata.article.get("image")
    shared = [content for name in _METAS for content in metadata.metas.get(name, ())]
    yield shared
    if not shared:
        yield next(
            (metadata.metas[name] for name in _FURTHER_METAS if name in metadata.metas), None
        )


def _add(found: dict[str, Image], metadata: Metadata, value: Any, depth: int = 0) -> None:
    """Add the pictures of a value: a URL, an ``ImageObject``, a reference to one, or a list."""
    if isinstance(value, list):
        for item in value[:_MOST_IMAGES] if depth < 3 else ():
            _add(found, metadata, item, depth + 1)
    elif isinstance(value, dict):
        value = metadata.by_id(value)
        caption = value.get("caption") or value.get("description")
        credit = value.get("creditText")
        urls = value.get("url") or value.get("contentUrl") or value.get("@value")
        for url in urls[:_MOST_IMAGES] if isinstance(urls, list) else [urls]:
            if isinstance(url, str):
                _add_url(found, metadata, url, caption, credit)
    elif isinstance(value, str):
        _add_url(found, metadata, value, None, None)


def _add_url(
    found: dict[str, Image], metadata: Metadata, url: str, caption: Any, credit: Any
) -> None:
    if full := absolute(url, metadata.base):
        found.setdefault(
            full,
            Image(
                full,
                (plain(caption) or None) if isinstance(caption, str) else None,
                (plain(credit) or None) if isinstance(credit, str) else None,
            ),
        )


def _printed(
    metadata: Metadata, tree: LexborHTMLParser, files: Set[str] | None = None
) -> Iterator[Image]:
    """Yield the pictures that stand in the article, each with the caption of its figure.

    With ``files``, only those whose file's name is one of them.
    """
    seen: set[str] = set()
    for node in tree.css(_PRINTED)[:_MOST_PRINTED] if files is None or files else ():
        source = _source(node)
        if files is not None and _file(source) not in files:
            continue
        url = absolute(source, metadata.base)
        if not url or url in seen or _is_icon(node, url) or stands_elsewhere(node):
            continue
        seen.add(url)
        yield Image(url, *_caption(node))


def _source(node: LexborNode) -> str:
    """Give where a picture is: lazily loaded ones name it beside a stand-in."""
    attributes = node.attributes
    source = (attributes.get("src") or "").strip()
    for name in _LAZY:
        value = (attributes.get(name) or "").strip()
        if not value or value.startswith("data:"):
            continue
        if "srcset" in name:
            value = _largest(value)
            if source and not source.startswith("data:"):
                continue
        return value
    return "" if source.startswith("data:") else source


def _largest(srcset: str) -> str:
    """Give the widest picture of a ``srcset``."""
    entries = [entry.strip() for entry in srcset[:5000].split(", ")]
    widths = [int(match[1][:6]) if (match := _WIDTH.search(entry)) else 0 for entry in entries]
    return entries[widths.index(max(widths))].split(" ")[0].rstrip(",")


def _is_icon(node: LexborNode, url: str) -> bool:
    sizes = [_NUMBER.match(node.attributes.get(name) or "") for name in ("width", "height")]
    if any(size and int(size[0][:6]) < _SMALLEST for size in sizes):
        return True
    return bool(_ICON.search(class_of(node)) or _ICON.search(_file(url)))


def _caption(node: LexborNode) -> tuple[str | None, str | None]:
    """Give caption and credit of the figure that holds a picture."""
    for _ in range(4):
        parent = node.parent
        if parent is None:
            break
        node = parent
        if node.tag == "figure":
            caption = node.css_first("figcaption")
            if caption is None:
                break
            text = plain(caption.text(separator=" ")[:1000])
            credit = next(
                (
                    plain(inner.text())
                    for inner in caption.css("[class]")
                    if _CREDIT_CLASS.search(class_of(inner))
                ),
                "",
            )
            if credit and text != credit:
                text = plain(text.replace(credit, " "))
            elif credit:
                text = ""
            return text or None, credit or None
    return None, None


def _file(url: str) -> str:
    """The name of a picture's file, by which its copies in other sizes are known."""
    return urlsplit(url).path.rpartition("/")[2].lower()
