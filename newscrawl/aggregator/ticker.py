"""Parse the ticker: current headlines of other outlets at the top of each page."""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from newscrawl.aggregator.lines import Line, Page, open_page
from newscrawl.aggregator.markup import Role
from newscrawl.aggregator.sites import Site
from newscrawl.items import Headline
from newscrawl.text.cleaning import clean

# Separator of headlines: four no-break spaces, which do not occur in other text of the pages.
_GAP = re.compile(r"(?:\xa0[ \t\r\n]*){2,}")
_LEAST_WORDS = 3
"""Minimum words of a headline without a link."""


def read_headlines(page: Page, begin: int, end: int) -> list[Headline]:
    """Return the distinct headlines of a page's ticker, in order.

    If no markup identifies the ticker, it consists of the links to articles above the page's own
    content, and of text around that content with the ticker's separators.

    Args:
        page: the page.
        begin: index of the first line of the page's own content.
        end: index of its last line.
    """
    if not page.tickers:
        return _distinct(_of_lines(page, begin, end))
    found: list[Headline] = []
    for band in page.tickers:
        html = band.html or ""
        url = page.url if _RELATIVE.search(html) else page.site.url()
        read = _of_band if len(html) <= _LONGEST_BAND else _of_band.__wrapped__
        found += read(html, url, page.site)
    return _distinct(found)


def _distinct(headlines: Iterable[Headline]) -> list[Headline]:
    found: dict[str, Headline] = {}
    for headline in headlines:
        found.setdefault(headline.title, headline)
    return list(found.values())


def _of_lines(page: Page, begin: int, end: int) -> Iterator[Headline]:
    marked = [line for line in page.lines if line.role is Role.TICKER]
    around = (
        line
        for line in page.lines
        if line.role is Role.NONE and (line.index < begin or (line.index > end and is_ticker(line)))
    )
    for line in marked or around:
        for title, url in _headlines(page, line):
            if title:
                yield Headline(title, url)


# A link that depends on the page.
_RELATIVE = re.compile('href="(?!https?:|/)')


_LONGEST_BAND = 100_000
"""Maximum characters of a ticker's HTML that are cached."""


@lru_cache(maxsize=32)  # cached, as consecutive pages have the same headlines
def _of_band(html: str, url: str, site: Site) -> list[Headline]:
    page = open_page(html, url, site, None)
    page.show()
    return _distinct(_of_lines(page, 0, 0))


def is_ticker(line: Line) -> bool:
    """Return whether a line is a ticker's, by its markup or the gaps between headlines."""
    return line.role is Role.TICKER or len(_GAP.findall(line.text.strip())) > 1


def _headlines(page: Page, line: Line) -> Iterator[tuple[str, str | None]]:
    # Text without a link can be a headline, too.
    plain = is_ticker(line) or (line.listed and not line.links)
    at = 0
    for link in line.links:
        if plain:
            yield from _unlinked(line.text[at : link.start])
        key = page.article(link.href)
        if key or line.role is Role.TICKER:
            yield line.link_text(link), key.url if key else page.absolute(link.href)
        at = max(at, link.end)
    if plain:
        yield from _unlinked(line.text[at:])


def _unlinked(text: str) -> Iterator[tuple[str, None]]:
    for part in _GAP.split(text) if text and not text.isspace() else ():
        title = clean(part)
        if title.count(" ") >= _LEAST_WORDS - 1:
            yield title, None
