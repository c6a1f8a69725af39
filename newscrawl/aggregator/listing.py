"""Parse pages that list articles: home, outlet, section and author pages, search results."""

import re
from collections.abc import Iterator, Sequence
from urllib.parse import parse_qsl, unquote_plus, urldefrag, urlsplit

from newscrawl.aggregator import phrases
from newscrawl.aggregator.lines import Line, Link, Page, open_page
from newscrawl.aggregator.markup import Role
from newscrawl.aggregator.pages import Listing, ListingEntry
from newscrawl.aggregator.ticker import is_ticker, read_headlines
from newscrawl.aggregator.urls import Address, ArticleKey, Kind, classify
from newscrawl.errors import PageError
from newscrawl.items import Headline
from newscrawl.text.cleaning import clean, fold, western_digits
from newscrawl.text.dates import Moment
from newscrawl.text.urls import absolute, host


def read_listing(body: bytes | str, url: str, content_type: str | None = None) -> Listing:
    """Parse a page that lists articles.

    Args:
        body: the page.
        url: its URL.
        content_type: the response's header, for the encoding.

    Raises:
        PageError: it is not a page of the network, as it links to no article, outlet or section. A
            page of the network without articles is an empty listing.
    """
    address = classify(url)
    if address is None:
        raise PageError(url, "the URL of a page of the network")
    page = open_page(body, absolute(url) or address.site.url(), address.site, content_type)
    page.show()
    places = list(_places(page, address))
    listing = Listing(
        next_pages=_next_pages(page),
        outlets=_names(places, "outlet"),
        sections=_names(places, "section"),
        authors=_names(places, "author"),
    )
    entries = _Entries(page, address)
    listing.entries = entries.all()
    listing.headlines = read_headlines(page, entries.begin, entries.end)
    listing.headlines += entries.foreign.values()
    if not any((listing.entries, listing.headlines, listing.outlets, listing.sections)):
        raise PageError(url, "links to articles, outlets or sections of the network")
    return listing


def _places(page: Page, address: Address) -> Iterator[Address]:
    """Yield the targets of the page's links within its site and edition."""
    for line in page.lines:
        for link in line.links:
            place = page.place(link.href)
            if place and place.site == address.site and place.edition == address.edition:
                yield place


def _names(places: Sequence[Address], kind: Kind) -> list[str]:
    return list(dict.fromkeys(place.name for place in places if place.kind == kind))


# --- Entries --------------------------------------------------------------------------------------

_LEAST_TEASER = 60
"""Minimum characters of a teaser without a truncation mark."""
_LONGEST_DATE = 40
"""Maximum characters of a line with a date."""
_LONGEST_PUBLISHED = 200
"""Maximum characters of a published-in line."""
_MOST_PUBLISHED = 500
"""Maximum number of texts tried as published-in lines; a listing has some 25 entries."""


class _Entries:
    """Collector of a listing's entries: each title link, and the date and teaser after it."""

    def __init__(self, page: Page, address: Address) -> None:
        self._address = address
        self._found: dict[ArticleKey, ListingEntry] = {}
        self._last: ListingEntry | None = None
        # Entries and dates in order of the page.
        self._order: list[ListingEntry | Moment] = []
        self._tried = 0
        self.foreign: dict[str, Headline] = {}
        """On an outlet's page, articles of other outlets by title: an unmarked ticker's."""
        self.begin = len(page.lines)
        """Index of the line with the first entry."""
        self.end = -1
        """Index of the line with the last one."""
        for line in page.lines:
            if line.role not in (Role.TICKER, Role.AROUND, Role.MENU) and not is_ticker(line):
                self._read(line, page)

    def all(self) -> list[ListingEntry]:
        """Return the entries with their dates."""
        _give_dates(self._order)
        return list(self._found.values())

    def _read(self, line: Line, page: Page) -> None:
        text, at, before = line.without(line.links), 0, len(self._order)
        for link in line.links:
            key = page.article(link.href)
            if key and not self._is_page_number(key, line.link_text(link)):
                self._read_text(text[at : link.start])
                at = max(at, link.end)
                self._read_link(key, line, link)
        self._read_text(text[at:])
        self._pair(before)

    def _pair(self, start: int) -> None:
        """Pair an entry and a date on one line."""
        match self._order[start:]:
            case [ListingEntry() as entry, Moment() as date] | [
                Moment() as date,
                ListingEntry() as entry,
            ]:
                entry.published = date
                self._order[start:] = [entry]

    def _is_page_number(self, key: ArticleKey, text: str) -> bool:
        """Return whether a link with the form of an article's leads to a further page."""
        own = key.outlet == self._address.name
        return own and (
            western_digits(text) == key.number or _NEXT.fullmatch(fold(text)) is not None
        )

    def _read_link(self, key: ArticleKey, line: Line, link: Link) -> None:
        title = line.link_text(link)
        if self._address.kind == "outlet" and key.outlet != self._address.name:
            if title:
                self.foreign.setdefault(title, Headline(title, key.url))
            return
        entry = self._found.get(key)
        if entry is None:
            entry = self._found[key] = ListingEntry(key, "")
            self._order.append(entry)
            self.begin, self.end = min(self.begin, line.index), line.index
        self._last = entry
        if line.role is Role.CARD_SUBTITLE:
            return
        if not entry.title:
            entry.title = title
        elif title != entry.title and _is_teaser(title):
            entry.teaser = entry.teaser or title

    def _read_text(self, text: str) -> None:
        text, zone = clean(text), self._address.site.timezone
        moment = None
        if len(text) <= _LONGEST_DATE:
            moment = phrases.split_date(text, zone)[0]
        elif len(text) <= _LONGEST_PUBLISHED and self._tried < _MOST_PUBLISHED:
            self._tried += 1
            found = phrases.find_published(text, zone)
            moment = found.moment if found else None
        if moment:
            self._order.append(moment)
        elif self._last and not self._last.teaser and _is_teaser(text):
            self._last.teaser = text


def _is_teaser(text: str) -> bool:
    return phrases.is_truncated(text) or len(text) >= _LEAST_TEASER


def _give_dates(order: Sequence[ListingEntry | Moment]) -> None:
    """Assign each entry its date: the first one after it, or the one before it.

    Dates precede entries if the first element is a date and the last an entry. Ambiguous dates are
    not assigned.
    """
    is_date = [isinstance(thing, Moment) for thing in order]
    if sum(is_date) > 1 and not is_date[-1]:
        if is_date[0]:
            order = order[::-1] if 2 * sum(is_date) == len(order) else ()
        elif not is_date[1]:
            order = ()
    entry = None
    for thing in order:
        if isinstance(thing, ListingEntry):
            entry = thing
        elif entry and entry.published is None:
            entry.published = thing


# --- Further pages --------------------------------------------------------------------------------

_NEXT = re.compile(r"(?:page )?(?:suivante?s?|next|التالي[ةه]?|[>›»]+)(?: page)?[\s>›»:.→←]*")
_NUMBER = re.compile(r"[0-9]{1,6}")
# Most links are not; this detects them faster.
_MAY_BE_NEXT = re.compile(r"\s*(?:\d|page|suiv|next|الت|[>›»])", re.IGNORECASE)


def _next_pages(page: Page) -> list[str]:
    """Return a listing's further pages in order: by ``rel``, a word such as next, or a number."""
    listed, current = _position(page.url)
    found: dict[str, int] = {}
    for number, href in _page_links(page):
        url = urldefrag(page.absolute(href) or "").url
        other, position = _position(url)
        if position is None:  # a page without a number, unless it is the first one
            wanted = not number and url != urldefrag(page.url).url
        else:
            wanted = position > (current or 0) and number != "1"
        if wanted and other == listed:
            found.setdefault(url, position or 0)
    return sorted(found, key=found.__getitem__)


def _page_links(page: Page) -> Iterator[tuple[str, str]]:
    """Yield possible links to further pages: their number, if they are one, and their URL."""
    if declared := page.declared("next"):
        yield "", declared
    for line in page.lines:
        for link in line.links:
            if "next" in link.rel.lower().split():
                yield "", link.href
            elif _MAY_BE_NEXT.match(line.text, link.start, link.end):
                text = western_digits(line.link_text(link))
                if _NUMBER.fullmatch(text) or _NEXT.fullmatch(fold(text)):
                    yield text if text.isdigit() else "", link.href


def _position(url: str) -> tuple[tuple[str, str], int | None]:
    """Return the identity of a listing, independent of the page, and the page number or offset."""
    parts = urlsplit(url)
    # Names in paths are encoded once or twice.
    path = unquote_plus(unquote_plus(parts.path)).rstrip("/")
    base, _, number = path.rpartition("/")
    if _NUMBER.fullmatch(number):
        base = base.removesuffix("/page")
    else:
        values = (value for _, value in parse_qsl(parts.query))
        base, number = path, next(filter(_NUMBER.fullmatch, values), "")
    return (host(url).removeprefix("www."), base), int(number) if number else None
