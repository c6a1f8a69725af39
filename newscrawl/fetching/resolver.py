"""DNS resolver that returns only addresses that the SSRF guard allows."""

from urllib.request import getproxies

from scrapy.crawler import Crawler
from scrapy.resolver import CachingThreadedResolver
from twisted.internet.base import ReactorBase
from twisted.internet.defer import Deferred, succeed
from twisted.internet.error import DNSLookupError

from newscrawl.fetching.guard import Guard, UnsafeUrlError
from newscrawl.text.urls import host as host_of


class UnsafeAddressError(UnsafeUrlError, DNSLookupError):
    """A host name resolves to an address that is not public.

    Raised by ``GuardedResolver``. For Twisted it is a failed look-up, so no connection is made.
    """

    def __str__(self) -> str:
        return str(self.args[0])


def proxy_hosts() -> frozenset[str]:
    """Return the hosts of the environment's proxies for http and https."""
    return frozenset(
        host_of(proxy if "://" in proxy else f"http://{proxy}")
        for scheme, proxy in getproxies().items()
        if scheme in ("http", "https")  # "no" lists hosts that need no proxy
    )


class GuardedResolver(CachingThreadedResolver):
    """Scrapy's IPv4 resolver; refuses addresses that the SSRF guard does not allow.

    Twisted connects to the address that is returned here, without another look-up. The
    environment's proxies may have any address: they are the operator's.
    """

    def __init__(self, reactor: ReactorBase, cache_size: int, timeout: float) -> None:
        super().__init__(reactor, cache_size, timeout)
        self.guard = Guard()
        self.proxies: frozenset[str] = frozenset()

    @classmethod
    def from_crawler(cls, crawler: Crawler, reactor: ReactorBase) -> "GuardedResolver":
        """Create the component for a crawler."""
        resolver = super().from_crawler(crawler, reactor)
        resolver.guard = Guard.of(crawler.settings)
        resolver.proxies = proxy_hosts()
        return resolver

    def getHostByName(self, name: str, timeout: object = ()) -> Deferred[str]:  # noqa: N802, ARG002
        """Resolve a name; fail with ``UnsafeAddressError`` if the address is unsafe."""
        known = self.guard.trusted.get(name.lower().removesuffix("."))
        if known:
            return succeed(known)
        found: Deferred[str] = super().getHostByName(name)
        return found if name in self.proxies else found.addCallback(self._checked, name)

    def _checked(self, address: str, name: str) -> str:
        try:
            self.guard.check_address(name, address)
        except UnsafeUrlError as error:
            raise UnsafeAddressError(
                str(error) if name == address else f"{name}: {error}"
            ) from None
        return address
