"""Compresses feeds (gzip, Zstandard), one frame per batch, and opens compressed feeds.

A gzip file is a row of members, and a Zstandard file one of frames; a reader takes them for one.
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
class Packing:
    """Compression method of feeds: file suffix and compress function."""

    suffix: str
    """What it adds to the feed's name."""
    pack: Callable[[bytes], bytes]
    """Makes of a batch what is appended for it."""


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
    "none": Packing("", bytes),
    "gzip": Packing(".gz", _gzip),
    "zstd": Packing(".zst", _zstd),
}
"""What the setting ``FEED_COMPRESSION`` may say."""

SUFFIXES = tuple(f".jsonl{packing.suffix}" for packing in PACKINGS.values())
"""How the names of feeds end."""


def packing_of(name: object) -> Packing:
    """The packing that a setting names.

    Raises:
        SettingError: there is no such packing.
    """
    if name not in PACKINGS:
        raise SettingError(f"FEED_COMPRESSION={name}: allowed: {', '.join(PACKINGS)}")
    return PACKINGS[str(name)]


def open_unpacked(path: Path, source: IO[bytes] | None = None) -> IO[bytes]:
    """Open a feed for reading, decompressed if necessary.

    Where it is damaged, reading raises one of ``unpacking_errors()``.

    Args:
        path: The feed; its suffix tells how it is packed.
        source: Where its bytes are read from, if not from there.
    """
    if path.suffix == ".gz":
        return cast("IO[bytes]", gzip.open(source or path))
    if path.suffix == ".zst":
        return cast("IO[bytes]", _zstd_module().open(source or path))
    return source or path.open("rb")


def unpacking_errors() -> tuple[type[Exception], ...]:
    """What reading a damaged feed raises."""
    return EOFError, gzip.BadGzipFile, zlib.error, _zstd_module().ZstdError
