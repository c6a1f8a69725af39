"""Scrapy's HTTP download handler with a limit on response headers and cached TLS options."""

from functools import lru_cache
from typing import Any, cast

from scrapy import Request
from scrapy.core.downloader.handlers.http11 import (
    HTTP11DownloadHandler,
    _LenientHTTP11ClientFactory,
    _LenientHTTP11ClientProtocol,
    _LenientHTTPClientParser,
)
from scrapy.crawler import Crawler
from scrapy.exceptions import DownloadFailedError
from scrapy.http import Response
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IAddress
from twisted.web._newclient import Request as TxRequest
from twisted.web.client import BrowserLikePolicyForHTTPS, ResponseFailed
from twisted.web.iweb import IPolicyForHTTPS, IResponse

from newscrawl.fetching.headers import HeadersTooLargeError

_MAX_BYTES = 256 * 1024
"""Bytes of all header lines of a response; browsers allow as much."""
_HOSTS = 128
"""Number of hosts whose TLS options are cached, at 18 KB each."""


class HeaderLimitHandler(HTTP11DownloadHandler):
    """HTTP download handler that limits the total size of response headers.

    Twisted limits the length of a header line, not the number of lines, and Scrapy has no such
    setting, so the response parser is replaced. TLS options are cached by host.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._pool._factory = _HeaderLimitFactory
        self._contextFactory = cast("IPolicyForHTTPS", _TlsOptionsCache(self._contextFactory))

    async def download_request(self, request: Request) -> Response:
        """Download a response.

        Raises:
            HeadersTooLargeError: the headers exceed the limit.
        """
        try:
            return await super().download_request(request)
        except DownloadFailedError as error:
            reasons = error.__cause__.reasons if isinstance(error.__cause__, ResponseFailed) else ()
            if any(reason.check(HeadersTooLargeError) for reason in reasons or ()):
                raise HeadersTooLargeError(f"{request.url}: headers without end") from error
            raise


class _TlsOptionsCache(BrowserLikePolicyForHTTPS):
    """Cache of the TLS options of recent hosts; Scrapy builds them for every request."""

    def __init__(self, policy: IPolicyForHTTPS) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._creator = lru_cache(_HOSTS)(policy.creatorForNetloc)

    def creatorForNetloc(self, hostname: bytes, port: int) -> Any:  # noqa: N802 - Twisted's name
        return self._creator(hostname, port)


class _HeaderLimitParser(_LenientHTTPClientParser):
    """HTTP response parser that fails when the headers exceed the limit."""

    received = 0

    def lineReceived(self, line: bytes) -> None:  # noqa: N802 - Twisted's name
        self.received += len(line)
        if self.received > _MAX_BYTES:
            raise HeadersTooLargeError
        super().lineReceived(line)


class _HeaderLimitProtocol(_LenientHTTP11ClientProtocol):
    """HTTP client protocol that uses the parser with the header limit."""

    def request(self, request: TxRequest) -> Deferred[IResponse]:
        response = super().request(request)
        assert self._parser is not None
        self._parser.__class__ = _HeaderLimitParser
        return response


class _HeaderLimitFactory(_LenientHTTP11ClientFactory):
    """Factory of connections with the header-limiting protocol."""

    def buildProtocol(self, addr: IAddress | None) -> _HeaderLimitProtocol:  # noqa: ARG002, N802
        return _HeaderLimitProtocol(self._quiescentCallback)  # type: ignore[no-untyped-call]
