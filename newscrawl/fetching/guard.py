"""SSRF guard: only URLs and IP addresses of public web servers are accepted; no DNS look-up.

Links come from untrusted pages. Before any request (of the crawl, a browser, a web archive)
``Guard.check_url`` checks its URL, and ``Guard.check_address`` the very address of the connection,
so that a name that resolves to another address the second time gains nothing.
"""

import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING, Self
from urllib.parse import unquote, urlsplit

from scrapy.exceptions import IgnoreRequest

from newscrawl.errors import NewscrawlError
from newscrawl.text.urls import LONGEST_URL

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings


class UnsafeUrlError(NewscrawlError, IgnoreRequest):
    """A URL or IP address does not belong to a public web server.

    Raised by ``newscrawl.fetching.guard`` before a connection is made; in a crawl it reaches the
    request's errback. The message says what is wrong, and what the URL really means.
    """


_PORTS = {"http": 80, "https": 443}

# IANA's special-purpose registries (RFC 6890 and later), and addresses of cloud services.
_SPECIAL = tuple(
    (ip_network(network), kind)
    for network, kind in (
        ("169.254.169.254", "a metadata service"),
        ("169.254.170.2", "a metadata service"),
        ("100.100.100.200", "a metadata service"),
        ("168.63.129.16", "a metadata service"),  # Azure's, in public space
        ("192.0.0.192", "a metadata service"),
        ("fd00:ec2::254", "a metadata service"),
        ("fd20:ce::254", "a metadata service"),
        ("0.0.0.0/8", "an unspecified address"),
        ("10.0.0.0/8", "a private address"),
        ("100.64.0.0/10", "an address inside a provider's network"),
        ("127.0.0.0/8", "a loopback address"),
        ("169.254.0.0/16", "a link-local address"),
        ("172.16.0.0/12", "a private address"),
        ("192.0.0.0/24", "a reserved address"),
        ("192.0.2.0/24", "an address for documentation"),
        ("192.88.99.0/24", "a 6to4 relay"),
        ("192.168.0.0/16", "a private address"),
        ("198.18.0.0/15", "an address for benchmarks"),
        ("198.51.100.0/24", "an address for documentation"),
        ("203.0.113.0/24", "an address for documentation"),
        ("224.0.0.0/4", "a multicast address"),
        ("240.0.0.0/4", "a reserved address"),
        ("::/128", "an unspecified address"),
        ("::1/128", "a loopback address"),
        ("::ffff:0:0/96", "an IPv4 address in IPv6"),
        ("::ffff:0:0:0/96", "an IPv4 address in IPv6"),
        ("::/96", "an IPv4 address in IPv6"),
        ("64:ff9b::/96", "an IPv4 address behind NAT64"),
        ("64:ff9b:1::/48", "an IPv4 address behind NAT64"),
        ("2001::/32", "an IPv4 address in Teredo"),
        ("2001::/23", "a reserved address"),
        ("2001:db8::/32", "an address for documentation"),
        ("2002::/16", "an IPv4 address in 6to4"),
        ("3fff::/20", "an address for documentation"),
        ("fc00::/7", "a private address"),
        ("fe80::/10", "a link-local address"),
        ("fec0::/10", "a private address"),
        ("ff00::/8", "a multicast address"),
    )
)
_GLOBAL_UNICAST = IPv6Network("2000::/3")
"""All of IPv6 that is allocated."""

# Names that are never public hosts: RFC 6761, 6762, 7686, 8375, ICANN's resolution 2024.07.29.06,
# and common names of routers and office networks.
_LOCAL_NAMES = re.compile(
    r"(?:.+\.)?(?:localhost|local|localdomain|internal|intranet|private|corp|home|lan|onion"
    r"|home\.arpa|in-addr\.arpa|ip6\.arpa)"
)
_NAME = re.compile(r"(?=.{1,253}\Z)[\w-]{1,63}(?:\.[\w-]{1,63})+")
_NUMBER = re.compile(r"0x[0-9a-f]*|[0-9]+")
_BLANK = re.compile(r"[\x00-\x20\x7f\\]")


def check_address(address: str | IPv4Address | IPv6Address) -> None:
    """Check that an address belongs to the public internet.

    Raises:
        UnsafeUrlError: it does not, or is not an address.

    >>> check_address("193.0.6.139")
    >>> check_address("::ffff:10.0.0.1")
    Traceback (most recent call last):
    newscrawl.fetching.guard.UnsafeUrlError: ::ffff:10.0.0.1 is an IPv4 address in IPv6
    """
    try:
        ip = ip_address(address)
    except ValueError:
        raise UnsafeUrlError(f"{address} is no address") from None
    for network, kind in _SPECIAL:
        if ip.version == network.version and ip in network:
            raise UnsafeUrlError(f"{address} is {kind}")
    if isinstance(ip, IPv6Address) and (ip not in _GLOBAL_UNICAST or ip.scope_id):
        raise UnsafeUrlError(f"{address} is a reserved address")


def check_url(
    url: str, *, ports: Collection[int] = (80, 443), trusted: Collection[str] = ()
) -> None:
    """Check that a URL can only refer to a public web server, as far as its text shows.

    Args:
        url: An absolute URL.
        ports: Allowed ports.
        trusted: Lower-case host names that may have any address.

    Raises:
        UnsafeUrlError: it refers to something else, is malformed, or disguises its target.

    >>> check_url("https://www.example.com/a")
    >>> check_url("http://0x7f.1/")
    Traceback (most recent call last):
    newscrawl.fetching.guard.UnsafeUrlError: 127.0.0.1 is a loopback address
    """
    if len(url) > LONGEST_URL:
        raise UnsafeUrlError(f"a URL of more than {LONGEST_URL} characters")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise UnsafeUrlError(f"invalid URL: {error}") from None
    if parts.scheme not in _PORTS:
        raise UnsafeUrlError(f"not an http or https URL, but {parts.scheme or 'none'}")
    if "@" in parts.netloc:
        raise UnsafeUrlError("credentials in the URL")
    if _BLANK.search(parts.netloc):
        raise UnsafeUrlError("invalid URL: blanks or backslashes in the host")
    port = _PORTS[parts.scheme] if port is None else port
    if port not in ports:
        raise UnsafeUrlError(f"port {port}, which is not among GUARD_PORTS")
    _check_host(host, trusted, bracketed="[" in parts.netloc)


def _check_host(host: str, trusted: Collection[str], *, bracketed: bool) -> None:
    """Check the host of a URL."""
    if bracketed:
        check_address(host.replace("%25", "%"))
        return
    # As browsers and resolvers normalise it: escapes decoded, look-alikes of ASCII made ASCII.
    name = unicodedata.normalize("NFKC", unquote(host)).lower().replace("。", ".")
    name = name.removesuffix(".")
    if name in trusted:
        return
    address = _as_ipv4(name)
    if address is not None:
        check_address(address)
        if str(address) != host:
            raise UnsafeUrlError(f"a non-canonical form of {address}")
    elif not _NAME.fullmatch(name) or "%" in host:
        raise UnsafeUrlError(f"{host or 'nothing'} is not a fully qualified host name")
    elif _LOCAL_NAMES.fullmatch(name):
        raise UnsafeUrlError(f"{name} is a local name")


def _as_ipv4(name: str) -> IPv4Address | None:
    """Return the address that a host denotes by the URL Standard; ``None`` for a name.

    Raises:
        UnsafeUrlError: it ends in a number, as only addresses may, but is not an address.
    """
    labels = name.split(".")
    if not _NUMBER.fullmatch(labels[-1]):
        return None
    try:
        *high, low = [_number(label) for label in labels]
    except ValueError:
        raise UnsafeUrlError(f"{name} is no address") from None
    if len(high) > 3 or any(part > 255 for part in high) or low >= 256 ** (4 - len(high)):
        raise UnsafeUrlError(f"{name} is no address")
    return IPv4Address(low + sum(part << (24 - 8 * index) for index, part in enumerate(high)))


def _number(label: str) -> int:
    """Parse a part of an address: decimal, octal or hexadecimal.

    Raises:
        ValueError: it is not a number; ``int`` alone would accept a sign or an underscore.
    """
    if not _NUMBER.fullmatch(label):
        raise ValueError(label)
    if label.startswith("0x"):
        return int(label[2:] or "0", 16)
    return int(label, 8 if len(label) > 1 and label.startswith("0") else 10)


@dataclass(frozen=True, slots=True)
class Guard:
    """SSRF guard with the allowed ports and trusted hosts of the settings."""

    ports: frozenset[int] = frozenset(_PORTS.values())
    """Allowed ports."""
    trusted: Mapping[str, str] = field(default_factory=dict)
    """Trusted hosts with their addresses; an empty address is looked up in DNS."""

    @classmethod
    def of(cls, settings: "BaseSettings") -> Self:
        """Create a guard from ``GUARD_PORTS`` and ``GUARD_TRUSTED_HOSTS``."""
        return cls(
            frozenset(int(port) for port in settings.getlist("GUARD_PORTS")),
            {name.lower(): str(ip) for name, ip in settings.getdict("GUARD_TRUSTED_HOSTS").items()},
        )

    def check_url(self, url: str) -> None:
        """See ``check_url``."""
        check_url(url, ports=self.ports, trusted=self.trusted)

    def check_address(self, host: str, address: str) -> None:
        """Check the address that DNS returned for a host; trusted hosts pass.

        Raises:
            UnsafeUrlError: it is not public.
        """
        if host.lower().removesuffix(".") not in self.trusted:
            check_address(address)
