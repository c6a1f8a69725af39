"""URL helpers: absolute and clean URLs, hosts and registered domains; they never raise."""

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urljoin, urlsplit, urlunsplit

from w3lib.url import safe_url_string

from newscrawl.text.cleaning import safe

if TYPE_CHECKING:
    from tldextract import TLDExtract

_BREAKS = str.maketrans("", "", "\t\r\n")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_BLANK_START = re.compile("\\A[\\s\xad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+")
_AUTHORITY = re.compile(r"https?://[^/\\?#]*")
_REFUSED = re.compile(
    r"(?:file|ftp|data):|(?:https?:)?//\[[0-9a-f.:]*(?:%[\w.~-]*)?\]", re.IGNORECASE
)
_LONGEST_REFUSED = 2000
# A scheme with any number of slashes, perhaps repeated: "http:/", "https:///", "http://https://".
_SCHEME = re.compile(r"(?:https?:[/\\]*)*(https?):[/\\]*", re.IGNORECASE)
_NO_SCHEME = re.compile(r"[/\\]{2,}|(?=www\.[\w-]+\.)", re.IGNORECASE)
_ANY_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_HOST = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*")
_DEFAULT_PORTS = {"http": 80, "https": 443}
# Most URLs of a page have only plain characters and need no fixing.
_PLAIN = re.compile(
    r"https?://[a-z0-9]+(?:[.-][a-z0-9]+)*/[A-Za-z0-9/._~%,:+!@$*()-]*"
    r"(?:\?[A-Za-z0-9/._~%,:+!@$*()=&-]+)?"
)

_FRONT_PATH = re.compile(
    r"/*(?:(?:fr|ar|en)(?:[-_][a-z]{2})?/*)?"
    r"(?:(?:home|accueil|index|default|main)(?:\.(?:php|html?|aspx?|jsp))?/*)?",
    re.IGNORECASE,
)
# Parameters that do not select content: tracking and language.
_IDLE_PARAMETER = re.compile(r"utm_\w+|fbclid|gclid|ref|source|lang|hl|locale", re.IGNORECASE)


LONGEST_URL = 8192
"""Maximum characters of a URL; caches of the standard library keep parsed URLs."""
_LONGEST_HOST = 400
"""Maximum characters of a host with port and credentials: DNS has 253. A page may have one of
millions, which take minutes to encode."""


def absolute(url: str, base: str | None = None) -> str | None:
    r"""Return the absolute URL as a browser would request it.

    Stray blanks and control characters are dropped, backslashes replaced, a missing or repeated
    scheme fixed, credentials and default ports removed, and non-ASCII characters encoded, including
    invisible ones (ZWNJ, RLM, soft hyphen) of a path or query, which occur in slugs.

    Args:
        url: URL as found in a page; ampersands may still be entities.
        base: The URL of the page.

    Returns:
        ``None`` if it is empty, longer than ``LONGEST_URL``, not http or https, or has no valid
        host.

    >>> absolute(" /fr/été 1.html\n", "https://example.com/a/b")
    'https://example.com/fr/%C3%A9t%C3%A9%201.html'
    >>> absolute("//WWW.Example.com:443\\a?x=1&amp;y=2")
    'https://www.example.com/a?x=1&y=2'
    >>> absolute("javascript:void(0)", "https://example.com/") is None
    True
    """
    if len(url) > LONGEST_URL:
        return None
    return url if _PLAIN.fullmatch(url) else _fixed(url, base)


@lru_cache(maxsize=256)  # a page has its own URL in several places
def _fixed(url: str, base: str | None) -> str | None:
    url = _CONTROL.sub("", url.translate(_BREAKS)).replace("&amp;", "&").strip()
    url = _BLANK_START.sub("", url)
    if not url:
        return None
    if scheme := _SCHEME.match(url):
        url, base = f"{scheme[1].lower()}://{url[scheme.end() :]}", None
    elif no_scheme := _NO_SCHEME.match(url):
        default = "http" if (base or "").startswith("http:") else "https"
        url, base = f"{default}://{url[no_scheme.end() :]}", None
    elif _ANY_SCHEME.match(url):
        return None
    address, mark, query = url.partition("?")
    try:
        authority = _AUTHORITY.match(address)
        if authority:
            address = safe(authority[0]) + address[authority.end() :]
        joined = urljoin(base or "", address.replace("\\", "/") + mark + query)
        if len(urlsplit(joined).netloc) > _LONGEST_HOST:
            return None
        parts = urlsplit(safe_url_string(joined))
        port = parts.port
    except ValueError:
        return None
    name = (parts.hostname or "").removesuffix(".")
    if parts.scheme not in _DEFAULT_PORTS or not _HOST.fullmatch(name):
        return None
    netloc = name if port in (None, _DEFAULT_PORTS[parts.scheme]) else f"{name}:{port}"
    return urlunsplit(parts._replace(netloc=netloc, path=parts.path or "/"))


def refused(url: str) -> str | None:
    """Return a file, FTP, data or IPv6 URL, which is never requested; ``None`` for others.

    >>> refused("file:///etc/passwd"), refused("http://[::1]/"), refused("mailto:a@phare.example")
    ('file:///etc/passwd', 'http://[::1]/', None)
    """
    url = safe(url).translate(_BREAKS).strip()[:_LONGEST_REFUSED]
    if not _REFUSED.match(url):
        return None
    try:
        return safe_url_string(f"http:{url}" if url.startswith("//") else url)
    except ValueError:
        return None


def host(url: str) -> str:
    """Return the host of a URL in lower case, without port; empty if there is none.

    >>> host("https://user@WWW.Example.com:8080/a")
    'www.example.com'
    """
    try:
        return urlsplit(url[:LONGEST_URL]).hostname or ""
    except ValueError:
        return ""


def registered_domain(url_or_host: str) -> str | None:
    """Return the registered domain of a host, by tldextract's public-suffix list.

    A blog on a shared platform has its own registered domain. Unknown top-level domains count as
    suffixes. ``None`` for addresses and bare suffixes.

    >>> registered_domain("https://www.news.example.co.uk/a"), registered_domain("a.blogspot.com")
    ('example.co.uk', 'a.blogspot.com')
    >>> registered_domain("www.courrier.example"), registered_domain("192.0.2.1")
    ('courrier.example', None)
    """
    origin = "/".join(url_or_host.split("/", 3)[:3]).lower()
    return _registered(origin) if len(origin) <= _LONGEST_HOST else None


@lru_cache(maxsize=4096)
def _registered(origin: str) -> str | None:
    parts = _suffixes()(origin)
    if parts.suffix or parts.ipv4 or parts.ipv6:
        return parts.top_domain_under_public_suffix or None
    above = parts.subdomain.rpartition(".")[2]
    return f"{above}.{parts.domain}" if above and parts.domain else None


@cache
def _suffixes() -> "TLDExtract":
    from tldextract import TLDExtract

    return TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True)


def is_front_page(url: str) -> bool:
    """Return whether a URL is a site's front page, in any of its languages.

    >>> is_front_page("https://example.com/fr/index.php?utm_source=x")
    True
    >>> is_front_page("https://example.com/?p=12"), is_front_page("https://example.com/fr/sport")
    (False, False)
    """
    if len(url) > LONGEST_URL:
        return False
    try:
        parts = urlsplit(url)
        if not _FRONT_PATH.fullmatch(parts.path) or parts.fragment.startswith("!"):
            return False
        query = parse_qsl(parts.query, keep_blank_values=True)
    except ValueError:
        return False
    return all(_IDLE_PARAMETER.fullmatch(name) for name, _ in query)
