"""Run the fault servers, one port per fault."""

import asyncio
import json
import socket
import ssl
import struct
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Literal, Protocol, Self

from newscrawl.demo.loopback import LoopbackServer

Tls = Literal["good", "expired", "wrong name", "old protocol", "none spoken"]
"""TLS behaviour of a server; ``none spoken`` responds in plain text where TLS is expected."""

ROBOTS = "/robots.txt"


@dataclass(slots=True)
class Connection:
    """A connection to a fault server, with functions to send bytes or reset it."""

    writer: asyncio.StreamWriter
    """Stream of the response."""
    origin: str
    """Scheme, host and port of the server."""
    path: str
    """Requested path; empty before a request."""
    number: int
    """Number of requests for the path, including this one."""

    async def send(self, data: bytes) -> None:
        """Send bytes unmodified, as fast as the client receives them."""
        self.writer.write(data)
        await self.writer.drain()

    async def send_for_ever(self, data: bytes, pause: float = 0.0) -> None:
        """Send the same bytes repeatedly until the client closes the connection."""
        while True:
            await self.send(data)
            await asyncio.sleep(pause)

    def reset(self) -> None:
        """Abort the connection with a TCP reset."""
        connection = self.writer.get_extra_info("socket")
        # Closing without linger sends RST.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


Play = Callable[[Connection], Awaitable[None]]
"""Coroutine that responds to one request; the connection is closed after it."""


class Playable(Protocol):
    """Interface of a server fault: host name, TLS behaviour and responses."""

    @property
    def name(self) -> str:
        """Name, part of its host name."""

    @property
    def named(self) -> bool:
        """Whether the fault's host name resolves."""

    @property
    def play(self) -> Play | None:
        """Response to page requests; ``None`` if nothing listens."""

    @property
    def robots(self) -> Play | None:
        """Response to robots.txt requests; ``None`` if there is none."""

    @property
    def at_connect(self) -> bool:
        """Whether the fault occurs on connect, before any request."""

    @property
    def tls(self) -> Tls | None:
        """TLS behaviour."""


@dataclass(frozen=True, slots=True)
class LoggedVisit:
    """Log entry of a request to a fault server, or of a connection without one."""

    at: float
    """Time of arrival, on the monotonic clock."""
    host: str
    """Host of the fault."""
    path: str
    """Requested path; empty without a request."""


class FaultServer(LoopbackServer):
    """Context manager that runs all fault servers in a background thread.

    A crawl reaches them with ``settings`` and without a proxy for ``hosts``.
    """

    def __init__(self, faults: Collection[Playable]) -> None:
        super().__init__()
        self._faults = faults
        self.log: list[LoggedVisit] = []
        """All requests so far, oldest first."""
        self._ports: dict[str, int] = {}
        self._silent: list[socket.socket] = []
        self._contexts: dict[str, ssl.SSLContext] = {}

    def __enter__(self) -> Self:
        import trustme  # optional extra

        authority = trustme.CA()
        for fault in self._faults:
            if fault.tls and fault.tls != "none spoken":
                self._contexts[fault.name] = _context(authority, fault.tls, host(fault))
        return super().__enter__()

    def origin(self, fault: Playable) -> str:
        """Return scheme, host and port of a fault server."""
        return f"http{'s' if fault.tls else ''}://{host(fault)}:{self._ports[fault.name]}"

    @property
    def hosts(self) -> list[str]:
        """Return the hosts of the servers."""
        return [host(fault) for fault in self._faults]

    @property
    def settings(self) -> dict[str, str]:
        """Return the command-line settings that let a crawl reach the servers."""
        return {
            "GUARD_PORTS": ",".join(map(str, (80, 443, *self._ports.values()))),
            "GUARD_TRUSTED_HOSTS": json.dumps(
                {host(fault): "127.0.0.1" if fault.named else "" for fault in self._faults}
            ),
        }

    def asked(self, fault: Playable) -> list[LoggedVisit]:
        """Return the requests to a fault server, oldest first."""
        return [logged for logged in self.log if logged.host == host(fault)]

    async def _open(self) -> None:
        for fault in self._faults:
            if fault.play is None:
                silent = socket.socket()
                silent.bind(("127.0.0.1", 0))  # bound, so that nothing else listens there
                self._silent.append(silent)
                self._ports[fault.name] = silent.getsockname()[1]
            else:
                serve = partial(self._serve, fault, Counter())
                self._ports[fault.name] = await self._listen(serve)

    async def _serve(
        self,
        fault: Playable,
        met: Counter[str],
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        path = ""
        # The client may disconnect at any time.
        with suppress(OSError, asyncio.IncompleteReadError, ssl.SSLError):
            try:
                if fault.name in self._contexts:
                    await writer.start_tls(self._contexts[fault.name])
                if not fault.at_connect:
                    path = _path(await reader.readuntil(b"\r\n\r\n"))
            finally:
                self.log.append(LoggedVisit(time.monotonic(), host(fault), path))
                met[path] += 1
            connection = Connection(writer, self.origin(fault), path, met[path])
            play = (fault.robots or _no_robots) if path == ROBOTS else fault.play
            assert play
            await play(connection)
        with suppress(OSError, ssl.SSLError):
            writer.close()
            await writer.wait_closed()

    async def _close(self) -> None:
        for silent in self._silent:
            silent.close()
        await super()._close()


def host(fault: Playable) -> str:
    """Return the host of a fault; each is an outlet."""
    return f"{fault.name.replace(' ', '-')}.fault-{fault.name.replace(' ', '-')}.example"


def _path(head: bytes) -> str:
    """Return the path of a request."""
    return head.split(b" ", 2)[1].decode("latin-1")


async def _no_robots(connection: Connection) -> None:
    await connection.send(
        b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    )


def _context(authority: Any, tls: Tls, name: str) -> ssl.SSLContext:
    """Return the TLS context of a server."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    past = datetime.now(UTC) - timedelta(days=400)
    certificate = authority.issue_cert(
        "elsewhere.example" if tls == "wrong name" else name,
        not_before=past if tls == "expired" else None,
        not_after=past + timedelta(days=90) if tls == "expired" else None,
    )
    certificate.configure_cert(context)
    if tls == "old protocol":
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1
    return context
