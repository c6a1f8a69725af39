"""Count each site's unfinished and due articles in the ledger, without a lock on it."""

import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from newscrawl.errors import StoreError
from newscrawl.state.place import Place, as_place
from newscrawl.state.postgres import PostgresDatabase


@dataclass(slots=True)
class Backlog:
    """Numbers of a site's articles that a later run will fetch."""

    unfinished: int = 0
    """Found, and without an outcome."""
    waiting: int = 0
    """To be fetched again, now or later."""
    due: int = 0
    """Waiting articles that are due now."""


def backlogs(place: Place | Path, now: str) -> dict[str, Backlog]:
    """Return the backlog of each site; empty without a ledger.

    Args:
        place: Place of the ledger, or the data directory of an SQLite ledger.
        now: Current time, ISO 8601 in UTC.

    Raises:
        StoreError: the ledger cannot be read.
    """
    place = as_place(place)
    if place.url:
        database = PostgresDatabase(place.url, place.node)
        try:
            return _counted(database.execute, now)
        finally:
            database.close()
    if not place.exists:
        return {}
    uri = f"{place.path.resolve().as_uri()}?mode=ro"
    try:
        with closing(sqlite3.connect(uri, uri=True)) as connection:
            return _counted(connection.execute, now)
    except sqlite3.Error as error:
        raise StoreError(f"the ledger {place.path} cannot be read: {error}") from error


def _counted(execute: Callable[..., Iterable[Any]], now: str) -> dict[str, Backlog]:
    """Count from indexes alone."""
    found: dict[str, Backlog] = {}
    for site, count in execute(
        "SELECT site, count(*) FROM articles WHERE state = 'found' GROUP BY site"
    ):
        found.setdefault(site, Backlog()).unfinished = count
    for site, waiting, due in execute(
        "SELECT site, count(*), sum(CASE WHEN due <= ? THEN 1 ELSE 0 END) FROM articles"
        " WHERE due IS NOT NULL GROUP BY site",
        (now,),
    ):
        backlog = found.setdefault(site, Backlog())
        backlog.waiting, backlog.due = waiting, due
    return found
