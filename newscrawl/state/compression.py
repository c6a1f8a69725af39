"""Compress feeds (gzip, Zstandard), one frame per batch, and open compressed feeds.

gzip members and Zstandard frames may be concatenated; a reader decompresses them as one stream.
"""

import gzip
import sys
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

from newscrawl.errors import SettingError


@dataclass(frozen=True, slots=True)
class Compression:
    """Compression method of feeds: file suffix and compress function."""

    suffix: str
    """Suffix that it adds to the feed's name."""
    pack: Callable[[bytes], bytes]
    """Compresses a batch of lines."""


def _gzip(block: bytes) -> bytes:
    return gzip.compress(block, compresslevel=6, mtime=0)


def _zstd_module() -> Any:
    """Import Zstandard, only where a feed uses it; part of the standard library since 3.14."""
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    return zstd


def _zstd(block: bytes) -> bytes:
    return cast("bytes", _zstd_module().compress(block, level=9))


PACKINGS = {
    "none": Compression("", bytes),
    "gzip": Compression(".gz", _gzip),
    "zstd": Compression(".zst", _zstd),
}
"""Compression methods by value of the setting ``FEED_COMPRESSION``."""

SUFFIXES = tuple(f".jsonl{packing.suffix}" for packing in PACKINGS.values())
"""Suffixes of feed names."""


def packing_of(name: object) -> Compression:
    """Return the compression method that a setting names.

    Raises:
        SettingError: there is no such method.
    """
    if name not in PACKINGS:
        raise SettingError(f"FEED_COMPRESSION={name}: allowed: {', '.join(PACKINGS)}")
    return PACKINGS[str(name)]


def open_unpacked(path: Path, source: IO[bytes] | None = None) -> IO[bytes]:
    """Open a feed for reading, decompressed if necessary.

    Reading a damaged feed raises one of ``unpacking_errors()``.

    Args:
        path: The feed; its suffix names the compression.
        source: Open file to read from instead of ``path``.
    """
    if path.suffix == ".gz":
        return cast("IO[bytes]", gzip.open(source or path))
    if path.suffix == ".zst":
        return cast("IO[bytes]", _zstd_module().open(source or path))
    return source or path.open("rb")


def unpacking_errors() -> tuple[type[Exception], ...]:
    """Exceptions that are raised when a damaged feed is read."""
    return EOFError, gzip.BadGzipFile, zlib.error, _zstd_module().ZstdError
