"""List and read files of a directory, whether they are local or in object storage."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from newscrawl.storage.objects import open_file


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file that was uploaded and verified: its URL, size and checksum."""

    path: str
    """Path relative to the data directory, with slashes."""
    url: str
    """URL of the object."""
    size: int
    """Number of bytes."""
    sha256: str
    """Checksum, as hexadecimal digits."""


@dataclass(frozen=True, slots=True)
class Files:
    """Files below a directory: local ones, and those that are only in object storage."""

    directory: Path
    """Directory on this disk; it need not exist."""
    stored: Mapping[str, StoredFile] = field(default_factory=dict)
    """Stored files by their paths relative to the directory."""

    def names(self, *suffixes: str) -> list[str]:
        """Return the paths of all files with one of the suffixes, relative to the directory."""
        local = {
            path.relative_to(self.directory).as_posix()
            for path in self.directory.rglob("*")
            if path.name.endswith(suffixes)
        }
        return sorted(local | {name for name in self.stored if name.endswith(suffixes)})

    def location(self, name: str) -> Path | str:
        """Return the local path of a file, or the URL of its object if it is not on this disk."""
        path = self.directory / name
        if not path.exists() and name in self.stored:
            return self.stored[name].url
        return path

    def open(self, name: str) -> IO[bytes]:
        """Open a file to be read in any order.

        Raises:
            OSError: it cannot be opened; reading may raise it, too.
        """
        location = self.location(name)
        size = self.stored[name].size if isinstance(location, str) else None
        return open_file(location, size=size)


def as_files(files: Files | Path) -> Files:
    """Return the files of a local directory; ``Files`` are returned as they are."""
    return files if isinstance(files, Files) else Files(files)
