"""Write the files of an export to a directory atomically: all or none."""

import hashlib
import io
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from newscrawl.errors import ExportError

PACKAGE = "datapackage.json"
"""The file that describes an export. It is written last, so that its export is complete."""

_STAGE = ".export.part"
"""Directory within the target in which an export is made."""


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """A finished file: path, size, digest and number of records."""

    path: str
    """Path relative to the export's directory."""
    bytes: int
    """Its size."""
    sha256: str
    """Digest of its content, hexadecimal."""
    records: int
    """Number of records in it."""


class HashedFile(io.BufferedIOBase):
    """A new file that computes the SHA-256 of its content."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")
        self._digest = hashlib.sha256()
        self._size = 0

    def writable(self) -> bool:
        """Return true."""
        return True

    def write(self, data: Any) -> int:
        """Append bytes; return their number."""
        self._file.write(data)
        self._digest.update(data)
        self._size += memoryview(data).nbytes
        return memoryview(data).nbytes

    def tell(self) -> int:
        """Return the number of bytes written."""
        return self._size

    def flush(self) -> None:
        """Flush the file's buffer."""
        if not self._file.closed:
            self._file.flush()

    def close(self) -> None:
        """Close the file once its content is on the disk."""
        if not self._file.closed:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
        super().close()

    def result(self, path: str, records: int) -> WrittenFile:
        """Return the description of the complete file."""
        return WrittenFile(path, self._size, self._digest.hexdigest(), records)


class Target:
    """Output directory of an export: stages new files, then moves them into place.

    A context manager: unpublished files are removed at its end.

    Args:
        directory: the directory; it is created if needed.
        single: name of the only data file, if any; other files may then be in the directory.
        overwrite: whether an earlier export there is replaced.

    Raises:
        ExportError: the directory has other files or an earlier export.
        OSError: the directory cannot be made or written.
    """

    def __init__(self, directory: Path, single: str | None, *, overwrite: bool) -> None:
        self.directory = directory
        self.stage = directory / _STAGE
        self._single = single
        self._overwrite = overwrite
        self._made: list[str] = []
        self._earlier: list[str] = []
        self._is_new = False

    def __enter__(self) -> Self:
        """Check the directory, and create the stage."""
        if self.directory.exists() and not self.directory.is_dir():
            raise ExportError(f"{self.directory} is a file; name a directory")
        if self.stage.exists():
            if not self._overwrite:
                raise ExportError(
                    f"{self.stage} is there: an export is being made, or was killed; "
                    "wait for it, or replace it with --overwrite"
                )
            shutil.rmtree(self.stage)
        self._check()
        self._is_new = not self.directory.exists()
        self.stage.mkdir(parents=True)
        return self

    def _check(self) -> None:
        """Check that nothing is overwritten without ``overwrite``.

        Raises:
            ExportError: something would be overwritten.
        """
        if not self.directory.exists():
            return
        there = sorted(path.name for path in self.directory.iterdir())
        if self._single:
            there = [name for name in there if name in (self._single, PACKAGE)]
        if there and not self._overwrite:
            raise ExportError(
                f"{self.directory / there[0]} exists; choose another place, "
                "or replace the export there with --overwrite"
            )
        if PACKAGE in there:
            self._earlier = self._described()

    def _described(self) -> list[str]:
        """Return the files of the existing export."""
        path = self.directory / PACKAGE
        try:
            package = json.loads(path.read_text("utf-8"))
            names = [*package["newscrawl"]["files"], PACKAGE]
        except (ValueError, KeyError, TypeError) as error:
            raise ExportError(
                f"{path} describes no export of newscrawl; choose another place"
            ) from error
        # An edited description must not name files outside its directory.
        root = self.directory.resolve()
        return [name for name in names if (root / name).resolve().is_relative_to(root)]

    def may_create(self, name: str) -> bool:
        """Return whether a file can be created without replacing a file of others."""
        return name in self._earlier or not (self.directory / name).exists()

    def create(self, name: str) -> HashedFile:
        """Return a new file of the export; directories in its name are created.

        Raises:
            ExportError: a file of that name exists that does not belong to an export.
        """
        if name != self._single and not self.may_create(name):
            raise ExportError(
                f"{self.directory / name} exists and is not part of an export, so it is not "
                "replaced; choose another place"
            )
        path = self.stage / "files" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        self._made.append(name)
        return HashedFile(path)

    def publish(self) -> None:
        """Move all files into place, in the order in which they were written."""
        for name in reversed(self._earlier):  # the description is removed first
            path = self.directory / name
            path.unlink(missing_ok=True)
            while (path := path.parent) != self.directory and not any(path.iterdir()):
                path.rmdir()
        for name in self._made:
            path = self.directory / name
            path.parent.mkdir(parents=True, exist_ok=True)
            (self.stage / "files" / name).replace(path)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Remove unfinished files, and the directory if it was created for them."""
        shutil.rmtree(self.stage, ignore_errors=True)
        if self._is_new and not any(self.directory.iterdir()):
            self.directory.rmdir()
