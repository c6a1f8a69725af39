"""Find files not owned by the data directory's owner; refuse root in another's directory."""

import os
import pwd
from collections.abc import Iterator
from pathlib import Path

from newscrawl.errors import StoreError

_LOOKED_AT = ("*", "ledger/*", "runs/running/*", "feeds/*", "rejects/*", "headlines/*", "metrics/*")
"""Existing files and directories that a run must be able to write."""


def check_user(data: Path) -> None:
    """Refuse to write as root into the data directory of another user.

    That user's runs could not write the files that root's run leaves.

    Raises:
        StoreError: this process is root, and another user owns the directory.
    """
    if os.geteuid() == 0 and data.exists() and (owner := data.stat().st_uid):
        raise StoreError(
            f"{data} belongs to {user_name(owner)}, who could not write what root leaves there: "
            f"run this as that user (runuser -u {user_name(owner)} -- scrapy …)"
        )


def foreign_files(data: Path) -> Iterator[Path]:
    """Yield files that do not belong to the owner of the data directory."""
    owner = data.stat().st_uid
    for pattern in _LOOKED_AT:
        for path in data.glob(pattern):
            if path.lstat().st_uid != owner:
                yield path


def user_name(number: int) -> str:
    """Return the name of a user, or the number if there is none."""
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)
