"""Write WARC 1.1 archive files, one gzip member per record."""

import os
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC
from http import HTTPStatus
from io import BytesIO
from pathlib import Path
from urllib.parse import quote, urldefrag, urlsplit

from isal import isal_zlib
from warcio.recordloader import ArcWarcRecord
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from newscrawl.archive.warc import GZIP, RENDERED, Exchange, Headers
from newscrawl.errors import StoreError

_LEVEL = 1
"""Compression level of ISA-L: a third of the time of zlib's level 1, and smaller."""
_PHRASES = {status.value: status.phrase for status in HTTPStatus}
_SECRET = {b"proxy-authorization", b"authorization", b"cookie"}
_BREAK = re.compile(r"[\r\n\0]")
_RAW_BREAK = re.compile(rb"[\r\n\0]+")


class _RawHeaders(StatusAndHeaders):  # type: ignore[misc]  # warcio has no types
    """Headers byte by byte as received; warcio would percent-encode non-ASCII characters."""

    def to_ascii_bytes(self, header_filter: object = None) -> bytes:
        return self.to_str(header_filter).encode("latin-1") + b"\r\n"  # type: ignore[no-any-return]


class _Writer(WARCWriter):  # type: ignore[misc]  # warcio has no types
    """WARC writer that computes payload digests only; block digests would double the cost.

    Only blocks without a payload for other tools, as their URL is not http, get a block digest.
    """

    def ensure_digest(
        self,
        record: ArcWarcRecord,
        block: bool = True,  # noqa: ARG002 - warcio's signature
        payload: bool = True,
    ) -> None:
        url = record.rec_headers.get_header("WARC-Target-URI") or ""
        rendered = url.startswith(RENDERED)
        super().ensure_digest(record, block=rendered, payload=payload and not rendered)


class WarcFile:
    """New WARC file to which exchanges are appended; complete records survive a kill.

    Args:
        path: The file; it must not exist.
        about: Fields of the file's ``warcinfo`` record.

    Raises:
        StoreError: the file cannot be created or written.
    """

    def __init__(self, path: Path, about: Mapping[str, str]) -> None:
        self.path = path
        self.size = 0
        """Bytes written so far; the offset of the next record."""
        self._plain = BytesIO()
        self._warc = _Writer(self._plain, gzip=False, warc_version="1.1")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("xb", buffering=0)
        except OSError as error:
            raise StoreError(f"{path} cannot be made: {error}") from error
        self._append(self._warc.create_warcinfo_record(path.name, about))

    def write(self, exchange: Exchange) -> int:
        """Append an exchange, and return the offset of its response."""
        offset = self.size
        exchange = _one_line_each(exchange)
        url = urldefrag(exchange.url)[0]
        date = exchange.fetched.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        common = {"WARC-Date": date}
        if exchange.ip:
            common["WARC-IP-Address"] = exchange.ip
        answer = self._failure(url, exchange, common) if exchange.error else None
        answer = answer or self._response(url, exchange, common)
        self._append(answer)
        if url.startswith(RENDERED):
            return offset
        identity = answer.rec_headers.get_header("WARC-Record-ID")
        self._append(self._request(url, exchange, {**common, "WARC-Concurrent-To": identity}))
        return offset

    def _response(self, url: str, exchange: Exchange, fields: dict[str, str]) -> ArcWarcRecord:
        if exchange.cut:
            fields = {**fields, "WARC-Truncated": "disconnect"}
        line = f"{exchange.status} {_PHRASES.get(exchange.status, 'Unknown')}"
        return self._warc.create_warc_record(
            url,
            "response",
            payload=BytesIO(exchange.body),
            length=len(exchange.body),
            warc_headers_dict=fields,
            http_headers=_RawHeaders(line, exchange.headers, protocol=exchange.protocol),
        )

    def _failure(self, url: str, exchange: Exchange, fields: dict[str, str]) -> ArcWarcRecord:
        message = " ".join(exchange.message.split())
        said = f"fetchError: {exchange.error}\r\nfetchMessage: {message}\r\n".encode()
        return self._warc.create_warc_record(
            url, "metadata", payload=BytesIO(said), length=len(said), warc_headers_dict=fields
        )

    def _request(self, url: str, exchange: Exchange, fields: dict[str, str]) -> ArcWarcRecord:
        parts = urlsplit(url)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        sent = [(b"Host", parts.netloc.rpartition("@")[2].encode())]
        sent += [pair for pair in exchange.sent if pair[0].lower() not in _SECRET]
        head = _RawHeaders(f"{exchange.method} {path} HTTP/1.1", sent, is_http_request=True)
        return self._warc.create_warc_record(
            url, "request", warc_headers_dict=fields, http_headers=head
        )

    def _append(self, record: ArcWarcRecord) -> None:
        """Write a record as one gzip member, completely or not at all."""
        self._plain.seek(0)
        self._plain.truncate()
        self._warc.write_record(record)
        member = isal_zlib.compress(self._plain.getbuffer(), _LEVEL, wbits=GZIP)
        left = memoryview(member)
        try:
            while left:
                left = left[self._file.write(left) :]
        except OSError as error:
            with suppress(OSError):
                self._file.truncate(self.size)
            raise StoreError(f"{self.path} cannot be written: {error}") from error
        self.size += len(member)

    def sync(self) -> None:
        """Flush the file to disk (fsync)."""
        try:
            os.fsync(self._file.fileno())
        except OSError as error:
            raise StoreError(f"{self.path} cannot be written: {error}") from error

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _one_line_each(exchange: Exchange) -> Exchange:
    """Return an exchange whose header values contain no line breaks."""
    return replace(
        exchange,
        url=_BREAK.sub(lambda found: quote(found[0]), exchange.url),
        method=_BREAK.sub(" ", exchange.method),
        protocol="".join(exchange.protocol.split()),
        ip=_BREAK.sub(" ", exchange.ip) if exchange.ip else None,
        error=_BREAK.sub(" ", exchange.error) if exchange.error else None,
        sent=_without_breaks(exchange.sent),
        headers=_without_breaks(exchange.headers),
    )


def _without_breaks(headers: Headers) -> Headers:
    return [(_RAW_BREAK.sub(b" ", name), _RAW_BREAK.sub(b" ", value)) for name, value in headers]
