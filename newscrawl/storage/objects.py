"""Read, write and delete objects by URL, such as ``s3://bucket/feeds/a.jsonl``.

obstore knows S3 and its relatives, Google Cloud Storage, Azure and directories (``file://``). It is
imported when the first object is used. Credentials and addresses of servers are in the usual
variables of the environment (``AWS_ACCESS_KEY_ID``, ``AWS_ENDPOINT_URL``).
"""

import hashlib
import io
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from tempfile import NamedTemporaryFile
from time import sleep
from typing import IO, TYPE_CHECKING, Any

from newscrawl.errors import StorageError

if TYPE_CHECKING:
    from obstore.store import ObjectStore

_PIECE = 8 * 1024 * 1024
"""Bytes of a request when a whole object is transferred."""

_CONCURRENCY = 4
"""Pieces in transfer at once; with ``_PIECE`` this bounds the memory."""

_BUFFER = 64 * 1024
"""Bytes of a request when parts of an object are read."""

WHOLE = _PIECE
"""Buffer for ``open_file`` when a whole object is read."""

_ATTEMPTS = 3
"""Uploads of a file whose object turns out to differ."""

_CLIENT: dict[str, Any] = {
    "connect_timeout": timedelta(seconds=5),
    "read_timeout": timedelta(seconds=30),
    "timeout": timedelta(minutes=10),  # for a piece over a slow line
    "allow_http": True,  # if the server's address says so
}

_RETRIES: dict[str, Any] = {
    "max_retries": 4,
    "backoff": {
        "init_backoff": timedelta(seconds=0.2),
        "max_backoff": timedelta(seconds=5),
        "base": 3,
    },
    "retry_timeout": timedelta(minutes=1),
}
"""Retries of a request that fails by the network or with a status from 500 on."""


def is_url(location: str | Path) -> bool:
    """Return whether a location is the URL of an object rather than a local path."""
    return isinstance(location, str) and "://" in location


def open_file(location: str | Path, *, size: int | None = None, buffer: int = _BUFFER) -> IO[bytes]:
    """Open a local file, or an object by its URL, to be read in any order.

    Args:
        location: Local path, or the URL of an object.
        size: Bytes of the object; if not given, the storage is asked.
        buffer: Bytes that are requested from the storage at once; ``WHOLE`` to read all of it.

    Raises:
        OSError: it cannot be opened; reading may raise it, too (``StorageError`` for an object).
    """
    if is_url(location):
        return io.BufferedReader(_Reader(str(location), size), buffer)
    return Path(location).open("rb")


@contextmanager
def local_copy(location: str | Path, directory: Path | None = None) -> Iterator[Path]:
    """Context of a local path with the content of a file; an object is downloaded for it.

    Args:
        location: Local path, which is yielded as it is, or the URL of an object.
        directory: Where the download is kept until the end of the context, if not in the
            system's temporary directory.

    Raises:
        OSError: there is too little space.
        StorageError: the object cannot be read.
    """
    if not is_url(location):
        yield Path(location)
        return
    with NamedTemporaryFile(dir=directory, suffix="-" + str(location).rpartition("/")[2]) as file:
        for piece in _pieces(str(location)):
            file.write(piece)
        file.flush()
        yield Path(file.name)


def upload(path: Path, storage: str, name: str) -> tuple[int, str]:
    """Copy a file to ``storage``/``name``, read it back and compare the checksums.

    Returns:
        The number of bytes and their SHA-256 as hexadecimal digits.

    Raises:
        OSError: the file cannot be read.
        StorageError: it cannot be uploaded, or the object differs after several attempts;
            then it is deleted.
    """
    url = f"{storage}/{name}"
    for attempt in range(_ATTEMPTS):
        sleep(attempt)
        with path.open("rb") as file:
            digest, size = hashlib.file_digest(file, "sha256").hexdigest(), file.tell()
        with _errors(url):
            import obstore

            obstore.put(
                _store(storage), name, path, chunk_size=_PIECE, max_concurrency=_CONCURRENCY
            )
        stored = hashlib.sha256()
        for piece in _pieces(url):
            stored.update(piece)
        if stored.hexdigest() == digest:
            return size, digest
    delete(url)
    raise StorageError(f"{url} differs from {path} after {_ATTEMPTS} uploads")


def size_of(url: str) -> int | None:
    """Return the number of bytes of an object; ``None`` if it does not exist.

    Raises:
        StorageError: the storage cannot be reached.
    """
    with _errors(url), suppress(FileNotFoundError):
        import obstore

        return int(obstore.head(*_parts(url))["size"])
    return None


def delete(url: str) -> None:
    """Delete an object, if it exists.

    Raises:
        StorageError: it cannot be deleted.
    """
    with _errors(url), suppress(FileNotFoundError):
        import obstore

        obstore.delete(*_parts(url))


def _pieces(url: str) -> Iterator[bytes]:
    """Yield the content of an object; each piece is a request, so that it is retried alone."""
    with _errors(url):
        import obstore

        store, key = _parts(url)
        size = obstore.head(store, key)["size"]
        for start in range(0, size, _PIECE):
            yield bytes(obstore.get_range(store, key, start=start, end=min(start + _PIECE, size)))


class _Reader(io.RawIOBase):
    """Readable raw stream of an object; each call of ``readinto`` is a request."""

    def __init__(self, url: str, size: int | None) -> None:
        self._url = url
        self._size = size or size_of(url) or 0
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = max(0, start + offset)
        return self._position

    def readinto(self, buffer: Any) -> int:
        end = min(self._position + len(buffer), self._size)
        if end <= self._position:
            return 0
        with _errors(self._url):
            import obstore

            store, key = _parts(self._url)
            data = obstore.get_range(store, key, start=self._position, end=end)
        count = len(data)
        buffer[:count] = data
        self._position += count
        return count

    def readall(self) -> bytes:
        return b"".join(iter(lambda: self.read(_PIECE) or b"", b""))


def _parts(url: str) -> "tuple[ObjectStore, str]":
    """Return the store of an object and its key in it."""
    directory, _, key = url.rpartition("/")
    return _store(directory), key


@lru_cache(64)
def _store(url: str) -> "ObjectStore":
    """Return the store at a URL."""
    from obstore.store import from_url

    if url.startswith("file:"):
        return from_url(url)
    return from_url(url, client_options=_CLIENT, retry_config=_RETRIES)  # type: ignore[call-overload, no-any-return]


@contextmanager
def _errors(url: str) -> Iterator[None]:
    """Turn errors of obstore into ``StorageError``."""
    try:
        yield
    except ImportError as error:
        raise StorageError(
            f"{url}: object storage needs obstore ({error}); "
            "run: pip install '.[storage]' in the clone"
        ) from error
    except FileNotFoundError as error:
        raise StorageError(f"{url} does not exist") from error
    except StorageError:
        raise
    except Exception as error:
        # Imported here as obstore raises none of its errors before it is imported.
        from obstore.exceptions import BaseError

        if not isinstance(error, BaseError | OSError | ValueError):
            raise
        raise StorageError(f"{url}: {_line(error)}") from error


def _line(error: Exception) -> str:
    """Return the first line of a message."""
    return str(error).strip().partition("\n")[0]
