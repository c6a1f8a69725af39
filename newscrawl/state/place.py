"""Location of the state: data directory, ledger database, and this node's name."""

import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from newscrawl.errors import SettingError

DEFAULT_LEASE = 15.0
"""Default duration of a lease in seconds."""

_NODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}")


@dataclass(frozen=True, slots=True)
class Place:
    """Data directory, database URL and node name of a run."""

    data: Path
    """Data directory, absolute."""
    url: str = ""
    """PostgreSQL database; empty for SQLite in the data directory."""
    node: str = ""
    """Name of this machine among those that share the database; empty for SQLite."""
    lease: float = DEFAULT_LEASE
    """Seconds after which an unrenewed lease is over."""
    file: Path | None = None
    """SQLite file, if it is not in the data directory."""
    storage: str = ""
    """URL below which sealed files are uploaded; empty for none."""

    @property
    def path(self) -> Path:
        """SQLite file; the nodes of a PostgreSQL ledger keep their lock files next to it."""
        return self.file or self.data / "ledger" / "ledger.sqlite"

    def stem(self, name: str) -> str:
        """Return the prefix of this machine's file names for a run or a month."""
        return f"{name}@{self.node}" if self.node else name

    @property
    def exists(self) -> bool:
        """Whether the ledger exists."""
        return bool(self.url) or self.path.exists()


def as_place(place: Place | Path) -> Place:
    """Return a place for a data directory whose ledger is SQLite; a place is returned as it is."""
    return place if isinstance(place, Place) else Place(place)


def place_of(settings: Mapping[str, Any]) -> Place:
    """Return the place that the settings name.

    Raises:
        SettingError: ``LEDGER``, ``NODE`` or ``STORAGE`` is invalid.
    """
    # Absolute: a command may run in any working directory.
    data = Path(settings["NEWSCRAWL_DATA"]).resolve()
    lease = float(settings["LEASE_SECONDS"])
    url, storage = settings["LEDGER"] or "", _storage(settings["STORAGE"])
    if not url:
        return Place(data, lease=lease, storage=storage)
    if urlsplit(url).scheme not in ("postgresql", "postgres"):
        raise SettingError(
            "LEDGER: expected postgresql://user@host/database, or nothing for SQLite in the data "
            "directory"
        )
    node = settings["NODE"] or re.sub(r"[^A-Za-z0-9_-]", "-", socket.gethostname())
    if not _NODE.fullmatch(node):
        raise SettingError(
            f"NODE={node}: expected a name of letters, digits, - and _, at most 63 characters"
        )
    return Place(data, url, node, lease, storage=storage)


def _storage(url: str | None) -> str:
    """Return the URL of object storage without a slash at its end.

    Raises:
        SettingError: it is no URL, or contains a password.
    """
    given = (url or "").rstrip("/")
    parts = urlsplit(given)
    if given and ("://" not in given or parts.password or parts.query):
        raise SettingError(  # the value may contain a password
            "STORAGE: expected a URL such as s3://bucket/prefix or file:///directory; credentials "
            "are in the variables of the environment that the storage's tools use, such as "
            "AWS_ACCESS_KEY_ID"
        )
    return given
