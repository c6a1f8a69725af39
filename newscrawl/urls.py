"""URLs: made absolute and clean, and the questions asked of them. Nothing here raises."""

import re
from functools import cache
from urllib.parse import urljoin, urlsplit

from tldextract import TLDExtract
from w3lib.url import safe_url_string

from newscrawl.text import clean

_FRONT_PAGE = re.compile(
    r"/?(?:(?:home|accueil|fr|ar|en|index\.(?:php|html?|aspx?))/?)*", re.IGNORECASE
)


def absolute(url: str, base: str | None = None) -> str | None:
    """The URL in full and percent-encoded, or ``None`` when it is no http or https URL."""
    try:
        joined = urljoin(base or "", clean(url).replace("\\", "/"))
        parts = urlsplit(joined)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            return None
        return safe_url_string(joined)
    except ValueError:
        return None


def host(url: str) -> str:
    """The host of a URL in lower case; empty when there is none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


@cache
def _suffixes() -> TLDExtract:
    return TLDExtract(suffix_list_urls=(), cache_dir=None)


def registered_domain(url_or_host: str) -> str | None:
    """The part of a host that someone registered, by the bundled public-suffix list.

    >>> registered_domain("https://www.news.example.co.uk/a")
    'example.co.uk'

    A top-level domain that the list does not know is a suffix like any other.

    >>> registered_domain("www.courrier.example")
    'courrier.example'
    """
    parts = _suffixes()(url_or_host)
    if parts.suffix or parts.ipv4 or parts.ipv6 or not parts.domain:
        return parts.top_domain_under_public_suffix or None
    above = parts.subdomain.rpartition(".")[2]
    return f"{above}.{parts.domain}" if above else None


def is_front_page(url: str) -> bool:
    """Whether a URL leads to the first page of a site, in any of its languages.

    >>> is_front_page("https://example.com/fr/"), is_front_page("https://example.com/fr/news")
    (True, False)
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return bool(_FRONT_PAGE.fullmatch(parts.path)) and not parts.query
