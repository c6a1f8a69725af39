"""Collect the dates printed around the article, with their labels and distance to it."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, timedelta
from functools import cached_property, lru_cache
from itertools import islice, zip_longest
from typing import Literal, NamedTuple

from selectolax.lexbor import LexborNode

from newscrawl.extraction.fields.names import (
    class_of,
    containing,
    stands_elsewhere,
    unspaced,
)
from newscrawl.extraction.metadata import Metadata
from newscrawl.text.cleaning import clean, fold
from newscrawl.text.dates import parse_date

DIGITS = re.compile(r"\d(?:\D+\d|.*[^\W\d_]|\d{3})")
"""Finds digits that may be of a date."""
_DIGIT = re.compile(r"\d")
_LONGEST_LINE = 80
_DAY = timedelta(days=1)
# Words that announce a date, in folded text.
_LABELS = re.compile(
    r"(?P<updated>(?:derniere\s)?mise?\sa\sjour|(?:derniere\s)?modifi(?:e|cation)\b|actualisee?\b"
    r"|\bmaj\b|\brevue?\sle\b|(?:last\s)?(?:updated?|modified|edited|revised|reviewed|amended)\b"
    r"|(?:اخر\s)?(?:تحديث|تعديل)|تم\s(?:ال)?(?:تحديث|تعديل)|(?:ا?حدث|عدل)ت?\s(?:في|بتاريخ)"
    r"|\bمحدثه?\s?(?:[:：]|في\b|بتاريخ\b))"
    r"|(?P<published>\b(?:re)?publiee?\b|mise?\sen\sligne|\bpostee?\b|\becrite?\b"
    r"|\b(?:cree|paru|diffuse|redige)e?\sle\b|\bpublication\s?:"
    r"|\bdate\sde\s(?:publication|parution)\b|\b(?:ver)?offentlicht\b"
    r"|\b(?:posted|published|publish\sdate|created|written)\b"
    r"|\bو?(?:تاريخ\s)?(?:ال)?نشر(?:ت|ه)?\b|بتاريخ\b"
    r"|^(?:date|datum|fecha|data|التاريخ)\s?(?::|$|(?=\d)))"
)
# One of these is in every label; to look for them is faster than to try the labels.
_STEMS = re.compile(
    "jour|modifi|actualis|maj|revu|updat|edited|revised|reviewed|amended|publi|ligne|post|cree|paru"
    "|diffus|redig|ecrit|creat|written|offentlicht|date|datum|fecha|data"
    "|تحديث|تعديل|حدث|عدل|نشر|تاريخ"
)
_UPDATED_CLASS = re.compile(r"updat|modif|\bmaj\b|revis", re.IGNORECASE)
_PUBLISHED_CLASS = re.compile(r"publi(?!c)|posted|created|entry-date", re.IGNORECASE)
_SENTENCE = re.compile(r"[^\W\d_][.!?…]$")
_LONGEST_PRINTED = 160
# Parts of a page with the current day or dates of other articles. The selector has few names, as
# each is compared with every element; the expression decides.
_MAY_BE_ELSEWHERE = "header, aside, " + ", ".join(
    containing(attribute, ("top", "head", "today", "current", "related", "sidebar"))
    for attribute in ("class", "id")
)
_ELSEWHERE = re.compile(
    r"(?:^|[\s#])(?:header|top)(?:\s|$)|top[-_]?bar|header-(?:top|date)|masthead|td-header|today"
    r"|current[-_]date|related|sidebar"
)

Kind = Literal["published", "updated"]
"""Meaning of a date according to its label."""


class Printed:
    """Dates printed around the article, collected when first needed."""

    def __init__(
        self,
        metadata: Metadata,
        near: Callable[[], list[str]],
        named: Callable[[], Mapping[str, str]] = dict,
    ) -> None:
        """Collect from the texts near the article.

        ``named`` are the classes of the elements of those with ``DIGITS``.
        """
        self._metadata = metadata
        self._near = near
        self._named = named

    @cached_property
    def _dates(self) -> list["_Date"]:
        """List the dates, nearest first."""
        parts = _announced(self._near())
        timed = [entry for node in self._metadata.times[:20] if (entry := _time(node, parts))]
        named = self._named()
        lines = [
            (kind or _kind_by_name(named.get(text)), text)
            for kind, text in parts
            if DIGITS.search(text)
        ]
        lines.sort(key=lambda line: bool(_SENTENCE.search(line[1])))
        timed.sort(key=lambda entry: entry.place)
        return [
            *(entry for entry in timed if entry.place < _FAR),
            *(_Date(0, kind, text, "") for kind, text in lines),
            *(entry for entry in timed if entry.place == _FAR),
        ]

    def announced_as(self, kind: Kind | None) -> Iterator[str]:
        """Yield the dates labelled as published or updated, or without a label, nearest first.

        The current day in a page's header, and dates of other articles, are excluded.
        """
        for date in self._dates:
            if date.kind == kind:
                value = date.value
                if kind or not self._is_elsewhere(value):
                    yield value

    @property
    def all(self) -> Iterator[str]:
        """Yield all dates except those of updates, labelled ones first."""
        yield from self.announced_as("published")
        yield from (date.value for date in self._dates if date.kind is None)

    def marked(self) -> Iterator[str]:
        """Yield the short texts of elements with a date-like class or id."""
        tree = self._metadata.tree
        for node in tree.css(_MARKED)[:_MOST_MARKED] if tree else ():
            text = clean(node.text(separator=" "))
            if len(text) > _LONGEST_MARKED or not DIGITS.search(text) or stands_elsewhere(node):
                continue
            for kind, part in _announced([text]):
                if kind != "updated" and not self._is_elsewhere(part):
                    yield part

    def _is_elsewhere(self, text: str) -> bool:
        date = unspaced(text)
        return parse_date(text, UTC) is not None and any(date in part for part in self._elsewhere)

    @cached_property
    def _elsewhere(self) -> list[str]:
        tree = self._metadata.tree
        nodes = filter(_is_named_elsewhere, tree.css(_MAY_BE_ELSEWHERE) if tree else ())
        return [unspaced(node.text()) for node in islice(nodes, _MOST_PARTS) if _is_elsewhere(node)]


_MOST_PARTS = 40
_FAR = 1_000_000


def _is_named_elsewhere(node: LexborNode) -> bool:
    """Return whether an element does not belong to the article, by its tag, class or id."""
    name, identity = (node.attributes.get(name) or "" for name in ("class", "id"))
    return node.tag in ("header", "aside") or _ELSEWHERE.search(f"{name} #{identity}") is not None


def _is_elsewhere(node: LexborNode) -> bool:
    """Return whether a part of the page is not the article's."""
    if _ARTICLE_HEAD.search(class_of(node)) or node.css_first("h1, article, main"):
        return False
    if node.tag == "aside" or "related" in class_of(node):
        return True
    parent = node.parent
    while parent is not None:
        if parent.tag in ("article", "main"):
            return False
        parent = parent.parent
    return True


_ARTICLE_HEAD = re.compile(r"entry|post|article|story|single|title|meta|auth|byline")


# "Rabat, 12 mars 2024 (MAP) – …" at the beginning of a text
_DATELINE = re.compile(
    r"^(?:[^.!?\n]|(?<=\d)\.){5,80}?(?:\)|\s[-–—|]|\d{4}\s?[:،]|\d{4}\s\()(?=\s)"
)
# Separators of labelled and unlabelled dates.
_NEXT_DATE = re.compile(r"\s[|•·–—-]\s(?=\D{0,20}\d\d?\D[^|•·]*\d{4})")
# The note that old WordPress themes print below an entry, without its category.
_ENTRY = re.compile(
    r"(?:this|cet|cette|dieser)\s\w+\s(?:was|a été|wurde)\s.{10,110}?(?=\s(?:and|et|und)\s)",
    re.IGNORECASE,
)
_LONGEST_NOTE, _LONGEST_LABEL, _LONGEST_DATELINE = 500, 30, 100


def _announced(near: Iterable[str]) -> list[tuple[Kind | None, str]]:
    """Split short texts at date labels; return each part with its kind of label."""
    parts: list[tuple[Kind | None, str]] = []
    pending: Kind | None = None
    dated = False  # whether the last text was a date without a label
    for text in near:
        if len(text) > _LONGEST_PRINTED:
            pending, dated = None, False
            if (entry := _ENTRY.match(text)) and len(text) < _LONGEST_NOTE:
                parts.append(("published", entry[0]))
            elif (
                _DIGIT.search(text, 0, _LONGEST_DATELINE)
                and (line := _DATELINE.match(text))
                and DIGITS.search(line[0])
            ):
                parts.append((None, line[0]))
            continue
        dateless = not _DIGIT.search(text)
        if dateless and len(text) >= _LONGEST_LABEL:
            pending, dated = None, False
            continue
        folded, labels = _labels(text)
        if not labels:
            if len(text) < _LONGEST_LINE:
                dated = pending is None and not dateless and DIGITS.search(text) is not None
                parts.append((pending, text))
                pending = None
            continue
        first = labels[0]
        # A separate label belongs to the date of its neighbour: the one before it here,
        # where texts above the body come nearest first, else the one after it.
        if dateless:
            if dated:
                parts[-1] = (_kind(first), parts[-1][1])
            else:
                pending = _kind(first)
            dated = False
            continue
        pending, dated = None, False
        if _DIGIT.search(folded[: first.start()]):
            parts.append((None, folded[: first.start()]))
        for label, following in zip_longest(labels, labels[1:]):
            end = following.start() if following else len(folded)
            announced, *others = _NEXT_DATE.split(folded[label.end() : end])
            parts.append((_kind(label), announced))
            parts += ((None, other) for other in others)
    return parts


@lru_cache(maxsize=8192)
def _labels(text: str) -> tuple[str, list[re.Match[str]]]:
    """Return a folded text, and the date labels in it.

    Cached, as an outlet's pages print the same lines around their articles.
    """
    folded = fold(text)
    return folded, list(_LABELS.finditer(folded)) if _STEMS.search(folded) else []


def _kind_by_name(name: str | None) -> Kind | None:
    """Return the kind of date that the class or id of a text's element indicates."""
    if not name or _PUBLISHED_CLASS.search(name):
        return None
    return "updated" if _UPDATED_CLASS.search(name) else None


def _kind(label: re.Match[str]) -> Kind:
    return "updated" if label["updated"] else "published"


class _Date(NamedTuple):
    place: int
    """Distance to the article."""
    kind: Kind | None
    stated: str
    """What an attribute or a text says."""
    shown: str
    """The text of an element whose attribute states a date."""

    @property
    def value(self) -> str:
        """The printed date where a changed page keeps the first one, else the stated one."""
        if not self.shown or self.shown == self.stated:
            return self.stated
        stated, said = parse_date(self.stated, UTC), parse_date(self.shown, UTC)
        return self.shown if stated and said and said.when < stated.when - _DAY else self.stated


def _time(node: LexborNode, parts: list[tuple[Kind | None, str]]) -> _Date | None:
    """Return the date of a ``<time>`` element."""
    attributes = node.attributes
    shown = clean(node.text())
    value = attributes.get("datetime") or attributes.get("content")
    if node.tag == "abbr":
        value = attributes.get("title")
    value = value or shown
    if not value:
        return None
    names = f"{attributes.get('itemprop') or ''} {attributes.get('class') or ''}"
    kind: Kind | None = None
    if _PUBLISHED_CLASS.search(names):
        kind = "published"
    elif _UPDATED_CLASS.search(names):
        kind = "updated"
    elif node.tag == "abbr":
        return None
    place = _FAR if shown else 0
    folded = fold(shown)
    for index, (announced, text) in enumerate(parts):
        if shown and (shown in text or folded in text):
            place, kind = index, kind or announced
            break
    if kind is None and stands_elsewhere(node):
        return None
    if place == _FAR:
        if stands_elsewhere(node):
            return None
        kind = kind and (kind if node.attributes.get("itemprop") else None)
    return _Date(place, kind, value, shown)


# Elements whose class or id indicates a date, anywhere on the page.
_DATE_NAMES = (
    "date",
    "Date",
    "publish",
    "posted",
    "timestamp",
    "byline",
    "post-meta",
    "entry-meta",
)
_MARKED = ", ".join(containing(attribute, _DATE_NAMES) for attribute in ("class", "id"))
_MOST_MARKED, _LONGEST_MARKED = 60, 200
