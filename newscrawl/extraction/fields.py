"""Choice of each field among what the page declares and prints, by agreement of its sources."""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime, tzinfo
from html import unescape
from typing import Any, Protocol

from selectolax.lexbor import LexborHTMLParser

from newscrawl.dates import Moment, parse_date
from newscrawl.extraction.guided import likeness
from newscrawl.extraction.metadata import Metadata
from newscrawl.extraction.page import AWAY, BYLINE, CAPTION, COMMENTS, Page
from newscrawl.items import Image
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


_SEPARATOR = re.compile(r"\s*(?:[|»«·•]|\s[-–—:]\s|--|::)\s*")
_ENDING = re.compile(r"^(.*\S)\s*(?:[|·•»«]+|\s[-–—:]+\s|--+|::)\s*(\S.*?)$", re.DOTALL)


def title(
    metadata: Metadata, tree: LexborHTMLParser, headings: list[str], url: str, wanted: str | None
) -> str | None:
    """Choose the headline: what most sources agree on, or what agrees with the wanted title."""
    sources: list[tuple[float, str | None]] = [
        (1.1, metadata.text("headline")),
        (1.0, metadata.meta("og:title")),
        (0.6, metadata.meta("twitter:title", "title", "dc.title", "sailthru.title")),
        (0.3, metadata.text("name", "alternativeHeadline")),
        (0.3, node.text() if (node := tree.css_first("title")) else None),
    ]
    sources += [(1.2 if not i else 0.4, heading) for i, heading in enumerate(headings[:4])]
    declared = [(weight, clean(unescape(text))) for weight, text in sources if text]
    declared = [(weight, text) for weight, text in declared if text]
    if not declared:
        return None
    names = _site_names(metadata, url)
    exact = {fold(text) for _, text in declared}
    votes: dict[str, float] = {}
    printed: dict[str, str] = {}
    for weight, text in declared:
        short = _without_site(text, names, exact)
        key = " ".join(fold(short).split())
        if key in names and len(declared) > 1:
            continue
        votes[key] = votes.get(key, 0.0) + weight
        printed.setdefault(key, short)
    if not votes:
        return declared[0][1]
    if wanted:
        scored = {key: likeness(text, wanted) or 0.0 for key, text in printed.items()}
        best = max(votes, key=lambda key: (round(scored[key], 2), votes[key]))
        if scored[best] >= 0.5:
            return printed[best]
    return printed[max(votes, key=lambda key: votes[key])]


def _site_names(metadata: Metadata, url: str) -> set[str]:
    names = {" ".join(fold(name).split()) for name in metadata.publishers()}
    if domain := registered_domain(url):
        names |= {domain, domain.split(".")[0], f"www.{domain}"}
    for handle in metadata.metas.get("twitter:site", ()):
        names.add(fold(handle).lstrip("@"))
    return names


def _is_site(part: str, names: set[str]) -> bool:
    folded = " ".join(fold(part).split())
    if folded in names:
        return True
    plain = re.sub(r"[\W_]", "", folded)
    return any(plain == re.sub(r"[\W_]", "", name) for name in names) or (
        len(plain) >= 4 and any(plain in re.sub(r"[\W_]", "", n) for n in names)
    )


def _without_site(text: str, names: set[str], exact: set[str]) -> str:
    """Strip the site's name and rubrics from a title's end (or start)."""
    whole = text
    for _ in range(4):
        match = _ENDING.match(text)
        if not match:
            break
        head, tail = match[1], match[2]
        if _is_site(tail, names) or (fold(head) in exact and head != whole):
            text = head
            continue
        if fold(head) in exact:
            return head
        break
    match = re.match(r"^(\S.*?)\s*(?:[|·•»]+|\s[-–—:]\s|::)\s*(\S.*)$", text, re.DOTALL)
    if match and _is_site(match[1], names):
        return match[2]
    return text


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
    tree: LexborHTMLParser,
    printed: Iterable[str],
    zone: tzinfo,
    wanted: datetime | None,
) -> Moment | None:
    """Choose the moment of first publication; near the wanted one when there are several."""
    found: list[Moment] = []
    for value in _published_values(metadata, tree, printed):
        moment = parse_date(value, zone)
        if moment is None:
            continue
        if wanted is None or abs((moment.when.date() - wanted.date()).days) <= 1:
            return moment
        found.append(moment)
    return found[0] if found else None


def _published_values(
    metadata: Metadata, tree: LexborHTMLParser, printed: Iterable[str]
) -> Iterator[str | int | float]:
    for name in ("datePublished", "dateCreated", "uploadDate"):
        if value := metadata.article.get(name):
            yield from _scalars(value)
    for name in _PUBLISHED:
        for content in metadata.metas.get(name, ()):
            if content:
                yield content
    if value := metadata.webpage.get("datePublished"):
        yield from _scalars(value)
    for selector in (
        '[itemprop~="datePublished"]',
        "time[pubdate]",
        "article header time[datetime], header time[datetime]",
        "time[datetime]",
    ):
        if node := tree.css_first(selector):
            attributes = node.attributes
            value = attributes.get("datetime") or attributes.get("content")
            yield value or clean(node.text())
            if value and (shown := clean(node.text())):
                yield shown
    yield from printed


def _scalars(value: Any) -> Iterator[str | int | float]:
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, str | int | float) and not isinstance(item, bool):
            yield item


def modified(metadata: Metadata, zone: tzinfo) -> Moment | None:
    """Choose the moment of the last change."""
    values = list(_scalars(metadata.article.get("dateModified")))
    for name in _MODIFIED:
        values += metadata.metas.get(name, [])
    values += _scalars(metadata.webpage.get("dateModified"))
    for value in values:
        if moment := parse_date(value, zone):
            return moment
    return None


_NO_NAME = re.compile(r"https?:|www\.|^@|^\d+$|^\W*$|\.(?:com|org|net)/")
_BY = re.compile(
    r"^\W*(?:par|by|von|por|door|di|av|af|text|autor(?:in)?|auteur|author|بقلم|كتب[تـ]?|إعداد|تحرير)"
    r"\b\s*:?\s+(?=\S)",
    re.IGNORECASE,
)


def authors(metadata: Metadata, printed: list[str], url: str) -> list[str]:
    """Choose the authors: people before desks, desks before the site's own name."""
    names = _site_names(metadata, url)
    best: list[str] = []
    declared = metadata.authors()
    sources: list[list[str]] = [[author.name for author in declared]]
    for name in (
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
    ):
        sources.append(
            metadata.metas.get(name, [])[:1] if name == "author" else metadata.metas.get(name, [])
        )
    sources.append(printed)
    for source in sources:
        people = list(_people(source))
        if not people:
            continue
        if own := [person for person in people if not _is_site(person, names)]:
            return own
        best = best or people
    return best


def _people(source: Iterable[str]) -> Iterator[str]:
    seen: set[str] = set()
    for raw in source:
        if not raw or _NO_NAME.search(raw):
            continue
        for name in split_bylines(clean(unescape(raw))):
            key = fold(name)
            if key not in seen and not _NO_NAME.search(name) and len(name) <= 80:
                seen.add(key)
                yield name


def printed_bylines(page: Page, tree: LexborHTMLParser, first: int, last: int) -> list[str]:
    """List what stands as a byline around the body's first block, best first."""
    found: list[str] = []
    for node in tree.css('[rel~="author"], [itemprop~="author"] [itemprop~="name"]')[:1]:
        if text := clean(node.text()):
            found.append(text)
    start = max(0, first - 25)
    for index in range(start, min(first + 2, len(page.blocks))):
        block = page.blocks[index]
        if len(block.text) < 120 and _BY.match(block.text):
            found.append(block.text)
    return found


def printed_dates(page: Page, first: int) -> Iterator[str]:
    """List short texts with digits above the body, nearest first."""
    for index in range(first, max(-1, first - 30), -1):
        text = page.blocks[index].text if index < len(page.blocks) else ""
        if len(text) < 100 and re.search(r"\d", text):
            yield text
    return


def section(metadata: Metadata) -> str | None:
    """Choose the rubric."""
    value = metadata.text("articleSection") or metadata.meta(
        "article:section", "section", "parsely-section", "og:section", "dc.subject"
    )
    return clean(unescape(value)) or None if value else None


def tags(metadata: Metadata) -> list[str]:
    """List the keywords."""
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
    return list(dict.fromkeys(tag for raw in found[:200] if (tag := clean(unescape(raw)))))


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
        if isinstance(value, str) and (url := absolute(value.strip(), base)):
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


def language(metadata: Metadata) -> str | None:
    """Give the language the page declares, as an ISO 639 code."""
    for value in (
        metadata.html_language,
        metadata.text("inLanguage"),
        metadata.meta("og:locale", "content-language", "language"),
    ):
        if value and (match := re.match(r"[a-zA-Z]{2,3}(?=$|[-_\s])", value.strip())):
            return match[0].lower()
    return None
