"""Decompresses responses up to a size limit; tolerates a wrong ``Content-Encoding``."""

from codecs import BOM_UTF8

from isal import isal_zlib
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.httpcompression import HttpCompressionMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Request, Response, TextResponse
from scrapy.responsetypes import responsetypes

from newscrawl.errors import DecompressedTooLargeError

_MOST_LAYERS = 2
"""Content encodings of one response; each can enlarge a body a thousand times."""
_LOOKED_AT = 1024
_CONTROLS = bytes({*range(0x20)} - {*b"\t\n\v\f\r"})

_GZIP = ([b"gzip"], [b"x-gzip"])
_GZIP_MAGIC = b"\x1f\x8b"
_WITH_HEADER = 31
"""Window bits of ``isal_zlib`` for a gzip stream."""


class CompressionMiddleware(HttpCompressionMiddleware):
    """Scrapy's decompression, with a strict size limit and a fast path for gzip.

    A body that is plain text despite its ``Content-Encoding`` is passed on unchanged; text that is
    compressed without that header is decompressed.

    Scrapy's own middleware keeps all decompressed data in its error until garbage collection, and
    detects the text encoding of the compressed body, which may take as long as parsing the page.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler=crawler)
        self._limit = crawler.settings.getint("DOWNLOAD_MAXSIZE")

    def process_response(  # type: ignore[override]  # Scrapy's decorator hides the signature
        self, request: Request, response: Response
    ) -> Request | Response:
        """Return the decompressed response.

        Raises:
            DecompressedTooLargeError: it exceeds the limit, as a compression bomb does.
        """
        encodings = b",".join(response.headers.getlist("Content-Encoding"))
        if encodings and request.method != "HEAD":
            if encodings.count(b",") >= _MOST_LAYERS:
                raise DecompressedTooLargeError(f"{request.url} is compressed more than twice")
            if _is_plain(response.body):
                return _unpacked(response, response.body)
        elif response.body.startswith(_GZIP_MAGIC) and _is_text(response):
            body = _unzipped(response.body, self._limit)
            return response if body is None else _unpacked(response, body)
        if response.headers.getlist("Content-Encoding") in _GZIP and request.method != "HEAD":
            body = _unzipped(response.body, self._limit)
            if body is not None:
                return _unpacked(response, body)
        try:
            packed = response
            if isinstance(response, TextResponse) and "Content-Encoding" in response.headers:
                given = {name: getattr(response, name) for name in Response.attributes}
                packed = Response(**given)  # a plain response has no text encoding to detect
            result: Request | Response = super().process_response(request, packed)
        except IgnoreRequest:
            pass
        else:
            return result
        # Not in the handler above, where the error would keep Scrapy's in its context.
        raise DecompressedTooLargeError(f"{request.url} is too large once decompressed")


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


def _unzipped(body: bytes, limit: int) -> bytes | None:
    """Decompress one complete gzip stream; ``None`` if it is incomplete, damaged or too large."""
    stream = isal_zlib.decompressobj(_WITH_HEADER)
    try:
        found = stream.decompress(body, limit)
    except isal_zlib.error:  # type: ignore[misc]  # typed as an object
        return None
    return found if stream.eof and not stream.unused_data else None


def _unpacked(response: Response, body: bytes) -> Response:
    """Return the response with another body, of the class that its headers and body imply."""
    headers = response.headers.copy()
    headers.pop("Content-Encoding", None)
    kind = responsetypes.from_args(headers=headers, url=response.url, body=body)
    given = {name: getattr(response, name) for name in Response.attributes}
    return kind(**given | {"headers": headers, "body": body})
