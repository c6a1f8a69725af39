"""Counts of what waits in the ledger, read without locking or changing it."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from newscrawl.errors import StoreError
from newscrawl.state.ledger import ledger_path


@dataclass(slots=True)
class Backlog:
    """Articles of a site that a later run will fetch."""

    unfinished: int = 0
    """Found, and without an outcome."""
    waiting: int = 0
    """To be fetched again at some time."""
    due: int = 0
    """Those of the waiting ones whose time has come."""


def backlogs(data: Path, now: str) -> dict[str, Backlog]:
    """Return the backlog of each site; empty without a ledger.

    Args:
        data: Data directory.
        now: Present time, ISO 8601 in UTC.

    Raises:
        StoreError: the ledger cannot be read.
    """
    path = ledger_path(data)
    if not path.exists():
        return {}
    found: dict[str, Backlog] = {}
    try:
        # Both counts are taken from indexes alone.
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as database:
            for site, count in database.execute(
                "SELECT site, count(*) FROM articles WHERE state = 'found' GROUP BY site"
            ):
                found.setdefault(site, Backlog()).unfinished = count
            for site, waiting, due in database.execute(
                "SELECT site, count(*), sum(due <= ?) FROM articles WHERE due IS NOT NULL"
                " GROUP BY site",
                (now,),
            ):
                backlog = found.setdefault(site, Backlog())
                backlog.waiting, backlog.due = waiting, due
    except sqlite3.Error as error:
        raise StoreError(f"the ledger {path} cannot be read: {error}") from error
    return found
