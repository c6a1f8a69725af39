"""Servers that each play one fault, every one on a port of its own."""

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
"""How a server speaks TLS; ``none spoken`` answers in plain text where TLS is expected."""

ROBOTS = "/robots.txt"


@dataclass(slots=True)
class Visit:
    """One connection to a fault's server, or one request on it."""

    writer: asyncio.StreamWriter
    """Where the answer goes."""
    origin: str
    """Scheme, host and port of the server."""
    path: str
    """What is asked for; empty before anything was."""
    number: int
    """How often the path was asked for, this time included."""

    async def send(self, data: bytes) -> None:
        """Send bytes as they are, at the pace at which they are taken."""
        self.writer.write(data)
        await self.writer.drain()

    async def send_for_ever(self, data: bytes, pause: float = 0.0) -> None:
        """Send the same again and again until the other side has had enough."""
        while True:
            await self.send(data)
            await asyncio.sleep(pause)

    def reset(self) -> None:
        """Tear the connection down, so that the other side sees a reset and no end."""
        connection = self.writer.get_extra_info("socket")
        # Closed without lingering, a socket says RST.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


Play = Callable[[Visit], Awaitable[None]]
"""Answers one request; the connection is closed after it."""


class Playable(Protocol):
    """What a server has to know of a fault."""

    @property
    def name(self) -> str:
        """Its name, which is part of its host's."""

    @property
    def named(self) -> bool:
        """Whether its name exists; if not, a look-up is made in vain."""

    @property
    def play(self) -> Play | None:
        """Answers its pages; ``None`` if nobody listens."""

    @property
    def robots(self) -> Play | None:
        """Answers its robots.txt; ``None`` if there is none."""

    @property
    def at_connect(self) -> bool:
        """Whether it is played before anything was asked."""

    @property
    def tls(self) -> Tls | None:
        """How it speaks TLS."""


@dataclass(frozen=True, slots=True)
class Logged:
    """A request, or a connection on which none was made."""

    at: float
    """When it came, on the monotonic clock."""
    host: str
    """The fault's host."""
    path: str
    """What was asked for; empty if nothing was."""


class FaultServer(LoopbackServer):
    """The servers, in a thread of their own while the context is open.

    A crawl reaches them with ``settings``, and without a proxy for ``hosts``.
    """

    def __init__(self, faults: Collection[Playable]) -> None:
        super().__init__()
        self._faults = faults
        self.log: list[Logged] = []
        """Every request so far, oldest first."""
        self._ports: dict[str, int] = {}
        self._silent: list[socket.socket] = []
        self._contexts: dict[str, ssl.SSLContext] = {}

    def __enter__(self) -> Self:
        import trustme  # an optional extra, needed nowhere else

        authority = trustme.CA()
        for fault in self._faults:
            if fault.tls and fault.tls != "none spoken":
                self._contexts[fault.name] = _context(authority, fault.tls, host(fault))
        return super().__enter__()

    def origin(self, fault: Playable) -> str:
        """Scheme, host and port of a fault's server."""
        return f"http{'s' if fault.tls else ''}://{host(fault)}:{self._ports[fault.name]}"

    @property
    def hosts(self) -> list[str]:
        """The servers' hosts."""
        return [host(fault) for fault in self._faults]

    @property
    def settings(self) -> dict[str, str]:
        """The settings, as for a command line, with which a crawl may reach the servers."""
        return {
            "GUARD_PORTS": ",".join(map(str, (80, 443, *self._ports.values()))),
            "GUARD_TRUSTED_HOSTS": json.dumps(
                {host(fault): "127.0.0.1" if fault.named else "" for fault in self._faults}
            ),
        }

    def asked(self, fault: Playable) -> list[Logged]:
        """The requests to a fault's server, oldest first."""
        return [logged for logged in self.log if logged.host == host(fault)]

    async def _open(self) -> None:
        for fault in self._faults:
            if fault.play is None:
                silent = socket.socket()
                silent.bind(("127.0.0.1", 0))  # taken, so that nobody else listens there either
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
        # The other side leaves when it has had enough, in whatever way.
        with suppress(OSError, asyncio.IncompleteReadError, ssl.SSLError):
            try:
                if fault.name in self._contexts:
                    await writer.start_tls(self._contexts[fault.name])
                if not fault.at_connect:
                    path = _path(await reader.readuntil(b"\r\n\r\n"))
            finally:
                self.log.append(Logged(time.monotonic(), host(fault), path))
                met[path] += 1
            visit = Visit(writer, self.origin(fault), path, met[path])
            play = (fault.robots or _no_robots) if path == ROBOTS else fault.play
            assert play
            await play(visit)
        with suppress(OSError, ssl.SSLError):
            writer.close()
            await writer.wait_closed()

    async def _close(self) -> None:
        for silent in self._silent:
            silent.close()
        await super()._close()


def host(fault: Playable) -> str:
    """The host at which a fault is met; each is an outlet of its own."""
    return f"{fault.name.replace(' ', '-')}.fault-{fault.name.replace(' ', '-')}.example"


def _path(head: bytes) -> str:
    """What a request asks for."""
    return head.split(b" ", 2)[1].decode("latin-1")


async def _no_robots(visit: Visit) -> None:
    await visit.send(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


def _context(authority: Any, tls: Tls, name: str) -> ssl.SSLContext:
    """What a server needs to speak TLS."""
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
