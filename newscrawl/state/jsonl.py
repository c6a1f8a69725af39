"""Append to JSON Lines files that survive a kill: uncommitted bytes are cut off."""

import logging
import os
from itertools import accumulate
from typing import Any

import msgspec

from newscrawl.errors import StorageError, StoreError
from newscrawl.items import Article
from newscrawl.state.compression import PACKINGS, Compression, open_unpacked, unpacking_errors
from newscrawl.state.run import Run
from newscrawl.storage import open_file

logger = logging.getLogger(__name__)

_encode = msgspec.json.Encoder().encode


def exported_record(run: Run, article: str) -> Article | None:
    """Return the record of an article that was exported last.

    Returns:
        ``None``, with a warning, if it cannot be read: the feed was moved or is damaged.

    Raises:
        StorageError: its feed is in object storage, which cannot be reached.
        StoreError: the ledger cannot be read.
    """
    known = run.ledger.articles.describe(article)
    if not known.get("file"):
        return None
    name, beginning = str(known["file"]), f'{{"id":"{article}"'.encode()
    path = run.data / name
    stored = None if path.exists() else run.ledger.stored_files.find(name)
    try:
        with open_file(stored.url, size=stored.size) if stored else path.open("rb") as file:
            file.seek(int(str(known["position"] or 0)))
            with open_unpacked(path, file) as lines:
                line = next((line for line in lines if line.startswith(beginning)), b"")
        return msgspec.json.decode(line, type=Article)
    except StorageError:
        raise
    except (OSError, msgspec.MsgspecError) as error:
        reason: Exception = error
    except unpacking_errors() as error:
        reason = error
    logger.warning("%s: the record cannot be read from %s: %s", article, path, reason)
    return None


class LineFile:
    """JSON Lines file whose committed length is stored in the ledger.

    Raises:
        StoreError: the file cannot be opened or written.
    """

    def __init__(
        self, run: Run, kind: str, *, fsync: bool, packing: Compression = PACKINGS["none"]
    ) -> None:
        self.path = run.files[kind] = run.path(kind, packing.suffix)
        self._name = run.relative(self.path)
        self._run = run
        self._fsync = fsync
        self._packing = packing
        # A job that is restarted under the same name appends to its file.
        length = self.path.stat().st_size if self.path.exists() else 0
        if not length and run.ledger.stored_files.find(self._name):
            raise StoreError(
                f"{self.path} is in object storage and not on this disk; give the run another name"
            )
        # Stored before the file exists, so that no torn line remains.
        self._run.ledger.files.commit_length(self._name, run.site, length)

    def append(self, objects: list[Any]) -> list[int]:
        """Write lines and store the new length in the ledger, in the caller's transaction.

        If that transaction fails, the lines are cut off by the next call, by ``close``, or by the
        next run. Returns the byte at which each line begins, or its compressed batch.

        Raises:
            StoreError: they cannot be written, or the file was changed in the meantime.
        """
        for listener in self._run.listeners:
            listener.before_lines()
        lines = [_encode(item) + b"\n" for item in objects]
        block = self._packing.pack(b"".join(lines))
        length = self._cut_back()
        try:
            with self.path.open("ab") as file:
                file.write(block)
                file.flush()
                if self._fsync:
                    os.fsync(file.fileno())
        except OSError as error:
            raise StoreError(f"{self.path} cannot be written: {error}") from error
        self._run.ledger.files.commit_length(self._name, self._run.site, length + len(block))
        if self._packing.suffix:
            return [length] * len(lines)
        return list(accumulate(map(len, lines[:-1]), initial=length))

    def _cut_back(self) -> int:
        """Cut off uncommitted bytes; return the remaining length."""
        length = self._run.ledger.files.committed_length(self._name)
        self._run.cut_back(self._name, length)
        return length

    def close(self) -> None:
        """Mark the file as complete.

        If that fails, the file stays open in the ledger, and the next run truncates it.
        """
        try:
            self._cut_back()
            self._run.ledger.files.close_file(self._name)
        except StoreError as error:
            logger.error("%s is left open: %s", self.path, error)  # noqa: TRY400 - not a bug, no traceback
