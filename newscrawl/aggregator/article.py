"""Parse the aggregator's page of an article: title, text, date, byline, source link."""

import re
from collections.abc import Sequence
from contextlib import suppress
from functools import cache

from newscrawl.aggregator import phrases
from newscrawl.aggregator.layout import ELSEWHERE, Layout, declared_title, find_layout
from newscrawl.aggregator.lines import Line, Page, open_page
from newscrawl.aggregator.markup import Role
from newscrawl.aggregator.pages import AggregatorPage, PageFlag
from newscrawl.aggregator.ticker import read_headlines
from newscrawl.aggregator.urls import ArticleKey, parse_article_url
from newscrawl.errors import PageError
from newscrawl.items import Image
from newscrawl.text.cleaning import LONGEST_TEXT, clean
from newscrawl.text.mojibake import looks_mojibake


def read_article(body: bytes | str, url: str, content_type: str | None = None) -> AggregatorPage:
    """Parse an article's page.

    Args:
        body: the page.
        url: its URL, which identifies the article.
        content_type: the response's header, for the encoding.

    Raises:
        PageError: it is not an article's page; the message names the missing element.
    """
    key = parse_article_url(url)
    if key is None:
        raise PageError(url, "the URL of an article of the network")
    page = open_page(body, key.url, key.site, content_type)
    layout = _show(page, key)
    title = layout.title or declared_title(page, key)
    if not title:
        raise PageError(key.url, "an article's title")
    text = _text(layout.text)
    if not text:
        raise PageError(key.url, "an article's text")
    images, thumbnail = _images(page, key, layout, title)
    result = AggregatorPage(
        key=key,
        title=title,
        text=text,
        outlet_name=layout.outlet or None,
        published=layout.published,
        byline=layout.byline or None,
        images=images,
        thumbnail=thumbnail,
        source_link=layout.source,
        truncated=phrases.is_truncated(text),
        stub=phrases.is_stub(text),
        headlines=read_headlines(page, layout.begin, layout.end),
        _page=page,
    )
    result.flags = _flags(result, page)
    return result


def _show(page: Page, key: ArticleKey) -> Layout:
    """Find the parts that the page's classes identify.

    Raises:
        PageError: it is not an article's page.
    """
    if page.show_article(key.number):
        with suppress(PageError):
            layout = find_layout(page, key)
            if layout.title and layout.published and layout.source:
                return layout
    page.show(menus=False)
    with suppress(PageError):
        return find_layout(page, key)
    page.show()  # damaged pages may have the article in an unclosed menu
    return find_layout(page, key)


# --- Text -----------------------------------------------------------------------------------------


_SENTENCE_ENDS = tuple('.!?…؟:»”")')


def _text(lines: Sequence[Line]) -> str:
    """Return the paragraphs of an article's text."""
    paragraphs = [
        paragraph
        for line in _split_at_newlines([line.text for line in lines])
        if (paragraph := clean(line))
    ]
    return "\n\n".join(phrases.drop_comment_form(paragraphs))[:LONGEST_TEXT].rstrip()


def _split_at_newlines(texts: list[str]) -> list[str]:
    """Split lines at line breaks of the HTML source, if these separate paragraphs.

    The aggregator keeps the line ends of original texts. They are distinguished from mere wrapping
    of the source by their position at the end of sentences.
    """
    parts = [[part for part in text.splitlines() if part.strip()] for text in texts]
    inner = [part for line in parts for part in line[:-1]]
    ends = sum(part.rstrip().endswith(_SENTENCE_ENDS) for part in inner)
    if inner and 2 * ends >= len(inner):
        return [part for line in parts for part in line]
    return texts


# --- Pictures -------------------------------------------------------------------------------------


def _images(
    page: Page, key: ArticleKey, layout: Layout, title: str
) -> tuple[list[Image], str | None]:
    """Return the article's pictures, and its thumbnail."""
    own, foreign = _pictures_of(key.site.host)
    names = {f"{key.outlet}/{key.number}", f"{key.edition}/{key.outlet}/{key.number}"}
    images: dict[str, Image] = {}
    thumbnail = None
    captions = {line.index: clean(line.text) for line in page.lines if line.role is Role.CAPTION}
    for picture in page.pictures:
        near = layout.begin <= picture.line <= layout.end and picture.role not in ELSEWHERE
        url = page.absolute(picture.src) if near or key.number in picture.src else None
        match = own.fullmatch(url) if url else None
        match = match if match and match["of"].lower() in names else None
        if url is None or not (match or (near and not foreign.match(url))):
            continue
        if match and match["thumb"]:
            thumbnail = thumbnail or url
            continue
        caption = captions.get(picture.line) or clean(picture.alt)
        images.setdefault(url, Image(url, caption if caption not in ("", title) else None))
    declared = page.absolute(page.declared("og:image") or "") or ""
    if (match := own.fullmatch(declared)) and match["of"].lower() in names:
        if match["thumb"]:
            thumbnail = thumbnail or declared
        elif not images:
            images[declared] = Image(declared)
    return list(images.values()), thumbnail


@cache
def _pictures_of(host: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return patterns of the URLs of an article's pictures on a site, and of the article's own."""
    site = re.escape(host)
    return (
        re.compile(rf"https?://images\d*\.{site}/(?P<of>.+?)(?P<thumb>/thumb)?", re.IGNORECASE),
        re.compile(
            rf"https?://(?:images\d*\.{site}/|(?:www\.)?{site}/(?:resources|faces)/)", re.IGNORECASE
        ),
    )


# --- Doubts -------------------------------------------------------------------------------------


def _flags(result: AggregatorPage, page: Page) -> list[PageFlag]:
    canonical = page.declared("canonical")
    declared = page.article(canonical) if canonical else None
    doubts: dict[PageFlag, bool] = {
        "truncated_copy": result.truncated,
        "stub": result.stub,
        "mojibake": looks_mojibake(result.title) or looks_mojibake(result.text),
        "other_canonical": declared is not None and declared != result.key,
    }
    return [flag for flag, raised in doubts.items() if raised]
