"""Extract the article's pictures with captions and credits."""

import re
from collections.abc import Iterator, Set
from itertools import islice
from typing import Any

from selectolax.lexbor import LexborNode

from newscrawl.extraction.fields.names import class_of, folded_line, stands_elsewhere
from newscrawl.extraction.metadata import Metadata
from newscrawl.extraction.trace import chose, note
from newscrawl.items import Image
from newscrawl.text.cleaning import plain
from newscrawl.text.urls import absolute

_METAS = ("og:image", "og:image:url", "og:image:secure_url")
_FURTHER_METAS = ("twitter:image", "twitter:image:src", "image", "thumbnail")
_LAZY = ("data-src", "data-lazy-src", "data-original")
_SRCSETS = ("data-srcset", "data-lazy-srcset", "srcset")
_STAND_IN = re.compile(r"^data:|placeholder|blank|spacer|loading|lazy|pixel|1x1|transparent")
_PICTURE_FILE = re.compile(r"[^\s,]{1,500}\.(?:jpe?g|png|webp|gif|avif)(?:[?#]\S*)?", re.IGNORECASE)
_AROUND = ("article", "main", "figure")
"""Elements that hold pictures of the article."""
_MOST_PRINTED, _SMALLEST = 40, 100
_MOST_IMAGES = 20
_ICON = re.compile(r"avatar|logo|icon|gravatar|pixel|spacer|emoji|sprite|placeholder|author|auteur")
_CREDIT_CLASS = re.compile(r"credit|copyright|source|author", re.IGNORECASE)
_NUMBER = re.compile(r"\d+")
_WIDTH = re.compile(r"\s(\d+)(?:\.\d+)?[wx]$")
_SIZE = re.compile(r"[-_]\d{2,5}x\d{2,5}|-scaled|@2x|-\d{3,4}w?(?=\.)")
_CREDIT_LABEL = re.compile(
    r"^(?:(?:photos?|crédits?(?:\sphotos?)?|credits?|ph\.?|images?|source|صورة?|تصوير|عدسة)\s*[:/©]|©)\s*",
    re.IGNORECASE,
)
_CAPTIONS = 'figcaption, [class*="caption"], [class*="legend"]'


def images(metadata: Metadata) -> list[Image]:
    """Return the article's pictures, declared or printed, with their captions."""
    found: dict[str, Image] = {}
    for value in _declared(metadata):
        _add(found, metadata, value)
    for url in found:
        note("images", "declared", url)
    chose("images", "declared" if found else "printed in the article")
    if not found:
        printed = list(_printed(metadata))[:_MOST_IMAGES]
        for picture in printed:
            note("images", "printed", picture.url)
        return printed
    files = {url: _file(url) for url in found}
    lacking = {files[url] for url, picture in found.items() if not picture.caption}
    captions = {_file(shown.url): shown for shown in _printed(metadata, lacking)}
    described = _descriptions(metadata)
    for url, picture in found.items():
        shown = captions.get(files[url]) or picture
        found[url] = Image(
            url,
            picture.caption or shown.caption or described.get(url),
            picture.credit or shown.credit,
        )
    return list(found.values())[:_MOST_IMAGES]


_DESCRIBED = (
    ("og:image", "og:image:alt"),
    ("og:image:url", "og:image:alt"),
    ("twitter:image", "twitter:image:alt"),
)


def _descriptions(metadata: Metadata) -> dict[str, str]:
    """Return the descriptions of the declared pictures by URL.

    A description that is the page's title, the site's name or a file's name says nothing.
    """
    declared: list[tuple[str, str]] = []
    for urls, texts in (map(metadata.metas.get, names, ([], [])) for names in _DESCRIBED):
        # With fewer descriptions than pictures, the assignment is ambiguous.
        for url, text in zip(urls, texts, strict=True) if len(urls) == len(texts) else ():
            full, description = absolute(url, metadata.base), plain(text)
            if full and " " in description:
                declared.append((full, description))
    if not declared:
        return {}
    titles = (metadata.meta("og:title", "twitter:title"), metadata.text("headline"), metadata.head)
    names = (*metadata.publishers, *filter(None, titles))
    none = {"", *(folded_line(plain(name)) for name in names)}
    found: dict[str, str] = {}
    for url, description in declared:
        if folded_line(description) not in none:
            found.setdefault(url, description)
    return found


def _declared(metadata: Metadata) -> Iterator[Any]:
    yield metadata.article.get("image")
    shared = [content for name in _METAS for content in metadata.metas.get(name, ())]
    yield shared
    if shared:
        return
    yield next((metadata.metas[name] for name in _FURTHER_METAS if name in metadata.metas), None)
    if not metadata.article.get("image"):
        yield metadata.article.get("thumbnailUrl") or metadata.webpage.get("primaryImageOfPage")
        links = metadata.tree.css('link[rel~="image_src"]') if metadata.tree else ()
        yield [link.attributes.get("href") for link in links]


def _add(found: dict[str, Image], metadata: Metadata, value: Any, depth: int = 0) -> None:
    """Add the pictures of a value: a URL, an ``ImageObject``, a reference to one, or a list."""
    if isinstance(value, list):
        for item in value[:_MOST_IMAGES] if depth < 3 else ():
            _add(found, metadata, item, depth + 1)
    elif isinstance(value, dict):
        value = metadata.by_id(value)
        caption = value.get("caption") or value.get("description")
        credit = value.get("creditText") or _holder(metadata, value)
        urls = value.get("url") or value.get("contentUrl") or value.get("@value")
        for url in urls[:_MOST_IMAGES] if isinstance(urls, list) else [urls]:
            if isinstance(url, str):
                _add_url(found, metadata, url, caption, credit)
    elif isinstance(value, str):
        _add_url(found, metadata, value, None, None)


def _holder(metadata: Metadata, value: dict[str, Any]) -> str | None:
    """Return a picture's creator or copyright holder."""
    for name in ("creator", "author", "copyrightHolder"):
        holder = value.get(name)
        if isinstance(holder, dict):
            holder = metadata.by_id(holder).get("name")
        if isinstance(holder, str):
            return holder
    return None


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


def _printed(metadata: Metadata, files: Set[str] | None = None) -> Iterator[Image]:
    """Yield the pictures in the article with the captions of their figures.

    With ``files``, only those with one of these file names.
    """
    seen: set[str] = set()
    stems = [file.rpartition(".")[0] or file for file in files or ()]
    nodes = (
        metadata.pictures if files is None else [n for n in metadata.pictures if _names(n, stems)]
    )
    for node in islice(filter(_is_in_article, nodes), _MOST_PRINTED):
        source = _source(node)
        if files is not None and _file(source) not in files:
            continue
        url = absolute(source, metadata.base)
        if not url or url in seen or _is_icon(node, url) or stands_elsewhere(node):
            continue
        seen.add(url)
        yield Image(url, *_caption(node))


def _names(node: LexborNode, stems: list[str]) -> bool:
    """Return whether an element's attributes hold one of some files' names."""
    values = " ".join(filter(None, node.attributes.values())).lower()
    return any(map(values.__contains__, stems))


def _is_in_article(node: LexborNode) -> bool:
    """Return whether a picture is in the article or in a figure."""
    part = node.parent
    while part is not None:
        if part.tag in _AROUND or "articlebody" in (part.attributes.get("itemprop") or "").lower():
            return True
        part = part.parent
    return False


def _source(node: LexborNode) -> str:
    """Return the URL of a picture, even if it is lazily loaded."""
    attributes = {name: (value or "").strip() for name, value in node.attributes.items()}
    others = (name for name in attributes if name.startswith("data-") and name not in _LAZY)
    for name in (*_LAZY, *others):
        value = attributes.get(name, "")
        if name in _LAZY and value and not value.startswith("data:"):
            return value
        if _PICTURE_FILE.fullmatch(value):
            return value
    source = attributes.get("src", "")
    if source and not _STAND_IN.search(source.lower()):
        return source
    sets = [attributes[name] for name in _SRCSETS if attributes.get(name)]
    if node.parent is not None and node.parent.tag == "picture":
        for part in node.parent.css("source"):
            sets += (part.attributes.get(name) or "" for name in _SRCSETS)
    return next((_largest(value) for value in sets if value), "")


def _largest(srcset: str) -> str:
    """Return the widest picture of a ``srcset``."""
    entries = [entry.strip() for entry in srcset[:5000].split(", ")]
    widths = [int(match[1][:6]) if (match := _WIDTH.search(entry)) else 0 for entry in entries]
    return entries[widths.index(max(widths))].split(" ")[0].rstrip(",")


def _is_icon(node: LexborNode, url: str) -> bool:
    sizes = [_NUMBER.match(node.attributes.get(name) or "") for name in ("width", "height")]
    if any(size and int(size[0][:6]) < _SMALLEST for size in sizes):
        return True
    return bool(_ICON.search(class_of(node)) or _ICON.search(_file(url)))


def _caption(node: LexborNode) -> tuple[str | None, str | None]:
    """Return caption and credit of the figure or box around a picture."""
    above: list[LexborNode] = []
    part = node.parent
    while part is not None and len(above) < _DEPTH_OF_FIGURE:
        above.append(part)
        if part.tag == "figure":
            caption = part.css_first(_CAPTIONS)
            return _parted(caption) if caption else (None, None)
        part = part.parent
    boxes = [part for part in above if part.tag not in _ROWS]
    for part in boxes[:_DEPTH_OF_BOX]:
        if len(part.css("img")) > 1:
            break
        if caption := part.css_first(_CAPTIONS):
            return _parted(caption)
    return None, None


_DEPTH_OF_FIGURE, _DEPTH_OF_BOX = 4, 2
_ROWS = ("td", "tr", "tbody")
"""Parts of a table, in which a picture's caption may be in a separate row."""


def _parted(caption: LexborNode) -> tuple[str | None, str | None]:
    """Split a caption from the credit in it."""
    text = plain(caption.text(separator=" ")[:_LONGEST_CAPTION])
    credit = next(
        (plain(n.text()) for n in caption.css("[class]") if _CREDIT_CLASS.search(class_of(n))), ""
    )
    if credit and text != credit:
        text = plain(text.replace(credit, " "))
    elif credit:
        text = ""
    return text or None, _CREDIT_LABEL.sub("", credit) or None


_LONGEST_CAPTION = 1000


def _file(url: str) -> str:
    """Return a picture's file name without its size, as all its copies share it."""
    path = url.partition("#")[0].partition("?")[0]
    return _SIZE.sub("", path.rpartition("/")[2].lower())
