"""Extract the article's authors (people and news desks) from metadata and bylines."""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC
from itertools import islice, pairwise

from selectolax.lexbor import LexborHTMLParser, LexborNode

from newscrawl.extraction.fields.names import (
    SiteNames,
    class_of,
    containing,
    stands_elsewhere,
    unspaced,
)
from newscrawl.extraction.metadata import Metadata
from newscrawl.extraction.trace import all_of, chose, each
from newscrawl.text.bylines import is_label, is_place, names_role, split_bylines, unglued
from newscrawl.text.cleaning import clean, fold, plain
from newscrawl.text.dates import parse_date

_NO_NAME = re.compile(r"https?:|www\.|^[@(/#{]|^\d+$|^\W*$|\.(?:com|org|net)/")
_ANNOUNCING = (
    r"par|by|von|por|door|di|av|af|text|autor(?:in)?|auteur|author|بقلم|كتب[تـ]?|إعداد|تحرير"
)
BY = re.compile(
    r"^\W*(?:(?:(?:this|cet|cette|dieser)\s\w+\s(?:was|a\sété|wurde)\s)?"
    r"(?:written|posted|published|reported|story|words|text|guide|article|artikel|analysis|report"
    r"|interview|erstellt|geschrieben|verfasst|(?:écrit|rédigé|publié|posté|proposé|signé)e?)\s)?"
    rf"(?:{_ANNOUNCING})\b\s*:?\s+(?=\S)",
    re.IGNORECASE,
)
"""Words that announce an author at the beginning of a text."""
# One of these is in every announcement; to look for them is faster than to split each text.
_MAY_ANNOUNCE = re.compile(rf"(?:(?<![^\W\d_])|(?=(?-i:[A-Z])))(?:{_ANNOUNCING})", re.IGNORECASE)
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
# Searching classes is slow: "uthor" matches "author" and "Author", and four names have "ur".
_AUTHOR_ELEMENTS = (
    '[rel~="author"], [itemprop~="author"], '
    '[class]:is([class*="uthor"], [class*="yline"], [class*="writer"], [class*="ur"]:is('
    '[class*="auteur"], [class*="signature"], [class*="ournalist"], [class*="redacteur"])), '
    '[id="author"], [data-component="Byline"], '
    f"{containing('data-testid', ('yline', 'uthor'))}, address, author"
)
_AUTHOR_PAGE = re.compile(
    r"/(?:author|autor/|auteur|autore|staff/|contributor|writers/|people/|profile/|creator/"
    r"|journalist|our-experts/|redacteur|equipe/|team/)"
)
"""Part of the URL of an author's page."""
# "jeudi 13 juin 2019, par …"
_BYLINE_PARTS = re.compile(
    r"(?<!\s)\s*+[|•·●⋅]\s*+|(?:,|(?<=\d))\s++(?=(?:par|by|von|por|بقلم)\s)", re.IGNORECASE
)
_MOST_NAMES = 50
"""Maximum number of authors."""
_MOST_ELEMENTS = 40
_LONGEST_BYLINE = 120


def authors(
    metadata: Metadata,
    tree: LexborHTMLParser,
    near: list[str],
    names: SiteNames,
    rubric: str | None,
) -> list[str]:
    """Choose the authors: people before desks, desks before the site's own name.

    ``rubric`` is the article's section, which some pages print in the place of the author.
    """
    own: list[str] = []
    for source in all_of(each("authors", "declared", _declared_authors(metadata))):
        people = list(_people(source))
        if others := [person for person in people if not names.include(person)]:
            if not all(map(_is_account, others)):
                chose("authors", "the first declared, not the site's own name")
                return others
            people = others
        own = own or people
    for source in all_of(each("authors", "printed", _printed_authors(tree, near, names))):
        people = [person for person in _people(source) if person != rubric]
        others = [person for person in people if not names.include(person)]
        # The site's own name is replaced by a person's, not by another desk's.
        if others and (not own or all(map(is_person, others))):
            chose("authors", "the first printed near the article, not the site's own name")
            return others
        own = own or people
    chose("authors", "nothing but the site's own name or an account")
    return own


_PARTICLES = frozenset(
    (
        *("de", "da", "do", "dos", "das", "di", "du", "des", "del", "della", "la", "le", "les"),
        *("el", "al", "ul", "bin", "ben", "ibn", "bint", "bent", "van", "von", "der", "den"),
        *("ter", "ten", "zu", "zum", "zur", "af", "av", "y", "e", "i", "d", "l"),
    )
)
_LATIN = re.compile("[A-Za-zÀ-ɏ]")


def is_person(name: str) -> bool:
    """Return whether a name can be a person's: two to five words, each a name or a particle.

    >>> is_person("Amina Ben Ali"), is_person("سعيد وهبي"), is_person("Insights from")
    (True, True, False)
    """
    parts = name.split()
    if not 2 <= len(parts) <= _LONGEST_PERSON or any(map(str.isdigit, name)):
        return False
    if not all(_WORD.fullmatch(part) for part in parts):
        return False
    return not _LATIN.search(name) or all(
        part[0].isupper() or part.lower().strip("'’") in _PARTICLES or part[1:2] in ("'", "’")
        for part in parts
    )


_LONGEST_PERSON = 5
_WORD = re.compile(r"[^\W\d_][\w.'’-]*")
_ACCOUNT = re.compile(r"[a-z0-9]+(?:[._-]?[a-z0-9]+)*")


def _is_account(name: str) -> bool:
    """Return whether a name is a login name."""
    return _ACCOUNT.fullmatch(name) is not None


_REVIEWED = re.compile(
    r"(?:medically |expert )?(?:reviewed|fact[- ]checked|edited|relu)\b", re.IGNORECASE
)
# In folded text.
_WRITTEN_BY = re.compile(
    r"(?:ecrit|redige|publie) par|par\b|auteur|(?:written|interview|story|posted) by|by\b|author"
    r"|(?:verfasst|geschrieben) von|escrito por|scritto da|كتب|بقلم|بواسطه"
)


def _declared_authors(metadata: Metadata) -> Iterator[list[str]]:
    yield [author.name for author in metadata.authors()]
    for name in _AUTHOR_METAS:
        yield metadata.metas.get(name, [])
    for number in ("1", "2"):
        if _WRITTEN_BY.match(fold(metadata.meta(f"twitter:label{number}") or "")):
            yield metadata.metas.get(f"twitter:data{number}", [])


def _printed_authors(
    tree: LexborHTMLParser, near: list[str], names: SiteNames
) -> Iterator[list[str]]:
    around = unspaced("\n".join(near))
    links = _author_links(tree)
    if around:
        yield from _linked_authors(links, around)
    elements = tree.css(_AUTHOR_ELEMENTS)
    named = []
    for node in elements[:_MOST_ELEMENTS] if around else ():
        # Names and roles in adjacent elements have no space between them.
        pieces = _pieces(node)
        text = " ".join(pieces)
        if (
            3 <= len(text) <= _LONGEST_BYLINE
            and unspaced(clean(node.text())) in around
            and not _is_of_another(node)
            and not _REVIEWED.match(text)
        ):
            kept = [
                piece
                for i, piece in enumerate(pieces)
                if not (i and (names_role(piece) or names.include(piece)))
            ]
            name = _cut(" ".join(kept))
            # The rest of "mercredi 17 janvier" is not a name.
            if " " in name or name == text or not parse_date(text, UTC):
                named.append(name)
    # "Par" is more reliable than a class.
    yield from ([name] for name in sorted(named, key=lambda name: not BY.match(name)))
    yield from _announced_authors(near)
    if elements or links:
        yield from _lone_authors(tree, {node.mem_id for node in (*elements, *links)})


_DEPTH_OF_COMMENTS = 12
_OF_ANOTHER = re.compile(r"comment|related|recommend|similaire|popular")


def _is_of_another(node: LexborNode) -> bool:
    """Return whether an element is in a reader comment or a list of other articles."""
    part: LexborNode | None = node
    for _ in range(_DEPTH_OF_COMMENTS):
        if part is None:
            break
        if _OF_ANOTHER.search(class_of(part)):
            return True
        part = part.parent
    return False


def _pieces(node: LexborNode) -> list[str]:
    """Return the texts of an element's parts, with a colon after an author's label."""
    found = [piece for part in node.text(separator="\n").split("\n") if (piece := clean(part))]
    if len(found) > 1 and is_label(found[0]):
        found[0] = found[0].rstrip(" :") + ":"
    return found


def _author_links(tree: LexborHTMLParser) -> list[LexborNode]:
    """Return the links to authors' pages. A selector for each name would be four times slower."""
    links = tree.css("a[href]")
    urls = [link.attrs.get("href") or "" for link in links]
    found = set(filter(_AUTHOR_PAGE.search, set(urls)))  # a page repeats its links
    return [link for link, url in zip(links, urls, strict=True) if url in found] if found else []


def _linked_authors(links: list[LexborNode], around: str) -> Iterator[list[str]]:
    """Yield the people near the article whose names link to author pages, together."""
    links = links[:_MOST_ELEMENTS]
    found = [clean(node.text(separator=" ")) for node in links if not _is_of_another(node)]
    found = [
        name
        for name in found
        if is_person(name) and not names_role(name) and unspaced(name) in around
    ]
    if found:
        yield list(dict.fromkeys(found))


def _announced_authors(near: list[str]) -> Iterator[list[str]]:
    """Yield the names that a text near the article announces, in the same or the next text."""
    for text in near:
        if len(text) < _LONGEST_BYLINE and _MAY_ANNOUNCE.search(text):
            for part in _BYLINE_PARTS.split(unglued(text)):
                if BY.match(part):
                    yield [_cut(part)]
    labels = [is_label(text) for text in near]
    for (first, is_first), (second, is_second) in pairwise(zip(near, labels, strict=True)):
        if is_first and is_person(second):
            yield [second]
        if is_second and is_person(first):
            yield [first]


def _lone_authors(tree: LexborHTMLParser, marked: set[int]) -> Iterator[list[str]]:
    """Yield the only person that is marked as an author on the whole page.

    ``marked`` are the ``mem_id`` of the elements that may mark one.
    """
    found: dict[str, str] = {}
    nodes = (node for node in tree.css(f"{_AUTHOR_ELEMENTS}, a[href]") if node.mem_id in marked)
    for node in islice(nodes, _MOST_ELEMENTS):
        pieces = _pieces(node)
        if len("".join(pieces)) > _LONGEST_BYLINE or _is_of_another(node) or stands_elsewhere(node):
            continue
        named = (name for piece in pieces for name in split_bylines(_cut(piece)))
        if name := next(filter(is_person, named), None):
            found.setdefault(fold(name), name)
    if len(found) == 1:
        yield list(found.values())


def _cut(byline: str) -> str:
    """Cut a byline where a date, a rubric or another part begins, without a place before it."""
    whole = unglued(byline)
    begin = _BYLINE_END.split(whole, maxsplit=1)[0]
    if len(begin) < len(whole) and (is_place(begin) or is_label(begin)):
        return _BYLINE_END.split(whole[len(begin) :].lstrip(_SEPARATORS), maxsplit=1)[0]
    return begin


_SEPARATORS = " -–—|•·●⋅:"


# Each run of white space is matched once, from its beginning: trying each blank is quadratic.
_BYLINE_END = re.compile(
    r"(?<!\s)(?:\s*+[|•·●⋅]|\s++[-–—]|(?:\s*+,)?\s++(?:"
    r"(?:(?:le|on|at|am)\s+)?(?i:(?:jan|feb|fév|mar|apr|avr|ma[iy]|ju[inl]|aug|ao|sep|oct|nov|dec"
    r"|déc)[^\W\d_]*\.?\s+)?\d|(?:in|dans)\s+[A-ZÀ-Ý]))"
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
