"""Table of server faults: the server's behaviour and the expected record."""

import asyncio
import gzip
import sys
import zlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import cache

from newscrawl.demo.faults import pages
from newscrawl.demo.faults.pages import Language
from newscrawl.demo.faults.server import Connection, Play, Tls
from newscrawl.items import Status

_HTML = "text/html; charset=utf-8"
_BOMB = 64 * 1024 * 1024
"""Decompressed size of a bomb (bytes)."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A server fault and the expected record of an article that links to it."""

    name: str
    """Name, in lower-case words."""
    what: str
    """Description."""
    play: Play | None
    """Response to page requests; ``None`` if nothing listens."""
    status: Status
    """Expected ``source.status``."""
    reason: str = ""
    """Expected part of ``source.reason``."""
    requests: int = 1
    """Expected number of page requests."""
    asks_robots: int = 1
    """Expected number of robots.txt requests, or of connections if they fail."""
    pause: float = 0.0
    """Minimum delay between two page requests (seconds)."""
    named: bool = True
    """Whether its host name resolves."""
    robots: Play | None = None
    """Response to robots.txt requests; ``None`` if there is none."""
    at_connect: bool = False
    """Whether the fault occurs on connect, before any request."""
    tls: Tls | None = None
    """TLS behaviour; ``None`` for plain http."""
    language: Language = "fr"
    """Language of the article."""
    paths: tuple[str, ...] = ("/article",)
    """Number of articles that link to it."""


def healthy(fault: Fault) -> Fault:
    """Return the same server without the fault: it serves the article."""
    page = _reply(200, pages.article(fault.language))
    return replace(
        fault,
        play=_says(page),
        status="ok",
        reason="",
        requests=len(fault.paths),
        asks_robots=1,
        pause=0.0,
        named=True,
        robots=None,
        at_connect=False,
        tls="good" if fault.tls else None,
    )


# --- Responses ------------------------------------------------------------------------------------


def _reply(status: int, body: str | bytes = "", kind: str = _HTML, **headers: str) -> bytes:
    """Return a complete response; underscores in header names become hyphens."""
    body = body.encode() if isinstance(body, str) else body
    given = {"Content_Type": kind, "Content_Length": str(len(body)), "Connection": "close"}
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in (given | headers).items()]
    return "\r\n".join([f"HTTP/1.1 {status} -", *lines, "", ""]).encode() + body


def _says(*replies: bytes) -> Play:
    """Respond with each reply in turn, then repeat the last one."""

    async def play(connection: Connection) -> None:
        await connection.send(replies[min(connection.number, len(replies)) - 1])

    return play


def _redirects(target: str, *, status: int = 302) -> Play:
    """Redirect; ``{origin}`` and ``{number}`` are the server and the number of requests."""
    numbers: list[str] = []

    async def play(connection: Connection) -> None:
        numbers.append(connection.path)
        location = target.format(origin=connection.origin, number=len(numbers))
        await connection.send(_reply(status, Location=location))

    return play


def _begins(head: bytes, then: bytes, *, pause: float = 0.0) -> Play:
    """Send a head, then repeat the same bytes endlessly."""

    async def play(connection: Connection) -> None:
        await connection.send(head)
        await connection.send_for_ever(then, pause)

    return play


def _breaks(data: bytes) -> Play:
    """Send some bytes, then reset the connection."""

    async def play(connection: Connection) -> None:
        await connection.send(data)
        await asyncio.sleep(0.1)  # otherwise the reset overtakes the bytes
        connection.reset()

    return play


async def _silence(connection: Connection) -> None:
    await connection.send(b"")
    await asyncio.sleep(3600)


def _until(status: int) -> Play:
    """Respond with ``Retry-After`` as a date two seconds ahead; such dates have whole seconds."""

    async def play(connection: Connection) -> None:
        time = format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True)
        later = _reply(status, Retry_After=time)
        await connection.send(later if connection.number == 1 else _FINE)

    return play


async def _meta_refresh(connection: Connection) -> None:
    refresh = '<meta http-equiv="refresh" content="0; url=/new">'
    await connection.send(
        _FINE if connection.path == "/new" else _reply(200, pages.page("", head=refresh))
    )


def _bomb(encoding: str) -> Play:
    """Send a compression bomb: small as sent, huge once decompressed."""

    async def play(connection: Connection) -> None:
        bomb = await asyncio.to_thread(_squeezed, encoding)
        await connection.send(_reply(200, bomb, Content_Encoding=encoding))

    return play


@cache
def _squeezed(encoding: str) -> bytes:
    """Return the bomb, compressed by the library that Scrapy decompresses with."""
    parts = [b"<p>encore</p>" * 80_000] * (_BOMB // (13 * 80_000))
    if encoding == "br":
        import brotli

        brotlis = brotli.Compressor(quality=1)
        return bytes(b"".join(map(brotlis.process, parts)) + brotlis.finish())
    if encoding == "zstd":
        if sys.version_info >= (3, 14):
            from compression import zstd
        else:
            from backports import zstd
        zstds = zstd.ZstdCompressor()
        return b"".join(map(zstds.compress, parts)) + zstds.flush()
    zlibs = zlib.compressobj(wbits=31 if encoding == "gzip" else 15)
    return b"".join(map(zlibs.compress, parts)) + zlibs.flush()


_PAGE = pages.article()
_FINE = _reply(200, _PAGE)
_OPEN = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n"
_REFRESH = '<meta http-equiv="refresh" content="0; url=/article">'
_REFRESH_TO_SCRIPT = '<meta http-equiv="refresh" content="0; url=javascript:alert(1)">'
_DENY = "User-agent: *\nDisallow: /\n"
_CROWD = (
    "".join(f"User-agent: bot{n}\n" for n in range(15_000))
    + "Disallow: /\n"
    + "".join(f"Disallow: /{n}\n" for n in range(15_000))
)

FAULTS: tuple[Fault, ...] = (
    # --- Connections
    Fault("no name", "its name does not exist", None, "unreachable", "robots",
          requests=0, asks_robots=0, named=False),
    Fault("refused", "nobody listens", None, "unreachable", "refused", requests=0, asks_robots=0),
    Fault("reset at connect", "it resets each connection", _breaks(b""), "unreachable", "robots",
          at_connect=True, requests=3, asks_robots=0),
    Fault("reset in headers", "it resets within the headers", _breaks(_OPEN), "unreachable",
          "connection", requests=3, pause=0.1),
    Fault("reset in body", "it resets within the body",
          _breaks(_reply(200, _PAGE)[:-30]), "ok"),
    Fault("length too long", "it announces more than it sends",
          _says(_reply(200, _PAGE, Content_Length=str(len(_PAGE) * 2))), "ok"),
    Fault("length too short", "it announces less than it sends",
          _says(_reply(200, _PAGE, Content_Length="90")), "unreadable"),
    Fault("chunked garbage", "its chunks are invalid",
          _says(_OPEN + b"Transfer-Encoding: chunked\r\n\r\nZZ\r\nno chunk\r\n"), "unreadable"),
    Fault("endless chunk line", "the line before a chunk does not end",
          _begins(_OPEN + b"Transfer-Encoding: chunked\r\n\r\n1;", b"x" * 4096), "unreadable"),
    Fault("endless trailers", "headers after its page do not end",
          _begins(_OPEN + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X-More: y\r\n" * 200),
          "unreadable"),
    Fault("endless headers", "its headers do not end",
          _begins(_OPEN, b"X-More: of the same\r\n" * 200), "too_large", "headers"),
    Fault("endless header", "a header does not end", _begins(_OPEN + b"X: ", b"x" * 4096),
          "unreachable", "connection", requests=3, pause=0.1),
    Fault("endless interim", "it repeats 100 Continue forever",
          _begins(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 100), "too_large", "headers"),
    Fault("endless body", "its page does not end",
          _begins(_OPEN + b"\r\n<p>", b"encore " * 40_000), "too_large", "DOWNLOAD_MAXSIZE"),
    Fault("drip", "it drips a byte at a time", _begins(_OPEN + b"\r\n<p>", b".", pause=0.5),
          "unreachable", "timed out", requests=3, pause=0.1),
    Fault("header drip", "it drips its headers", _begins(_OPEN + b"X-Slow: ", b".", pause=0.5),
          "unreachable", "timed out", requests=3, pause=0.1),
    Fault("silence", "it never responds", _silence, "unreachable", "timed out", requests=3),
    Fault("no http", "it speaks another protocol", _says(b"SSH-2.0-OpenSSH_9.2\r\n" * 3),
          "unreachable", "connection", requests=3),
    # --- TLS
    Fault("expired", "its certificate has expired", _says(_FINE), "ok", tls="expired"),
    Fault("wrong name", "its certificate is another's", _says(_FINE), "ok", tls="wrong name"),
    Fault("old protocol", "it speaks TLS 1.0 only", _says(_FINE), "unreachable", "robots",
          tls="old protocol", requests=3, asks_robots=0),
    Fault("no tls", "it speaks http where https is expected", _says(_FINE), "unreachable",
          "robots", tls="none spoken", at_connect=True, requests=3, asks_robots=0),
    Fault("tls silence", "it never completes a handshake", _silence, "unreachable", "robots",
          tls="none spoken", at_connect=True, requests=3, asks_robots=0),
    # --- Redirects
    Fault("redirect loop", "it redirects to itself", _redirects("{origin}/article"),
          "unreachable", "without end", requests=11),
    Fault("redirects", "it redirects a thousand times", _redirects("{origin}/{number}"),
          "unreachable", "without end", requests=11),
    Fault("to private", "it redirects to a private address",
          _redirects("http://10.0.0.1/article"), "unsafe", "private"),
    Fault("to metadata", "it redirects to a cloud's metadata",
          _redirects("http://2852039166/latest/meta-data/"), "unsafe", "metadata"),
    Fault("to file", "it redirects to a file", _redirects("file:///etc/passwd"), "unsafe",
          "file"),
    Fault("to nowhere", "it redirects without saying where", _says(_reply(302)), "unreachable",
          "HTTP 302"),
    Fault("to nonsense", "it redirects to what is no URL", _redirects("http://[::1"),
          "unreachable"),
    Fault("meta refresh", "its page leads on by meta refresh", _meta_refresh, "ok", requests=2),
    Fault("refresh loop", "its page leads to itself by meta refresh",
          _says(_reply(200, pages.page("", head=_REFRESH))), "unreadable"),
    Fault("refresh to script", "its page leads to a script by meta refresh",
          _says(_reply(200, _PAGE.replace("</head>", _REFRESH_TO_SCRIPT + "</head>"))), "ok"),
    Fault("session ids", "each link to the same page has a session's id", _says(_FINE), "ok",
          requests=2, paths=("/article?PHPSESSID=8f14e45f", "/article?PHPSESSID=c9f0f895")),
    # --- Codes
    Fault("busy for seconds", "it responds 429, retry after a second",
          _says(_reply(429, Retry_After="1"), _FINE), "ok", requests=2, pause=1.0),
    Fault("busy until", "it responds 429, retry after a date", _until(429), "ok", requests=2,
          pause=0.9),
    Fault("closed for seconds", "it responds 503, retry after a second",
          _says(_reply(503, Retry_After="1"), _FINE), "ok", requests=2, pause=1.0),
    Fault("closed until", "it responds 503, retry after a date", _until(503), "ok", requests=2,
          pause=0.9),
    Fault("hiccup", "it responds 500 once", _says(_reply(500), _FINE), "ok", requests=2,
          pause=0.1),
    Fault("down", "it always responds 503", _says(_reply(503)), "unreachable", "HTTP 503",
          requests=3, pause=0.1),
    Fault("forbidden", "it responds 403", _says(_reply(403)), "refused", "403"),
    Fault("unauthorized", "it responds 401", _says(_reply(401)), "refused", "401"),
    Fault("legal reasons", "it responds 451", _says(_reply(451)), "refused", "451"),
    Fault("challenge", "it requires a browser challenge",
          _says(_reply(403, pages.CHALLENGE, Cf_Mitigated="challenge")), "refused",
          "Cloudflare"),
    Fault("gone", "it responds 410", _says(_reply(410)), "gone", "410"),
    # --- robots.txt
    Fault("robots deny", "its robots.txt denies everyone", _says(_FINE), "refused",
          "robots", requests=0, robots=_says(_reply(200, _DENY, "text/plain"))),
    Fault("robots error", "its robots.txt is a 500", _says(_FINE), "unreachable", "robots",
          requests=0, asks_robots=3, robots=_says(_reply(500))),
    Fault("robots huge", "its robots.txt is long, and denies at its beginning", _says(_FINE),
          "refused", "robots", requests=0,
          robots=_says(_reply(200, _DENY + "# rien\n" * 300_000, "text/plain"))),
    Fault("robots endless", "its robots.txt does not end", _says(_FINE), "unreachable", "robots",
          requests=0, robots=_begins(b"HTTP/1.1 200 OK\r\n\r\n", b"Disallow: /\n" * 400)),
    Fault("robots crowd", "its robots.txt names thousands, and has thousands of rules for each",
          _says(_FINE), "ok", robots=_says(_reply(200, _CROWD, "text/plain"))),
    Fault("robots slow", "its robots.txt never arrives", _says(_FINE), "unreachable", "robots",
          requests=0, asks_robots=3, robots=_silence),
    Fault("robots utf-16", "its robots.txt is in UTF-16", _says(_FINE), "refused", "robots",
          requests=0, robots=_says(_reply(200, _DENY.encode("utf-16"), "text/plain"))),
    Fault("crawl delay", "its robots.txt asks for two seconds between pages", _says(_FINE), "ok",
          requests=3, pause=1.9, paths=("/1", "/2", "/3"),
          robots=_says(_reply(200, "User-agent: *\nCrawl-delay: 2\n", "text/plain"))),
    # --- Compression
    Fault("gzip bomb", "its gzip would fill memory", _bomb("gzip"), "too_large",
          "decompressed"),
    Fault("deflate bomb", "the same by deflate", _bomb("deflate"), "too_large", "decompressed"),
    Fault("brotli bomb", "the same by brotli", _bomb("br"), "too_large", "decompressed"),
    Fault("zstd bomb", "the same by zstd", _bomb("zstd"), "too_large", "decompressed"),
    Fault("no gzip", "its plain page is labelled gzip",
          _says(_reply(200, _PAGE, Content_Encoding="gzip")), "ok"),
    Fault("cut gzip", "its gzip ends early",
          _says(_reply(200, gzip.compress(_PAGE.encode())[:-60], Content_Encoding="gzip")),
          "ok"),
    # --- Pages
    Fault("big page", "its page has 10 MB", _says(_reply(200, "<p>encore</p>" * 800_000)),
          "too_large", "DOWNLOAD_MAXSIZE"),
    Fault("pdf", "a PDF is declared as HTML",
          _says(_reply(200, b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<</Type/Catalog>>\nendobj\n")),
          "not_html"),
    Fault("image", "a picture is declared as HTML",
          _says(_reply(200, b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01" + bytes(range(256)) * 9)),
          "not_html"),
    Fault("empty", "it responds 200 without a body", _says(_reply(200)), "unreadable"),
    Fault("soft 404", "its error page has status 200",
          _says(_reply(200, pages.ABSENT)), "mismatch"),
    Fault("parked", "its domain is for sale", _says(_reply(200, pages.PARKED)), "mismatch"),
    Fault("login", "it requires a login", _says(_reply(200, pages.LOGIN)), "refused",
          "login"),
    Fault("windows-1256", "its encoding is not declared",
          _says(_reply(200, pages.article("ar").encode("cp1256", "ignore"), "text/html")),
          "ok", language="ar"),
    Fault("encoded twice", "its UTF-8 was encoded again",
          _says(_reply(200, _PAGE.encode().decode("cp1252", "replace"))), "ok"),
    Fault("nul bytes", "its page holds NUL characters",
          _says(_reply(200, _PAGE.replace("</p>", "\0</p>"))), "ok"),
    Fault("in script", "its text is written by a script", _says(_reply(200, pages.IN_SCRIPT)),
          "ok"),
    Fault("calendar", "its page leads to six hundred others", _says(_reply(200, pages.CALENDAR)),
          "mismatch"),
)  # fmt: skip
"""All faults."""

LINK_ROT = Fault(
    "link rot",
    "its page holds another story by now",
    _says(_reply(200, pages.OTHER_STORY)),
    "mismatch",
)
"""Faults not of a server but of any run; they involve all parts of a crawl."""
