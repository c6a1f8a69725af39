"""Decompress responses up to a size limit, and tolerate a wrong ``Content-Encoding``."""

import sys
from codecs import BOM_UTF8
from collections.abc import Callable
from functools import partial
from typing import Any

from isal import isal_zlib
from scrapy.downloadermiddlewares.httpcompression import HttpCompressionMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Request, Response, TextResponse
from scrapy.responsetypes import responsetypes

from newscrawl.errors import DecompressedTooLargeError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_MOST_LAYERS = 2
"""Content encodings of one response; each can enlarge a body a thousand times."""
_LOOKED_AT = 1024
_CONTROLS = bytes({*range(0x20)} - {*b"\t\n\v\f\r"})

_GZIP_MAGIC = b"\x1f\x8b"
_GZIP = (b"gzip", b"x-gzip")
_STREAMS: dict[bytes, Callable[[], Any]] = {
    **dict.fromkeys(_GZIP, partial(isal_zlib.decompressobj, 31)),  # 31: with the header of gzip
    b"zstd": zstd.ZstdDecompressor,
}
_MOST_MEMBERS = 20
"""Gzip members or Zstandard frames in a row; a body of megabytes could have half a million."""
_EXTRA, _NAME, _COMMENT = 4, 8, 16
"""Flags in the fourth byte of a gzip header (RFC 1952)."""
_LONGEST_HEADER = 2048


class CompressionMiddleware(HttpCompressionMiddleware):
    """Scrapy's decompression with strict limits, and a faster library for gzip.

    A body that is plain text despite its ``Content-Encoding`` is passed on unchanged; text that is
    compressed without that header is decompressed. Unlike in Scrapy, no encoding is guessed from
    compressed bytes, and the error about a body that is too large does not keep what was
    decompressed.
    """

    def process_response(  # type: ignore[override]  # Scrapy's decorator hides the signature
        self, request: Request, response: Response
    ) -> Request | Response:
        """Return the response decompressed.

        Raises:
            DecompressedTooLargeError: it is larger than ``DOWNLOAD_MAXSIZE``, or has too many
                content encodings or gzip members.
        """
        encodings = b",".join(response.headers.getlist("Content-Encoding"))
        if encodings and request.method != "HEAD":
            if encodings.count(b",") >= _MOST_LAYERS:
                raise DecompressedTooLargeError(f"{request.url} is compressed more than twice")
            if _is_plain(response.body):
                return _unpacked(response, response.body)
        elif response.body.startswith(_GZIP_MAGIC) and _is_text(response):
            response = _as_bytes(response)
            response.headers["Content-Encoding"] = "gzip"
        try:
            packed = response
            if isinstance(response, TextResponse) and "Content-Encoding" in response.headers:
                packed = _as_bytes(response)
            result: Request | Response = super().process_response(request, packed)
        except IgnoreRequest:
            pass
        else:
            return result
        # Not in the handler above, where the error would keep Scrapy's in its context.
        raise DecompressedTooLargeError(f"{request.url} is too large once decompressed")

    @staticmethod
    def _decode(body: bytes, encoding: bytes, max_size: int) -> bytes:
        """Decompress one layer; Scrapy's method also recovers the beginning of damaged data."""
        if encoding in _STREAMS:
            found = _decompressed(body, encoding, max_size)
            if found is not None:
                return found
        return HttpCompressionMiddleware._decode(body, encoding, max_size)


def _as_bytes(response: Response) -> Response:
    """Return a response that has no encoding, so that none is guessed."""
    return Response(**{name: getattr(response, name) for name in Response.attributes})


def _is_text(response: Response) -> bool:
    """Return whether a response declares that it is text, such as HTML."""
    return (response.headers.get("Content-Type") or b"").lstrip().lower().startswith(b"text/")


def _is_plain(body: bytes) -> bool:
    r"""Return whether a body is text: it begins with ASCII, and no control character follows.

    >>> _is_plain(b"<!doctype html>"), _is_plain(b"\x1f\x8b\x08")
    (True, False)
    """
    start = body[:_LOOKED_AT].removeprefix(BOM_UTF8)
    return start[:8].isascii() and len(start) > 7 and start == start.translate(None, _CONTROLS)


def _decompressed(body: bytes, encoding: bytes, limit: int) -> bytes | None:
    """Decompress gzip or Zstandard, a cut body as far as it goes.

    Returns:
        ``None`` if it is damaged or too large, or no data precedes the cut.

    Raises:
        DecompressedTooLargeError: it has too many members, or one has too long a header.
    """
    found: list[bytes] = []
    left = limit
    for _ in range(_MOST_MEMBERS):
        if encoding in _GZIP:
            _check_header(body)
        stream = _STREAMS[encoding]()
        try:
            found.append(stream.decompress(body, left))
        except (isal_zlib.error, zstd.ZstdError):  # type: ignore[misc]  # typed as an object
            return None
        if not stream.eof:
            cut = any(found) and len(found[-1]) < left
            return b"".join(found) if cut else None
        body = stream.unused_data
        if not body:
            return b"".join(found)
        left -= len(found[-1])
        if left <= 0:
            return None
    raise DecompressedTooLargeError(f"a body of more than {_MOST_MEMBERS} compressed members")


def _check_header(body: bytes) -> None:
    """Check the fields of a gzip header that Scrapy's decompression parses byte by byte.

    Raises:
        DecompressedTooLargeError: one of them is long.
    """
    flags = body[3] if len(body) > 3 else 0
    texts = bool(flags & _NAME) + bool(flags & _COMMENT)
    if flags & _EXTRA or body[10 : 10 + _LONGEST_HEADER].count(b"\0") < texts:
        raise DecompressedTooLargeError("a gzip header with unusual or long fields")


def _unpacked(response: Response, body: bytes) -> Response:
    """Return the response with another body, as the class that fits its headers and body."""
    headers = response.headers.copy()
    headers.pop("Content-Encoding", None)
    kind = responsetypes.from_args(headers=headers, url=response.url, body=body)
    given = {name: getattr(response, name) for name in Response.attributes}
    return kind(**given | {"headers": headers, "body": body})
