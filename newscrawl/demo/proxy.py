"""Loopback forward proxy that serves any URL, http and https, from a Python function.

Tests and benchmarks use it to serve their own pages under real URLs. Certificates are issued per
host by trustme (extra ``demo``).
"""

import asyncio
import logging
import ssl
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from newscrawl.demo.loopback import LoopbackServer

logger = logging.getLogger(__name__)

# OpenSSL's variable and those that curl and requests prefer to it.
_CERTIFICATE_VARIABLES = ("SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE")
_PHRASES = frozenset(HTTPStatus)

Action = Literal["respond", "drop", "refuse"]
"""``respond`` normally, ``drop`` the connection silently, or ``refuse`` as for an unknown host: no
tunnel is opened."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A simulated server's response to one request."""

    status: int = 200
    """HTTP status code."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Response headers; the proxy adds ``Content-Length`` and ``Connection``."""
    body: bytes = b""
    """Body, sent unmodified."""
    delay: float = 0.0
    """Delay before the first byte (seconds)."""
    action: Action = "respond"
    """Treatment of the connection."""


ReplyFunction = Callable[[str, str, Mapping[str, str]], Reply]
"""Function of method, absolute URL and headers (names in lower case) that returns the response. It
runs in the proxy's thread, one call at a time. Before a tunnel is opened it is called with
``CONNECT`` and ``https://host/``, where only ``refuse`` matters."""


@dataclass(frozen=True, slots=True)
class LoggedRequest:
    """Log entry of a request to the proxy, with its status code."""

    at: float
    """Time of arrival, as ``time.time()``."""
    method: str
    """Method; ``CONNECT`` for a tunnel."""
    url: str
    """Absolute URL."""
    status: int
    """Status code of the response."""


class DemoProxy(LoopbackServer):
    """Context manager that runs the proxy in a background thread.

    Example::

        with DemoProxy(build().reply) as proxy:
            subprocess.run([...], env=os.environ | proxy.environment())
    """

    def __init__(self, reply: ReplyFunction, port: int = 0) -> None:
        super().__init__()
        self.reply = reply
        self.port = port
        """Port on 127.0.0.1; 0 for a free one, known once the context is open."""
        self.requests: list[LoggedRequest] = []
        """All requests so far, oldest first."""
        self._contexts: dict[str, ssl.SSLContext] = {}

    def __enter__(self) -> Self:
        import trustme  # optional extra

        self._authority = trustme.CA()
        self._directory = tempfile.TemporaryDirectory(prefix="newscrawl-demo-")
        self._authority.cert_pem.write_to_path(self.certificates)
        # Crawls of another user, such as Scrapyd's, need the certificate; the key is not in a file.
        Path(self._directory.name).chmod(0o755)
        self.certificates.chmod(0o644)
        return super().__enter__()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        super().__exit__(kind, error, trace)
        self._directory.cleanup()

    @property
    def url(self) -> str:
        """URL of the proxy."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def certificates(self) -> Path:
        """PEM file of the certificate authority."""
        return Path(self._directory.name) / "authority.pem"

    def environment(self) -> dict[str, str]:
        """Return the environment variables that make a program use the proxy."""
        proxies = {"http_proxy": self.url, "https_proxy": self.url, "no_proxy": ""}
        return {
            **proxies,
            **{name.upper(): value for name, value in proxies.items()},
            **dict.fromkeys(_CERTIFICATE_VARIABLES, str(self.certificates)),
        }

    async def _open(self) -> None:
        self.port = await self._listen(self._serve, self.port)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve the requests of one connection until either side closes it."""
        try:
            origin = ""  # inside a tunnel: scheme and host, which request targets omit
            while request := await _read_request(reader):
                method, target, headers = request
                if method == "CONNECT":
                    host = target.rpartition(":")[0].strip("[]")
                    origin = f"https://{host}"
                    if not await self._respond(writer, method, origin + "/", headers):
                        return
                    await writer.start_tls(self._context(host))
                elif not await self._respond(writer, method, origin + target, headers):
                    return
        except (OSError, EOFError, ssl.SSLError) as error:
            logger.debug("connection lost: %s", error)  # the client has gone
        finally:
            writer.close()

    async def _respond(
        self, writer: asyncio.StreamWriter, method: str, url: str, headers: Mapping[str, str]
    ) -> bool:
        """Respond to one request; return whether the connection stays open."""
        arrived = time.time()
        reply = self._ask(method, url, headers)
        if reply.action == "refuse":
            reply = Reply(502, {"Content-Type": "text/plain"}, b"no such host\n", action="refuse")
        elif method == "CONNECT":
            reply = Reply(200)
        self.requests.append(LoggedRequest(arrived, method, url, reply.status))
        if reply.delay:
            await asyncio.sleep(reply.delay)
        if reply.action == "drop":
            return False
        goes_on = reply.action == "respond" and headers.get("connection", "").lower() != "close"
        writer.write(_head(method, reply, goes_on))
        if method != "HEAD":
            writer.write(reply.body)
        await writer.drain()
        return goes_on

    def _ask(self, method: str, url: str, headers: Mapping[str, str]) -> Reply:
        try:
            return self.reply(method, url, headers)
        except Exception:
            # A bug in the function must look like a server error to the crawl, and be logged.
            logger.exception("no reply to %s %s", method, url)
            return Reply(500, {"Content-Type": "text/plain"}, b"the demo server failed\n")

    def _context(self, host: str) -> ssl.SSLContext:
        if host not in self._contexts:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            self._authority.issue_cert(host).configure_cert(context)
            self._contexts[host] = context
        return self._contexts[host]


async def _read_request(
    reader: asyncio.StreamReader,
) -> tuple[str, str, dict[str, str]] | None:
    """Return method, target and headers of the next request; ``None`` at the end."""
    line = (await reader.readline()).decode("latin-1").split()
    if len(line) != 3:
        return None
    headers: dict[str, str] = {}
    while (header := (await reader.readline()).decode("latin-1").strip()) != "":
        name, _, value = header.partition(":")
        headers[name.strip().lower()] = value.strip()
    await reader.readexactly(int(headers.get("content-length", 0)))
    return line[0], line[1], headers


def _head(method: str, reply: Reply, goes_on: bool) -> bytes:
    """Return status line and headers of a response."""
    phrase = HTTPStatus(reply.status).phrase if reply.status in _PHRASES else "Unknown"
    lines = [f"HTTP/1.1 {reply.status} {phrase}"]
    lines += [f"{name}: {value}" for name, value in reply.headers.items()]
    if method != "CONNECT" or reply.status != HTTPStatus.OK:
        lines.append(f"Content-Length: {len(reply.body)}")
        lines.append(f"Connection: {'keep-alive' if goes_on else 'close'}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1")
