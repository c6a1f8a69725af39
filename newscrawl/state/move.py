"""Move a ledger between SQLite and PostgreSQL, and resume an interrupted move."""

from collections.abc import Iterator
from pathlib import Path

from newscrawl.aggregator.sites import SITES
from newscrawl.errors import StoreError
from newscrawl.state.articles import Scope
from newscrawl.state.copies import KEYS
from newscrawl.state.ledger import Ledger
from newscrawl.state.place import Place

_SMALL = ("files", "walks", "lists", "validators", "domains", "rendered", "rules", "stored_files")
"""Tables that are copied at once."""

_BATCH = 5000
"""Rows per transaction."""


def move(source: Place, target: Place) -> Iterator[str]:
    """Copy a ledger to an empty one, or continue a copy that was interrupted; yield the progress.

    The source ledger is not changed. Host slots and run reports are not copied; the next run of
    each node exchanges the reports.

    Raises:
        SiteBusyError: a run of any site is under way.
        StoreError: a ledger cannot be used, the target has other articles, or a count differs.
    """
    if not source.exists:
        raise StoreError(f"there is no ledger to move: {source.path}")
    mark = source.data / "ledger" / "moving"
    old, new = Ledger(source), Ledger(target)
    try:
        # Both lock the same files if they belong to the same data directory.
        for ledger in (new, old) if source.path != target.path else (new if target.url else old,):
            for site in SITES:
                ledger.lock(site, "scrapy ledger move")
        _begin(old, new, mark, to="PostgreSQL" if target.url else "SQLite")
        for table in _SMALL:
            yield f"{table}: {new.copies.replace(table, old.copies.rows(table))} rows"
        for table in KEYS:
            last = new.copies.last(table)
            while rows := old.copies.rows_after(table, last, _BATCH):
                last = new.copies.append(table, rows)
                old.renew()
                new.renew()
                yield f"{table}: up to {last}"
        new.copies.finish(source.node, target.node)
        _compare(old, new)
        mark.unlink()
    finally:
        old.close()
        new.close()


def _begin(old: Ledger, new: Ledger, mark: Path, to: str) -> None:
    """Check that the target is empty or holds the first part of this move.

    Raises:
        StoreError: it is neither, or a run has used the old ledger since the first part was copied.
    """
    names = old.copies.last("names")  # each run adds one
    begun = mark.read_text() if mark.exists() else ""
    if new.copies.last("articles") and begun != f"{to} {names}":
        fault = (
            "has a part of this ledger as it was before its last run"
            if begun.startswith(to)
            else "has articles already"
        )
        raise StoreError(f"the {to} ledger {fault}; name an empty one, or remove it first")
    mark.write_text(f"{to} {names}")


def _compare(old: Ledger, new: Ledger) -> None:
    """Compare the counts of articles by site, edition, outlet and state, and of all tables.

    Raises:
        StoreError: one differs.
    """
    if old.articles.count_by_outlet(Scope()) != new.articles.count_by_outlet(Scope()):
        raise StoreError("the counts of articles differ after the move; the old ledger is kept")
    for table in (*KEYS, *_SMALL):
        counts = old.copies.count(table), new.copies.count(table)
        if counts[0] != counts[1]:
            raise StoreError(f"{table}: {counts[0]} rows were moved and {counts[1]} arrived")
