"""Remedies for errors of the ledger's file, such as a full disk or missing permissions."""

import errno

_FULL = "make room on the disk"
_READ_ONLY = "the file system or the file is read-only: make it writable, or set NEWSCRAWL_DATA"
_PERMISSIONS = "check the permissions of the file and its directory, or set NEWSCRAWL_DATA"
_BUSY = "another process has locked it; wait until that ends"
_DISK = "the disk or the network file system has an error; check it"
_DAMAGED = (
    "the file is damaged: restore a backup, or move it to another place together with the feeds"
)

_BY_ERRNO = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EROFS: _READ_ONLY,
    errno.EACCES: _PERMISSIONS,
    errno.EPERM: _PERMISSIONS,
    errno.EIO: _DISK,
}

_BY_NAME = {
    "SQLITE_FULL": _FULL,
    "SQLITE_READONLY": _READ_ONLY,
    "SQLITE_CANTOPEN": _PERMISSIONS,
    "SQLITE_PERM": _PERMISSIONS,
    "SQLITE_AUTH": _PERMISSIONS,
    "SQLITE_BUSY": _BUSY,
    "SQLITE_LOCKED": _BUSY,
    "SQLITE_IOERR": _DISK,
    "SQLITE_CORRUPT": _DAMAGED,
    "SQLITE_NOTADB": _DAMAGED,
}
"""Remedies by the primary name of an SQLite error; extended names begin with it."""


def advice(error: Exception) -> str:
    """Return the remedy for an error of the operating system or of SQLite."""
    if isinstance(error, OSError):
        return _BY_ERRNO.get(error.errno or 0, "check that NEWSCRAWL_DATA is a directory")
    name = getattr(error, "sqlite_errorname", "")
    return next((text for known, text in _BY_NAME.items() if name.startswith(known)), _DAMAGED)
