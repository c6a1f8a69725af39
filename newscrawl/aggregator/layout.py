"""Find the title, date, byline, text and source link on an aggregator's article page.

Known classes identify the parts, on any tags. Where they are missing, the aggregator's own
sentences do: the title is right before the published-in line, the text between that and the
source-link line.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import islice

from newscrawl.aggregator import phrases
from newscrawl.aggregator.lines import Line, Link, Page, has_letters
from newscrawl.aggregator.markup import Role
from newscrawl.aggregator.sites import Site
from newscrawl.aggregator.ticker import is_ticker
from newscrawl.aggregator.urls import ArticleKey
from newscrawl.errors import PageError
from newscrawl.text.cleaning import clean, words
from newscrawl.text.dates import Moment
from newscrawl.text.urls import refused

ELSEWHERE = (Role.TICKER, Role.CARD, Role.CARD_SUBTITLE, Role.AROUND, Role.MENU)
"""Roles of lines that do not belong to the article."""
_PIECES = 4
"""Maximum number of lines over which markup spreads one sentence of the aggregator."""
_ABOVE = 3
"""Maximum number of text lines above the published-in line that are searched for a heading."""
_FAR_ABOVE = 10
"""Maximum number of lines above it that are searched for the title declared in the page's head."""
_OF_THE_TITLE = (Role.NONE, Role.CONTENT)
_MOST_DATES = 40
"""Maximum number of lines that are tried as published-in lines."""
_LONGEST_NAME = 5
"""Maximum number of words of an author's name in the published-in line."""


@dataclass(slots=True)
class Layout:
    """The parts found on an article's page: title, date, byline, text and source link."""

    title: str
    """The title; empty if it is only in the page's head."""
    outlet: str
    """The outlet's name in the published-in line; empty if it is missing."""
    published: Moment | None
    """The printed date."""
    byline: str
    """The author line; empty if there is none."""
    text: list[Line]
    """The lines of the article's text."""
    source: str | None
    """Target of the source-link line."""
    begin: int
    """Index, among the page's lines, of the article's first line."""
    end: int
    """Index of its last line."""


@dataclass(frozen=True, slots=True)
class _Part:
    """A run of consecutive lines that form one part of the page."""

    start: int
    stop: int
    text: str = ""
    """Their text: the title, the outlet's name."""
    moment: Moment | None = None
    """The date in them."""
    byline: str = ""
    """The author named next to outlet and date."""


def find_layout(page: Page, key: ArticleKey) -> Layout:
    """Find the parts of an article's page.

    Raises:
        PageError: it is not an article's page; the message names the missing part.
    """
    lines = [line for line in page.lines if _may_be_own(line)]
    dates = _find_dates(lines, page)
    dated = dates[0] if dates else None
    title = _find_title(lines, dated, page, key)
    heads = [part for part in (title, dated) if part]
    if not heads:
        raise PageError(page.url, "a line such as 'Publié dans L'opinion le 29 - 03 - 2024'")
    begin, start = min(part.start for part in heads), max(part.stop for part in heads)
    lines, source, links = _split_at_source(lines, start)
    taken = {source, *(i for part in heads for i in range(part.start, part.stop))}
    stop = len(lines) if source is None else source
    text = [i for i, line in enumerate(lines) if line.role is Role.CONTENT and i not in taken]
    if text:  # else the whole text is elsewhere
        text = [i for i in text if start <= i < stop] or text
    elif len(dates) > 1 and source is None:
        raise PageError(page.url, f"one article; {len(dates)} are listed")
    else:
        text = _unmarked_text(lines, start, stop, bounded=source is not None)
    first = text[0] if text else begin
    bylines = {
        i: clean(lines[i].text)
        for i in (*range(begin, first), *text)
        if i not in taken and _is_byline(lines[i], page, first=i <= first)
    }
    text = [i for i in text if i not in bylines]
    if not text:
        raise PageError(page.url, "an article's text")
    return Layout(
        title=title.text if title else "",
        outlet=dated.text if dated else "",
        published=dated.moment if dated else None,
        byline=next(iter(bylines.values()), dated.byline if dated else ""),
        text=[lines[i] for i in text],
        source=_source_link(links, page, key),
        begin=lines[begin].index,
        end=lines[max(text[-1], source or 0)].index,
    )


def _may_be_own(line: Line) -> bool:
    """Return whether a line can belong to the article, even in a footer or sidebar."""
    if line.role in ELSEWHERE:
        return line.role in (Role.AROUND, Role.MENU) and bool(
            phrases.find_source(line.text) or phrases.begins_published(line.text)
        )
    return not phrases.is_image_report(line.text)


# --- The published-in line ------------------------------------------------------------------------


def _find_dates(lines: Sequence[Line], page: Page) -> list[_Part]:
    """Return the published-in lines, most likely first."""
    runs = list(islice(_runs(lines, Role.NEWSPAPER), _MOST_DATES))
    found = [part for run in runs if (part := _dated(lines, run, page, exact=False))]
    # In the middle of an article's text the sentence would be a quotation: the last resort.
    for in_text in (False, True):
        if not found:
            places = [i for i, line in enumerate(lines) if (line.role is Role.CONTENT) is in_text]
            found = list(_find_unmarked_dates(lines, places, page))
    return found or [_date_alone(lines, run, page) for run in runs[:1]]


def _find_unmarked_dates(
    lines: Sequence[Line], places: Iterable[int], page: Page
) -> Iterator[_Part]:
    starts = (i for i in places if phrases.begins_published(_without_authors(lines[i], page)[0]))
    for i in islice(starts, _MOST_DATES):
        for stop in range(i + 1, min(i + _PIECES, len(lines)) + 1):
            if part := _dated(lines, range(i, stop), page, exact=True):
                yield part
                break


def _dated(lines: Sequence[Line], run: range, page: Page, *, exact: bool) -> _Part | None:
    """Parse lines as a published-in line; if exact, only an author's link may accompany it."""
    text, authors = _without_authors(_join(lines, run), page)
    found = phrases.find_published(text, page.site.timezone)
    if found is None or (exact and not found.alone):
        return None
    # Other words in it are an author's if they are as short as a name, or have a label.
    before = found.before if _is_name(found.before) else ""
    after = found.after if phrases.is_byline(found.after) else ""
    return _Part(run.start, run.stop, found.outlet, found.moment, authors or before or after)


def _is_name(text: str) -> bool:
    return len(text.split()) <= _LONGEST_NAME and not any(map(str.isdigit, text))


def _date_alone(lines: Sequence[Line], run: range, page: Page) -> _Part:
    """Parse lines that are marked as a published-in line, but lack its words."""
    line = _join(lines, run)
    moment, rest = phrases.split_date(line.text, page.site.timezone)
    names = [line.link_text(link) for link in line.links if not _is_author(link, page)]
    return _Part(run.start, run.stop, next(filter(None, names), rest), moment)


# --- The title ------------------------------------------------------------------------------------


def _find_title(
    lines: Sequence[Line], dated: _Part | None, page: Page, key: ArticleKey
) -> _Part | None:
    """Find the title, given the published-in line."""
    runs = list(_runs(lines, Role.TITLE, dated))
    if runs:
        above = [run for run in runs if dated is None or run.start < dated.start]
        run = above[-1] if above else runs[0]
    elif dated and (found := _unmarked_title(lines, dated.start, page, key)):
        run = found
    else:
        return None
    return _Part(run.start, run.stop, clean(_join(lines, run).text))


def _unmarked_title(lines: Sequence[Line], end: int, page: Page, key: ArticleKey) -> range | None:
    """Find the title line: the one declared in the head, else the one in a title's position.

    That is the line right above the published-in line, or a heading a little higher.
    """
    if declared := words(declared_title(page, key)):
        for i in reversed(range(max(0, end - _FAR_ABOVE), end)):
            for stop in range(i + 1, min(i + _PIECES, end) + 1):
                own = all(line.role in _OF_THE_TITLE for line in lines[i:stop])
                if own and words(_join(lines, range(i, stop)).text) == declared:
                    return range(i, stop)
    places: list[int] = []
    for i in reversed(range(end)):
        line = lines[i]
        others = (page.article(link.href) for link in line.links)
        if len(places) == _ABOVE or is_ticker(line) or any(o and o != key for o in others):
            break
        own = line.role in (Role.NONE, Role.CONTENT)
        if own and has_letters(line.text) and not _is_byline(line, page):
            places.append(i)
    if not places:
        return None
    last = next((i for i in places if lines[i].heading), places[0])
    first = last
    while lines[last].heading and first - 1 in places and lines[first - 1].heading:
        first -= 1
    return range(first, last + 1)


@cache
def _site_names(site: Site) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return patterns of a site's name before and behind a title on one line."""
    names = f"(?:{re.escape(site.title)}|{site.name}(?:\\.com)?)"
    return (
        re.compile(rf"^{names}(?: ?[:|–—-] ?|$)", re.IGNORECASE),
        re.compile(rf" ?[:|–—-] ?{names}$", re.IGNORECASE),
    )


def declared_title(page: Page, key: ArticleKey) -> str:
    """Return the title in the head, without the site's name; empty if it is only that name."""
    before, behind = _site_names(key.site)
    for name in ("og:title", "title"):
        title = clean(page.declared(name) or "")
        title = behind.sub("", before.sub("", title))
        if title:
            return title
    return ""


# --- The source-link line -------------------------------------------------------------------------


def _split_at_source(lines: list[Line], start: int) -> tuple[list[Line], int | None, list[Link]]:
    """Separate the source-link line from preceding text; also return its position and links."""
    for i in range(start, len(lines)):
        for stop in range(i + 1, min(i + _PIECES, len(lines)) + 1):
            line = lines[i] if stop == i + 1 else _join(lines, range(i, stop))
            if span := phrases.find_source(line.text):
                links = [link for link in line.links if link.start < span[1] and link.end > span[0]]
                head = lines[:i]
                if has_letters(before := line.text[: span[0]]):
                    head.append(replace(line, text=before, links=[]))
                return [*head, line, *lines[stop:]], len(head), links or line.links
            if not phrases.begins_source(line.text):
                break
    return lines, None, []


def _source_link(links: Iterable[Link], page: Page, key: ArticleKey) -> str | None:
    """Return the first link that leads to another page, even if it is never requested."""
    for link in links:
        if url := refused(link.href):
            return url
        url = page.absolute(link.href) if link.href.strip("# \t\r\n") else None
        if url and page.article(link.href) != key:
            return url
    return None


# --- The text -------------------------------------------------------------------------------------


def _unmarked_text(lines: Sequence[Line], start: int, stop: int, *, bounded: bool) -> list[int]:
    """Return the lines of text after the title and published-in line.

    Without a source-link line, they end where the page's footer begins.
    """
    places: list[int] = []
    for i in range(start, stop):
        if not bounded and (phrases.ends_article(lines[i].text) or is_ticker(lines[i])):
            break
        if lines[i].role is Role.NONE:
            places.append(i)
    while not bounded and places and lines[places[-1]].is_link:
        places.pop()
    return places


# --- Authors --------------------------------------------------------------------------------------


def _is_byline(line: Line, page: Page, *, first: bool = True) -> bool:
    """Return whether a line names the author: by its class, a link to the author, or its words.

    Words count only above the text and in its first line.
    """
    if line.role in (Role.AUTHOR, Role.CAPTION):
        return line.role is Role.AUTHOR
    rest, names = _without_authors(line, page)
    return phrases.is_label(rest) if names else first and phrases.is_byline(line.text)


def _without_authors(line: Line, page: Page) -> tuple[str, str]:
    """Return a line's text without links to authors' pages, and the text of these links."""
    authors = [link for link in line.links if _is_author(link, page)]
    if not authors:
        return line.text, ""
    return line.without(authors), ", ".join(filter(None, map(line.link_text, authors)))


def _is_author(link: Link, page: Page) -> bool:
    place = page.place(link.href) if "author" in link.href.lower() else None
    return place is not None and place.kind == "author"


# --- Lines ----------------------------------------------------------------------------------------


def _runs(lines: Sequence[Line], role: Role, without: _Part | None = None) -> Iterator[range]:
    """Yield ranges of lines with a role, without the lines of a part."""
    left_out = range(without.start, without.stop) if without else range(0)
    start = None
    for i, line in enumerate(lines):
        inside = line.role is role and i not in left_out
        if inside and start is None:
            start = i
        elif not inside and start is not None:
            yield range(start, i)
            start = None
    if start is not None:
        yield range(start, len(lines))


def _join(lines: Sequence[Line], run: range) -> Line:
    """Join lines with spaces."""
    first = lines[run.start]
    if len(run) == 1:
        return first
    text, links = "", []
    for i in run:
        at = len(text)
        links += [replace(x, start=x.start + at, end=x.end + at) for x in lines[i].links]
        text += lines[i].text + " "
    return replace(first, text=text, links=links)
