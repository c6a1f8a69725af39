"""File locks on sites: one process on this machine crawls a site at a time."""

import fcntl
import os
from pathlib import Path
from typing import IO

from newscrawl.errors import SiteBusyError


class SiteLocks:
    """File locks on sites; the operating system releases those of a killed process.

    Args:
        path: Ledger file; the lock files are next to it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._locks: dict[str, IO[str]] = {}

    def acquire(self, site: str, job: str) -> None:
        """Lock a site for this process until it is released or the process ends.

        Raises:
            SiteBusyError: another run of the site has locked it.
        """
        path = self._path.with_name(f"{site}.lock")
        handle = path.open("a+", encoding="utf-8")
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            handle.seek(0)
            holder = handle.read().strip() or "unknown"
            handle.close()
            raise SiteBusyError(
                f"another run of {site} is using {self._path} ({holder}); "
                "wait for it, stop it, or set another NEWSCRAWL_DATA"
            ) from error
        handle.truncate(0)
        handle.write(f"job {job}, process {os.getpid()}")
        handle.flush()
        self._locks[site] = handle

    def release(self) -> None:
        """Release all locks of this process."""
        for lock in self._locks.values():
            lock.close()
        self._locks.clear()
