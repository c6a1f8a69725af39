"""Choice of each field among what the page declares and prints, by agreement of its sources."""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from html import unescape
from itertools import islice
from typing import Any, Protocol

from selectolax.lexbor import LexborHTMLParser, LexborNode

from newscrawl.dates import Moment, parse_date
from newscrawl.extraction.guided import likeness
from newscrawl.extraction.metadata import Metadata
from newscrawl.html import LONGEST_LABEL
from newscrawl.items import Image
from newscrawl.language import count_in, detect_language
from newscrawl.text import clean, fold, split_bylines
from newscrawl.urls import absolute, registered_domain


class CopyLike(Protocol):
    """What is asked of a copy; ``published`` is used when there is one."""

    @property
    def title(self) -> str | None:
        """Its title."""

    @property
    def text(self) -> str | None:
        """Its text."""


_LONGEST_TITLE = 500
_LONGEST_NAME = 200
_MOST_DATES = 20
_MOST_NAMES = 50
_MOST_LINKS = 100
_SHORTEST_TITLE = 15
_BAR = r"(?:\s*(?:[|·•»«ǀ｜ㅣ]|::|--)+\s*|\s+[-–—:]+\s+|：)"
_ENDING = re.compile(rf"^(.*\S){_BAR}(\S.*?)$", re.DOTALL)
_BEGINNING = re.compile(rf"^(\S.*?){_BAR}(\S.*)$", re.DOTALL)
_SEPARATED = re.compile(r"\s*[-–—|·•»«ǀ｜ㅣ：]|\s+:")


class SiteNames:
    """What a site calls itself, for telling its name from titles and authors."""

    def __init__(self, metadata: Metadata, url: str) -> None:
        names = [*metadata.publishers(), *metadata.metas.get("twitter:site", ())]
        if rubric := _declared_section(metadata):
            names.append(rubric)
        if domain := registered_domain(url):
            names += [domain, domain.split(".")[0], f"www.{domain}"]
        self._folded = {_line(name[:_LONGEST_NAME]).lstrip("@") for name in names}
        self._plain = {_NO_LETTER.sub("", name) for name in self._folded}

    def exactly(self, folded: str) -> bool:
        """Tell whether a folded line is one of the names."""
        return folded in self._folded

    def include(self, text: str) -> bool:
        """Tell whether a text is one of the names or stands in one."""
        plain = _NO_LETTER.sub("", _line(text))
        return plain in self._plain or (
            len(plain) >= 4 and any(plain in name for name in self._plain)
        )


_NO_LETTER = re.compile(r"[\W_]+")


def _line(text: str) -> str:
    return " ".join(fold(text).split())


def title(
    metadata: Metadata,
    tree: LexborHTMLParser,
    headings: list[str],
    names: SiteNames,
    wanted: str | None,
) -> str | None:
    """Choose the headline: what most sources agree on, or what agrees with the wanted title."""
    headline, shared = metadata.text("headline"), metadata.meta("og:title")
    tweeted = metadata.meta("twitter:title")
    sources: list[tuple[float, str | None]] = [
        (1.0, headline),
        (3.0, shared),
        (0.4, tweeted or metadata.meta("title", "dc.title", "sailthru.title")),
        (0.3, metadata.text("name", "alternativeHeadline")),
        (0.5, node.text() if (node := tree.css_first("title")) else None),
    ]
    sources += [(0.7 if not i else 0.3, heading) for i, heading in enumerate(headings[:4])]
    # An outlet that has one title for its readers and another for networks means the first.
    if _same(headline, *headings[:2]) and _same(shared, tweeted) and not _same(headline, shared):
        sources.append((3.0, headline))
    weights: dict[str, float] = {}
    for weight, source in sources:
        if source and (text := clean(unescape(source[:_LONGEST_TITLE]))):
            weights[text] = weights.get(text, 0.0) + weight
    if not weights:
        return None
    exact = {fold(text) for text in weights}
    sought = fold(wanted[:_LONGEST_TITLE]) if wanted else ""
    votes: dict[str, float] = {}
    printed: dict[str, str] = {}
    for text, weight in weights.items():
        short = _without_site(text, names, exact, sought)
        key = _line(short)
        if names.exactly(key) and len(weights) > 1:
            continue
        votes[key] = votes.get(key, 0.0) + weight
        printed.setdefault(key, short)
    if not votes:
        return next(iter(weights))
    if wanted:
        scored = {key: likeness(text, wanted) or 0.0 for key, text in printed.items()}
        best = max(votes, key=lambda key: (round(scored[key], 2), votes[key]))
        if scored[best] >= 0.5:
            return printed[best]
    return printed[max(votes, key=lambda key: votes[key])]


def _same(title: str | None, *others: str | None) -> bool:
    """Tell whether a title is one of some others."""
    line = _line(unescape(title[:_LONGEST_TITLE])) if title else ""
    return any(
        other == title or line == _line(unescape(other[:_LONGEST_TITLE]))
        for other in others
        if other and line
    )


def _without_site(text: str, names: SiteNames, exact: set[str], sought: str) -> str:
    """Strip what other sources do not have, and the site's name, from a title's two ends.

    ``exact`` are the folded titles of all sources: one of them that a separator parts from what
    follows is the title, and the rest an addition. What comes before a title, a rubric or the
    first half of a headline, goes only when the folded title that is sought begins after it.
    """
    folded = fold(text)
    if len(folded) == len(text):
        for other in (*exact, sought):
            if _parted(folded.removeprefix(other), len(folded), other):
                return text[: len(other)]
        if _parted(folded.removesuffix(sought)[::-1], len(folded), sought):
            return text[-len(sought) :]
    for _ in range(4):
        match = _ENDING.match(text)
        if not match or not names.include(match[2]):
            break
        text = match[1]
    head, dash, tail = text.rpartition("-")
    # Between title and site a rubric may stand; without spaces only where no word has a hyphen.
    rubric = len(text) < len(folded) and len(tail) <= 6 and tail.isalpha() and not tail.isascii()
    if dash and head and (rubric or names.exactly(_line(tail))):
        text = head.rstrip()
    match = _BEGINNING.match(text)
    if match and names.include(match[1]):
        return match[2]
    return text


def _parted(rest: str, whole: int, other: str) -> bool:
    """Tell whether a separator parts what was left of a title without another one."""
    return (
        len(other) >= _SHORTEST_TITLE
        and 0 < len(rest) < whole
        and _SEPARATED.match(rest) is not None
    )


_PUBLISHED = (
    "article:published_time",
    "og:article:published_time",
    "datepublished",
    "parsely-pub-date",
    "sailthru.date",
    "cxenseparse:recs:publishtime",
    "publishdate",
    "publish-date",
    "publish_date",
    "pubdate",
    "date.available",
    "dc.date.issued",
    "dcterms.created",
    "dc.date.created",
    "dc.date",
    "dc:date",
    "dc:date.created",
    "dcterms.date",
    "citation_publication_date",
    "bepress_citation_date",
    "citation_date",
    "og:pubdate",
    "date.created",
    "datecreated",
    "date",
    "article.published",
    "article:published",
    "published_time",
    "published-date",
    "article_date_original",
    "ptime",
)
_MODIFIED = (
    "article:modified_time",
    "og:updated_time",
    "datemodified",
    "date.modified",
    "dc.date.modified",
    "dcterms.modified",
    "last-modified",
)


def published(
    metadata: Metadata,
    near: list[str],
    zone: tzinfo | None,
    wanted: datetime | None,
) -> Moment | None:
    """Choose the moment of first publication; near the wanted one when there are several.

    ``near`` are the texts that stand around the body. Without a zone, what a value names counts,
    and UTC where it names none.
    """
    found: list[Moment] = []
    for value in _published_values(metadata, near):
        moment = read_moment(value, zone)
        if moment is None:
            continue
        if wanted is None or abs((moment.when.date() - wanted.date()).days) <= 1:
            return moment
        found.append(moment)
    return found[0] if found else None


_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)\s*$")


def read_moment(value: str | float, zone: tzinfo | None) -> Moment | None:
    """Read a date in a zone; without one, in the one that it names itself, else UTC."""
    if zone is None and isinstance(value, str) and (match := _OFFSET.search(value)):
        offset = timedelta(hours=int(match[2]), minutes=int(match[3]))
        if offset < timedelta(hours=24):
            zone = timezone(offset if match[1] == "+" else -offset)
    return parse_date(value, zone or UTC)


def _published_values(metadata: Metadata, near: list[str]) -> Iterator[str | float]:
    for name in ("datePublished", "dateCreated", "uploadDate"):
        if value := metadata.article.get(name):
            yield from _scalars(value)
    for name in _PUBLISHED:
        for content in metadata.metas.get(name, ()):
            if content:
                yield content
    if value := metadata.webpage.get("datePublished"):
        yield from _scalars(value)
    around = "\n".join(near)
    elsewhere: list[str] = []
    for node in metadata.times[:20]:
        attributes = node.attributes
        shown = clean(node.text())
        value = attributes.get("datetime") or attributes.get("content") or shown
        if value and (not shown or shown in around):
            # The printed date is the first one where a changed page keeps it.
            stated, said = parse_date(value, UTC), parse_date(shown, UTC)
            yield shown if stated and said and said.when < stated.when - _DAY else value
        elif value:
            elsewhere.append(value)
    yield from (text for text in near if len(text) < 80 and _DIGITS.search(text))
    yield from elsewhere


_DAY = timedelta(days=1)
_DIGITS = re.compile(r"\d\D+\d|\d.*[^\W\d_]|\d{4}")


def _scalars(value: Any) -> Iterator[str | int | float]:
    for item in value[:_MOST_DATES] if isinstance(value, list) else [value]:
        if isinstance(item, str | int | float) and not isinstance(item, bool):
            yield item


def modified(metadata: Metadata, zone: tzinfo | None) -> Moment | None:
    """Choose the moment of the last change."""
    values = list(_scalars(metadata.article.get("dateModified")))
    for name in _MODIFIED:
        values += metadata.metas.get(name, [])
    values += _scalars(metadata.webpage.get("dateModified"))
    for value in values:
        if moment := read_moment(value, zone):
            return moment
    return None


_NO_NAME = re.compile(r"https?:|www\.|^[@(]|^\d+$|^\W*$|\.(?:com|org|net)/")
_BY = re.compile(
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
)
# Looking into classes is slow: "uthor" stands for "author" and "Author".
_AUTHOR_ELEMENTS = (
    '[rel~="author"], [itemprop~="author"], [class*="uthor"], [class*="auteur"], [class*="byline"]'
)
# "jeudi 13 juin 2019, par …"
_BYLINE_PARTS = re.compile(r"\s*[|•·]\s*|,\s+(?=(?:par|by|von|por|بقلم)\s)", re.IGNORECASE)


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


def _declared_authors(metadata: Metadata) -> Iterator[list[str]]:
    yield [author.name for author in metadata.authors()]
    for name in _AUTHOR_METAS:
        yield metadata.metas.get(name, [])


def _printed_authors(tree: LexborHTMLParser, near: list[str]) -> Iterator[list[str]]:
    around = "\n".join(near)
    named = []
    for node in tree.css(_AUTHOR_ELEMENTS)[:40] if around else ():
        text = clean(node.text())
        if 3 <= len(text) <= 80 and text in around and "comment" not in _name(node):
            name = _cut(text)
            # What is left of "mercredi 17 janvier" is no name.
            if " " in name or name == text or not parse_date(text, UTC):
                named.append(name)
    # "Par" says for sure what a class may only seem to say.
    yield from ([name] for name in sorted(named, key=lambda name: not _BY.match(name)))
    for text in near:
        if len(text) < 120:
            for part in _BYLINE_PARTS.split(text):
                if _BY.match(part):
                    yield [_cut(part)]


def _name(node: LexborNode) -> str:
    return (node.attributes.get("class") or "")[:LONGEST_LABEL].lower()


def _cut(byline: str) -> str:
    """Cut a byline where a date, a rubric or another part begins."""
    return _BYLINE_END.split(byline, maxsplit=1)[0]


_BYLINE_END = re.compile(r"\s?(?:[|•·]|\s[-–—]|,?\s+(?:le\s+)?\d|,?\s+(?:in|dans)\s+[A-ZÀ-Ý])")


def _people(source: Iterable[str]) -> Iterator[str]:
    seen: set[str] = set()
    for raw in source:
        if not raw or _NO_NAME.search(raw):
            continue
        for byline in split_bylines(clean(unescape(raw))):
            name = byline if len(byline) <= 80 else byline.split(",")[0]
            key = fold(name)
            if key not in seen and not _NO_NAME.search(name):
                seen.add(key)
                yield name
                if len(seen) >= _MOST_NAMES:
                    return


_LONGEST_SECTION = 40


def section(metadata: Metadata, printed: Iterable[str], names: SiteNames) -> str | None:
    """Choose the rubric: the declared one, or the first printed one that can be a rubric."""
    if declared := _declared_section(metadata):
        return declared
    for text in printed:
        if 2 <= len(text) <= _LONGEST_SECTION and not (
            _BY.match(text) or _DIGITS.search(text) or names.include(text)
        ):
            return text
    return None


def _declared_section(metadata: Metadata) -> str | None:
    value = metadata.text("articleSection") or metadata.meta(
        "article:section", "section", "parsely-section", "og:section", "dc.subject"
    )
    return clean(unescape(value)) or None if value else None


# The first that finds any is believed.
_TAG_LINKS = 'a[rel~="tag"]'
_TAG_LISTS = '[class*="tags"], [class*="mots"], [class*="keyword"]'
_ELSEWHERE = re.compile(r"cloud|nuage|side-?bar|widget|menu|related|popular|trend")
_LONGEST_TAG = 40
_MOST_TAGS = 15
"""Tags printed with an article; where there are more, they are the site's."""


def tags(metadata: Metadata, tree: LexborHTMLParser, names: SiteNames) -> list[str]:
    """List the keywords: the declared ones, or those printed with the article."""
    found: list[str] = []
    value = metadata.article.get("keywords")
    if isinstance(value, list):
        found = [item for item in value if isinstance(item, str)]
    elif isinstance(value, str):
        found = re.split(r"[,;،]", value)
    if not found:
        found = metadata.metas.get("article:tag", [])
    if not found and (value := metadata.meta("news_keywords", "keywords")):
        found = re.split(r"[,;،]", value)
    kept = [tag for raw in found[:200] if (tag := clean(unescape(raw)))]
    kept = [tag for tag in kept if not names.exactly(_line(tag))]
    return list(dict.fromkeys(kept or _printed_tags(tree)))


def _printed_tags(tree: LexborHTMLParser) -> list[str]:
    links = (
        tree.css(_TAG_LINKS)[:_MOST_LINKS],
        # Lists may stand in lists; few are searched.
        islice(_links_of(tree.css(_TAG_LISTS)[:_MOST_TAGS]), _MOST_LINKS),
    )
    for nodes in links:
        found = [
            text
            for node in nodes
            if 2 <= len(text := clean(node.text())) <= _LONGEST_TAG
            and "category" not in (node.attributes.get("rel") or "")
            and not _stands_elsewhere(node)
        ]
        if found:
            return found if len(set(found)) <= _MOST_TAGS else []
    return []


def _links_of(parts: list[LexborNode]) -> Iterator[LexborNode]:
    return (link for part in parts for link in part.css("a"))


def _stands_elsewhere(node: LexborNode) -> bool:
    """Tell whether a link stands in a part of the page that is not the article's."""
    for _ in range(6):
        parent = node.parent
        if parent is None:
            break
        node = parent
        if node.tag in ("nav", "aside") or _ELSEWHERE.search(_name(node).lower()):
            return True
    return False


def images(metadata: Metadata, base: str) -> list[Image]:
    """List the article's pictures."""
    found: dict[str, Image] = {}
    values: list[Any] = [metadata.article.get("image")]
    values += metadata.metas.get("og:image", [])
    for value in _flatten(values):
        caption = credit = None
        if isinstance(value, dict):
            caption = value.get("caption") or value.get("description")
            credit = value.get("creditText")
            value = value.get("url") or value.get("contentUrl")
        if isinstance(value, str) and (url := absolute(value, base)):
            found.setdefault(
                url,
                Image(
                    url,
                    clean(caption) if isinstance(caption, str) else None,
                    clean(credit) if isinstance(credit, str) else None,
                ),
            )
    return list(found.values())[:20]


def _flatten(values: list[Any]) -> Iterator[Any]:
    for value in values:
        if isinstance(value, list):
            yield from value[:20]
        elif value:
            yield value


def language(metadata: Metadata, text: str) -> str | None:
    """Give the language the page declares, as an ISO 639 code, unless its script says otherwise.

    Pages of one template often declare another edition's language; a wrong script is cheap to
    notice, and only then, or without any declaration, the text itself is asked.
    """
    sample = text[:2000]
    for value in (
        metadata.html_language,
        metadata.text("inLanguage"),
        metadata.meta("og:locale", "content-language", "language"),
    ):
        if value and (match := re.match(r"[a-zA-Z]{2,3}(?=$|[-_\s])", value.strip())):
            code = match[0].lower()
            if (code in _ARABIC_SCRIPT) == (count_in(_ARABIC, sample) > len(sample) / 3):
                return code
    return detect_language(sample) if sample else None


_ARABIC = re.compile("[\u0600-\u06ff]+")
_ARABIC_SCRIPT = frozenset(("ar", "ara", "fa", "fas", "ur", "urd", "ps", "ckb", "ug", "sd"))


def says_date(text: str, moment: Moment) -> bool:
    """Tell whether a text prints the day of a moment."""
    if len(text) > 80 or not _DIGITS.search(text):
        return False
    said = parse_date(text, moment.when.tzinfo or UTC)
    return said is not None and said.when.date() == moment.when.date()
