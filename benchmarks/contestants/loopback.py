"""Resolve every host name to the measurement's server, for Scrapy and for other libraries."""

import os
import socket
from typing import Any

from scrapy.resolver import CachingThreadedResolver
from twisted.internet.defer import Deferred, succeed

ADDRESS = os.environ["BENCHMARK_ADDRESS"]


class LoopbackResolver(CachingThreadedResolver):
    """``TWISTED_DNS_RESOLVER`` for Scrapy, otherwise the same as Scrapy's own."""

    def getHostByName(self, name: str, timeout: object = ()) -> Deferred[str]:  # noqa: N802, ARG002
        """Return the loopback address for any name."""
        return succeed(ADDRESS)


def patch_sockets() -> None:
    """Resolve every name to loopback, for libraries that fetch pages themselves."""
    ask = socket.getaddrinfo

    def answer(_host: Any, *more: Any, **named: Any) -> Any:
        return ask(ADDRESS, *more, **named)

    socket.getaddrinfo = answer
