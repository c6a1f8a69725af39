"""Table of the output files that were uploaded to object storage."""

from uuid import uuid4

from newscrawl.state.database import Database
from newscrawl.storage.files import StoredFile


class StoredFiles:
    """Store of the uploaded and verified files of all nodes that share the ledger.

    Args:
        database: Database that holds them.
        node: Name of this machine.
    """

    def __init__(self, database: Database, node: str = "") -> None:
        self._database = database
        self._node = node

    def owner(self, storage: str) -> str:
        """Return the mark of this ledger for a storage; the first call makes it."""
        path = f"owner of {storage}"
        self._database.execute(
            "INSERT INTO stored_files (path, node, url, size, sha256, stored)"
            " VALUES (?, '', ?, 0, ?, '') ON CONFLICT (path) DO NOTHING",
            (path, storage, 2 * uuid4().hex),
        )
        mark = self.find(path)
        assert mark
        return mark.sha256

    def note(self, file: StoredFile, time: str) -> None:
        """Record an upload of this machine; an earlier one of the same file is replaced.

        Args:
            file: What was uploaded.
            time: When it was verified, ISO 8601 in UTC.
        """
        self._database.execute(
            "INSERT INTO stored_files (path, node, url, size, sha256, stored)"
            " VALUES (?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (path) DO UPDATE SET node = excluded.node, url = excluded.url,"
            " size = excluded.size, sha256 = excluded.sha256, stored = excluded.stored",
            (file.path, self._node, file.url, file.size, file.sha256, time),
        )

    def uploaded(self) -> dict[str, StoredFile]:
        """Return the uploads of this machine by path."""
        rows = self._database.execute(
            "SELECT path, url, size, sha256 FROM stored_files WHERE node = ?", (self._node,)
        )
        return {path: StoredFile(path, *rest) for path, *rest in rows.fetchall()}

    def uploaded_before(self, directory: str, time: str) -> list[StoredFile]:
        """Return the uploads of this machine below a directory that are older than a time."""
        rows = self._database.execute(
            "SELECT path, url, size, sha256 FROM stored_files"
            " WHERE path > ? AND path < ? AND node = ? AND stored < ? ORDER BY path",
            (*_range(directory), self._node, time),
        )
        return [StoredFile(*row) for row in rows.fetchall()]

    def forget(self, path: str) -> None:
        """Remove a file whose object is deleted."""
        self._database.execute("DELETE FROM stored_files WHERE path = ?", (path,))

    def find(self, path: str) -> StoredFile | None:
        """Return a file by its path relative to the data directory; ``None`` if not stored."""
        row = self._database.execute(
            "SELECT path, url, size, sha256 FROM stored_files WHERE path = ?", (path,)
        ).fetchone()
        return StoredFile(*row) if row else None

    def below(self, directory: str) -> list[StoredFile]:
        """Return the files below a directory, which is relative to the data directory."""
        rows = self._database.execute(
            "SELECT path, url, size, sha256 FROM stored_files WHERE path > ? AND path < ?"
            " ORDER BY path",
            _range(directory),
        )
        return [StoredFile(*row) for row in rows.fetchall()]


def _range(directory: str) -> tuple[str, str]:
    """Return the bounds of the paths below a directory: "0" follows "/"."""
    return f"{directory}/", f"{directory}0"
