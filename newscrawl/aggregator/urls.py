"""Parse and build the aggregators' URLs: articles, listings, authors, RSS feeds.

Any spelling of an article's URL gives one ``ArticleKey``, whose ``id`` and ``url`` are canonical:
scheme, ``www.``, port, letter case, percent-encoding (once, twice or more), query, fragment, path
parameters, doubled and trailing slashes make no difference. Other URLs give ``None``.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal
from urllib.parse import quote_plus, unquote

from newscrawl.aggregator.sites import SITES, Site
from newscrawl.items import Edition
from newscrawl.text.cleaning import safe

Kind = Literal["home", "feed", "outlet", "section", "author", "article", "other"]
"""Kind of page of a URL: ``other`` is every page without a parser here."""

SECTIONS = frozenset(
    ("politics", "economics", "international", "sports", "society", "culture", "religion", "health")
)
"""The sections in the sites' own menu, as written in URLs."""

_EDITIONS: dict[str, Edition] = {"ar": "ar", "fr": "fr", "en": "en"}
_HOSTS = {prefix + site.host: site for site in SITES.values() for prefix in ("", "www.")}
# First path segments that belong to the software are not slugs. /video/NUMBER has the form of an
# article's URL, but leads to a player without text.
_SLUG = re.compile(
    r"(?!(?:about|advertisement|ar|author|city|en|faces|feed|fr|images|resources|rss|search|topics"
    r"|video|widget)\Z)[a-z0-9][a-z0-9_-]{0,63}"
)
_NUMBER = re.compile(r"[0-9]{1,20}")
_ID = re.compile(r"([a-z]+):(ar|fr|en)/([^/]+)/([^/]+)")
# A complete URL, lenient like a browser's address bar: the scheme may be missing.
_URL = re.compile(
    r"(?:(?:https?:)?//+(?:[^/?#@]*@)?)?(?P<host>[^/?#:@]+)(?::(?:80|443)?)?(?P<path>/[^?#]*)?"
    r"(?:[?#].*)?",
    re.IGNORECASE | re.DOTALL,
)
_QUERY = re.compile(r"[?#].*", re.DOTALL)
# As in browsers, line ends and tabs in a URL are ignored, and a backslash is a slash.
_BREAKS = str.maketrans("\\", "/", "\t\n\r")
_MAX_LENGTH = 4000
# A URL that passed through several programs may have been encoded by each of them.
_MAX_ENCODINGS = 5


@dataclass(frozen=True, slots=True, order=True)
class ArticleKey:
    """Identity of an article: aggregator, edition, outlet and number."""

    aggregator: str
    """Name of the site."""
    edition: Edition
    """Language branch; ``ar`` where the URL has no prefix."""
    outlet: str
    """Outlet slug, in lower case; unique only together with site and edition."""
    number: str
    """Number within the outlet, digit for digit as in the URL: numbers are often assigned by the
    outlet and may begin with 0, so that ``7`` and ``007`` may be different articles."""

    @property
    def site(self) -> Site:
        """The site that carries the article."""
        return SITES[self.aggregator]

    @property
    def id(self) -> str:
        """The record's identifier.

        >>> ArticleKey("maghress", "fr", "lopinion", "36897").id
        'maghress:fr/lopinion/36897'
        """
        return f"{self.aggregator}:{self.edition}/{self.outlet}/{self.number}"

    @property
    def url(self) -> str:
        """The canonical URL.

        >>> ArticleKey("maghress", "ar", "kech24", "838874").url
        'https://www.maghress.com/kech24/838874'
        """
        return listing_url(self.site, self.edition, self.outlet) + f"/{self.number}"


@dataclass(frozen=True, slots=True)
class Address:
    """A parsed URL of an aggregator: site, edition, kind of page, name and number."""

    site: Site
    """The site."""
    edition: Edition
    """Language branch."""
    kind: Kind
    """Kind of page."""
    name: str = ""
    """The outlet's slug, the section, or the author's name; empty for home, site feed and other."""
    number: str = ""
    """The article's number."""

    @property
    def article(self) -> ArticleKey | None:
        """The article, if the URL is an article's."""
        if self.kind != "article":
            return None
        return ArticleKey(self.site.name, self.edition, self.name, self.number)


def classify(url: str) -> Address | None:
    """Parse a URL of the network; return ``None`` for every other string. Never raises.

    >>> classify("http://maghress.com/fr/lopinion/rss").kind
    'feed'
    >>> classify("https://www.djazairess.com/fr/author/Proverbe%2Btargui").name
    'Proverbe targui'
    """
    return _classify(url) if len(url) <= _MAX_LENGTH else None


@lru_cache(maxsize=2048)  # cached, as consecutive pages have the same ticker and menu
def _classify(url: str) -> Address | None:
    url = safe(url).translate(_BREAKS).strip()
    for decoded in (url, _decode(url)):
        match = _URL.fullmatch(decoded)
        if match and (site := _HOSTS.get(match["host"].rstrip(".").lower())):
            return _address(site, _decode(match["path"] or ""))
    return None


def _decode(s: str) -> str:
    """Percent-decode repeatedly, up to a limit."""
    for _ in range(_MAX_ENCODINGS):
        if "%" not in s or (decoded := unquote(s)) == s:
            break
        s = decoded
    return safe(s).translate(_BREAKS).strip()


def _address(site: Site, path: str) -> Address:
    edition, parts = _branch(path)
    if parts and parts[0].lower() == "author":
        name = " ".join("/".join(parts[1:]).replace("+", " ").split())
        return Address(site, edition, "author" if name else "other", name)
    # Names may contain these signs; elsewhere they begin an encoded query or fragment.
    edition, parts = _branch(_QUERY.sub("", path))
    match [part.lower() for part in parts]:
        case []:
            return Address(site, edition, "home")
        case ["rss"]:
            return Address(site, edition, "feed")
        case [slug, "rss"] if is_slug(slug):
            return Address(site, edition, "feed", slug)
        case [slug] if is_slug(slug):
            return Address(site, edition, "section" if slug in SECTIONS else "outlet", slug)
        case [slug, number] if is_slug(slug) and _NUMBER.fullmatch(number):
            if slug in SECTIONS:  # a further page of a listing
                return Address(site, edition, "section", slug)
            return Address(site, edition, "article", slug, number)
    return Address(site, edition, "other")


def _branch(path: str) -> tuple[Edition, list[str]]:
    """Return the edition of a path and the segments after its prefix."""
    parts = _segments(path)
    if parts and (edition := _EDITIONS.get(parts[0].lower())):
        return edition, parts[1:]
    return "ar", parts


def _segments(path: str) -> list[str]:
    """Return the segments of a path, without parameters, empty and dot segments."""
    parts: list[str] = []
    for segment in path.split("/"):
        part = segment.partition(";")[0].strip()
        if part == "..":
            del parts[-1:]
        elif part not in ("", "."):
            parts.append(part)
    return parts


def is_slug(s: str) -> bool:
    """Return whether a word can name an outlet or a section in the network's URLs.

    A slug has lower-case ASCII letters, digits, ``-`` and ``_``; the software's own words are not.

    >>> is_slug("kech24"), is_slug("author"), is_slug("L'opinion")
    (True, False, False)
    """
    return _SLUG.fullmatch(s) is not None


def parse_article_url(url: str) -> ArticleKey | None:
    """Return the article of a URL; ``None`` if it is not an article's. Never raises.

    >>> parse_article_url("HTTP://Maghress.com:80//fr/lopinion/36897/?utm_source=x#top").id
    'maghress:fr/lopinion/36897'
    >>> parse_article_url("https://www.maghress.com/video/3578168")
    """
    address = classify(url)
    return address.article if address else None


def parse_article_id(identifier: str) -> ArticleKey:
    """Return the article that a record's ``id`` identifies.

    >>> parse_article_id("maghress:ar/kech24/838874").url
    'https://www.maghress.com/kech24/838874'

    Raises:
        ValueError: it is not such an identifier.
    """
    match = _ID.fullmatch(identifier)
    if match and match[1] in SITES:
        key = ArticleKey(match[1], _EDITIONS[match[2]], match[3], match[4])
        if parse_article_url(key.url) == key:
            return key
    raise ValueError(
        f"{identifier!r} is not an article id; expected such as maghress:fr/lopinion/36897"
    )


def home_url(site: Site, edition: Edition) -> str:
    """Return the URL of an edition's front page.

    >>> home_url(SITES["masress"], "en")
    'https://www.masress.com/en'
    """
    return site.url("/" if edition == "ar" else f"/{edition}")


def listing_url(site: Site, edition: Edition, slug: str) -> str:
    """Return the URL of the listing of an outlet or section.

    >>> listing_url(SITES["maghress"], "fr", "lopinion")
    'https://www.maghress.com/fr/lopinion'
    """
    return home_url(site, edition).rstrip("/") + f"/{slug}"


def author_url(site: Site, edition: Edition, name: str) -> str:
    """Return the URL of the listing of an author, by the name as printed.

    >>> author_url(SITES["djazairess"], "fr", "Res Publica II Débat")
    'https://www.djazairess.com/fr/author/Res+Publica+II+D%C3%A9bat'
    """
    return listing_url(site, edition, "author") + f"/{quote_plus(' '.join(safe(name).split()))}"


def feed_url(site: Site, edition: Edition, outlet: str | None = None) -> str:
    """Return the URL of the RSS feed of an edition, or of one outlet in it.

    >>> feed_url(SITES["djazairess"], "ar", "eldjoumhouria")
    'https://www.djazairess.com/eldjoumhouria/rss'
    """
    page = listing_url(site, edition, outlet) if outlet else home_url(site, edition)
    return page.rstrip("/") + "/rss"
