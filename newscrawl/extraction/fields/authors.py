"""The people and desks who wrote the article."""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC

from selectolax.lexbor import LexborHTMLParser

from newscrawl.extraction.fields.names import SiteNames, class_of
from newscrawl.extraction.metadata import Metadata
from newscrawl.text.bylines import names_role, split_bylines, unglued
from newscrawl.text.cleaning import clean, fold, plain
from newscrawl.text.dates import parse_date

_NO_NAME = re.compile(r"https?:|www\.|^[@(/#{]|^\d+$|^\W*$|\.(?:com|org|net)/")
BY = re.compile(
    r"^\W*(?:par|by|von|por|door|di|av|af|text|autor(?:in)?|auteur|author|بقلم|كتب[تـ]?|إعداد|تحرير)"
    r"\b\s*:?\s+(?=\S)",
    re.IGNORECASE,
)
_AUTHOR_METAS = (
    "author",
    "article:author",
    "og:author",
    "parsely-author",
    "sailthru.author",
    "dc.creator",
    "dc:creator",
    "dcterms.creator",
    "citation_author",
    "bepress_citation_author",
    "byl",
    "articleauthor",
    "dc.contributor.author",
    "rbauthors",
    "cxenseparse:author",
)
# Looking into classes is slow: "uthor" stands for "author" and "Author".
_AUTHOR_ELEMENTS = (
    '[rel~="author"], [itemprop~="author"], [class*="uthor"], [class*="auteur"], [class*="yline"], '
    '[id="author"], [data-component="Byline"], author'
)
# "jeudi 13 juin 2019, par …"
_BYLINE_PARTS = re.compile(r"\s*[|•·]\s*|,\s+(?=(?:par|by|von|por|بقلم)\s)", re.IGNORECASE)


_MOST_NAMES = 50
"""Authors that are returned at most."""


def authors(
    metadata: Metadata,
    tree: LexborHTMLParser,
    near: list[str],
    names: SiteNames,
    rubric: str | None,
) -> list[str]:
    """Choose the authors: people before desks, desks before the site's own name.

    ``rubric`` is the article's section, which some pages print where the author is looked for.
    """
    own: list[str] = []
    for source in _declared_authors(metadata):
        people = list(_people(source))
        if others := [person for person in people if not names.include(person)]:
            return others
        own = own or people
    for source in _printed_authors(tree, near):
        people = [person for person in _people(source) if person != rubric]
        others = [person for person in people if not names.include(person)]
        # The site's own name gives way to a person's, not to another desk's.
        if others and (not own or all(map(_PERSON.match, others))):
            return others
        own = own or people
    return own


_PERSON = re.compile(r"(?:[^\W\d_][\w.'’-]*\s+){1,4}[^\W\d_][\w.'’-]+$")


_NO_SPACE = re.compile(r"\s+")
_REVIEWED = re.compile(
    r"(?:medically |expert )?(?:reviewed|fact[- ]checked|edited|relu)\b", re.IGNORECASE
)
_WRITTEN_BY = re.compile(
    r"(?:[ée]crit|r[ée]dig[ée]|publi[ée]) par|par\b|auteur|written by|by\b|author|كتب|بقلم|بواسطة",
    re.IGNORECASE,
)


def _declared_authors(metadata: Metadata) -> Iterator[list[str]]:
    yield [author.name for author in metadata.authors()]
    for name in _AUTHOR_METAS:
        yield metadata.metas.get(name, [])
    for number in ("1", "2"):
        if _WRITTEN_BY.match(metadata.meta(f"twitter:label{number}") or ""):
            yield metadata.metas.get(f"twitter:data{number}", [])


def _printed_authors(tree: LexborHTMLParser, near: list[str]) -> Iterator[list[str]]:
    around = _NO_SPACE.sub("", "\n".join(near))
    named = []
    for node in tree.css(_AUTHOR_ELEMENTS)[:40] if around else ():
        # Names and roles side by side in elements of their own have no space between them.
        pieces = [piece for part in node.text(separator="\n").split("\n") if (piece := clean(part))]
        text = " ".join(pieces)
        if (
            3 <= len(text) <= 120
            and _NO_SPACE.sub("", text) in around
            and "comment" not in class_of(node)
            and not _REVIEWED.match(text)
        ):
            kept = [piece for i, piece in enumerate(pieces) if not (i and names_role(piece))]
            name = _cut(" ".join(kept))
            # What is left of "mercredi 17 janvier" is no name.
            if " " in name or name == text or not parse_date(text, UTC):
                named.append(name)
    # "Par" says for sure what a class may only seem to say.
    yield from ([name] for name in sorted(named, key=lambda name: not BY.match(name)))
    for text in near:
        if len(text) < 120:
            for part in _BYLINE_PARTS.split(unglued(text)):
                if BY.match(part):
                    yield [_cut(part)]


def _cut(byline: str) -> str:
    """Cut a byline where a date, a rubric or another part begins."""
    return _BYLINE_END.split(unglued(byline), maxsplit=1)[0]


# Each run of white space is matched once, from its beginning: to try each blank is quadratic.
_BYLINE_END = re.compile(
    r"(?<!\s)(?:\s*+[|•·]|\s++[-–—]|(?:\s*+,)?\s++(?:"
    r"(?:(?:le|on)\s+)?(?i:(?:jan|feb|fév|mar|apr|avr|ma[iy]|ju[inl]|aug|ao|sep|oct|nov|dec|déc)"
    r"[^\W\d_]*\.?\s+)?\d|(?:in|dans)\s+[A-ZÀ-Ý]))"
)


def _people(source: Iterable[str]) -> Iterator[str]:
    seen: set[str] = set()
    for raw in source:
        text = plain(raw)
        if not text or _NO_NAME.search(text):
            continue
        for byline in split_bylines(text):
            name = byline if len(byline) <= 80 else byline.split(",")[0]
            key = fold(name)
            if key not in seen and not _NO_NAME.search(name):
                seen.add(key)
                yield name
                if len(seen) >= _MOST_NAMES:
                    return
