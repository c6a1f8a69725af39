"""Block requests to anything but public web servers (SSRF protection)."""

from urllib.request import getproxies, proxy_bypass

from scrapy.crawler import Crawler
from scrapy.http import Request
from scrapy.utils.defer import maybe_deferred_to_future
from scrapy.utils.httpobj import urlparse_cached
from twisted.internet.error import DNSLookupError

from newscrawl.fetching.guard import Guard, UnsafeUrlError


class GuardMiddleware:
    """First middleware, which checks each request's URL and the address of its host.

    The resolver guards the connection itself. Names are looked up here first, so that an unsafe
    name is distinguished from one that does not exist. A proxy looks up names itself.
    """

    def __init__(self, crawler: Crawler) -> None:
        settings = crawler.settings
        self._guard = Guard.of(settings)
        self._replayed = bool(settings.get("REPLAY"))
        proxies = getproxies() if settings.getbool("HTTPPROXY_ENABLED") else {}
        self._proxies = {"http", "https"} & proxies.keys()
        self._missing: set[str] = set()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "GuardMiddleware":
        """Create the component for a crawler."""
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Pass a request to a public web server.

        Raises:
            UnsafeUrlError: its URL, or the address that its host has now, is not public.
        """
        self._guard.check_url(request.url)
        host = urlparse_cached(request).hostname or ""
        if not self._replayed and not self._proxied(request, host) and host not in self._missing:
            await self._look_up(host)

    def _proxied(self, request: Request, host: str) -> bool:
        """Return whether the request will go through a proxy, by the rules of Scrapy."""
        if "proxy" in request.meta:
            return request.meta["proxy"] is not None
        return urlparse_cached(request).scheme in self._proxies and not proxy_bypass(host)

    async def _look_up(self, host: str) -> None:
        """Resolve the host by the guarded resolver, so that unknown names fail early.

        Raises:
            UnsafeUrlError: the name leads to an unsafe address.
        """
        from twisted.internet import reactor

        try:
            address = await maybe_deferred_to_future(reactor.resolve(host))  # type: ignore[arg-type]
            # The resolver accepts a proxy's host for connections to the proxy; this is not one.
            self._guard.check_address(host, address)
        except UnsafeUrlError as error:
            # The resolver's error is a failed look-up, which would be retried.
            raise UnsafeUrlError(str(error)) from None
        except DNSLookupError:
            self._missing.add(host)  # the downloader reports it
