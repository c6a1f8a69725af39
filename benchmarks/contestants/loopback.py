"""Leads every host to the server of the measurement, for Scrapy and for other libraries."""

import os
import socket
from typing import Any

from scrapy.resolver import CachingThreadedResolver
from twisted.internet.defer import Deferred, succeed

ADDRESS = os.environ["BENCHMARK_ADDRESS"]


class LoopbackResolver(CachingThreadedResolver):
    """For Scrapy: ``TWISTED_DNS_RESOLVER``, of which all else is kept."""

    def getHostByName(self, name: str, timeout: object = ()) -> Deferred[str]:  # noqa: N802, ARG002
        """The address, whatever the name."""
        return succeed(ADDRESS)


def patch_sockets() -> None:
    """For libraries that fetch for themselves."""
    ask = socket.getaddrinfo

    def answer(_host: Any, *more: Any, **named: Any) -> Any:
        return ask(ADDRESS, *more, **named)

    socket.getaddrinfo = answer
