"""Articles, their states and their exported versions."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from newscrawl.state.database import Database

State = Literal["found", "waiting", "done", "rejected", "failed"]
"""State of an article: ``found`` has no outcome yet; ``waiting`` is exported without its source."""

_CHUNK = 500
"""Maximum number of rows held in memory at once."""

_NUMBER = "(SELECT number FROM names WHERE name = ?)"
"""Number of a bound name."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An article to remember."""

    id: str
    """The record's identifier."""
    site: str
    """Name of the aggregator."""
    edition: str
    """Language branch."""
    outlet: str
    """Outlet slug."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Which articles are meant; ``None`` means any."""

    site: str | None = None
    """Name of the aggregator."""
    outlet: str | None = None
    """Outlet slug."""
    state: str | None = None
    """State of the article."""

    def where(self) -> tuple[str, list[str]]:
        """An SQL condition, and the values bound in it."""
        given = {"site": self.site, "outlet": self.outlet, "state": self.state}
        bound = {column: value for column, value in given.items() if value is not None}
        condition = " AND ".join(f"{column} = ?" for column in bound) or "1 = 1"
        return condition, list(bound.values())


def _within(editions: Sequence[str], outlets: Sequence[str]) -> tuple[str, list[str]]:
    """An SQL condition for editions and outlets (empty: all), and the values bound in it."""
    scope, values = "", list[str]()
    for column, allowed in (("edition", editions), ("outlet", outlets)):
        if allowed:
            scope += f" AND {column} IN ({', '.join('?' * len(allowed))})"
            values += allowed
    return scope, values


class ArticleStore:
    """Articles of all sites.

    Args:
        database: Database that holds them.

    Every method raises ``StoreError`` if the database cannot be read or written.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._numbers: dict[str, int] = {}
        # A number that was assigned in a transaction that failed was never stored.
        database.after_rollback.append(self._numbers.clear)

    def find(
        self, entries: Iterable[Entry], job: str, now: str, *, attempts: int, again: bool = False
    ) -> list[str]:
        """Store articles and return the ids of those to request, in the given order.

        An article that is done, waiting or rejected is requested only if ``again``; a failed one,
        until it has had ``attempts``. ``now`` is an ISO 8601 timestamp.
        """
        wanted = (
            ":attempts > 0"
            if again
            else "articles.state = 'found' OR"
            " (articles.state = 'failed' AND articles.attempts < :attempts)"
        )
        sql = f"""
            INSERT INTO articles (id, site, edition, outlet, state, job, found)
            VALUES (:id, :site, :edition, :outlet, 'found', :job, :now)
            ON CONFLICT (id) DO UPDATE
            SET job = excluded.job, state = 'found', reason = NULL
            WHERE articles.job != excluded.job AND ({wanted})
            RETURNING id
        """  # noqa: S608 - both variants are literals
        fresh = []
        with self._database.transaction():
            number = self._number(job)
            for entry in entries:
                row = self._database.execute(
                    sql,
                    {
                        "id": entry.id,
                        "site": entry.site,
                        "edition": entry.edition,
                        "outlet": entry.outlet,
                        "job": number,
                        "now": now,
                        "attempts": attempts,
                    },
                ).fetchone()
                if row:
                    fresh.append(entry.id)
        return fresh

    def release(self, job: str, now: str) -> None:
        """Release what an earlier run of this name left unfinished, and what is due.

        A stopped back-fill is restarted under its name and would regard them as its own.
        """
        self._database.execute(
            f"UPDATE articles SET job = 0 WHERE job = {_NUMBER} AND (state = 'found' OR due <= ?)",  # noqa: S608 - a literal
            (job, now),
        )

    def adopt(
        self,
        site: str,
        job: str,
        now: str,
        *,
        editions: Sequence[str] = (),
        outlets: Sequence[str] = (),
        due: bool = True,
        exported: bool = True,
    ) -> Iterator[tuple[str, str]]:
        """Adopt a site's unfinished articles and those that are due for a recheck.

        Yields ``(id, found)`` pairs in the order of discovery. An article is adopted when it is
        yielded; what the caller does not take stays as it was. Empty ``editions`` or ``outlets``
        mean all; ``now`` is an ISO 8601 timestamp in UTC. Without ``due`` only unfinished articles
        are adopted; without ``exported`` only those that have no record yet.
        """
        scope, values = _within(editions, outlets)
        if not exported:
            scope += " AND version = 0"
        parts: list[tuple[str, list[str]]] = [("state = 'found'", [])]
        if due:
            parts.append(("due <= ?", [now]))
        number = self._number(job)
        for which, bound in parts:
            select = (
                f"SELECT rowid, id, found FROM articles WHERE site = ? AND {which} AND job != ?"  # noqa: S608 - column names are literals, values are bound
                f"{scope} AND rowid > ? ORDER BY rowid LIMIT {_CHUNK}"
            )
            last = 0
            while rows := self._database.execute(
                select, [site, *bound, number, *values, last]
            ).fetchall():
                last = rows[-1][0]
                for row, article, found in rows:
                    # A listing may have led this run to it since the chunk was read.
                    claimed = self._database.execute(
                        "UPDATE articles SET job = ?, state = 'found' WHERE rowid = ? AND job != ?",
                        (number, row, number),
                    ).rowcount
                    if claimed:
                        yield article, found

    def count_left(
        self, site: str, job: str, *, editions: Sequence[str] = (), outlets: Sequence[str] = ()
    ) -> int:
        """Number of a site's unfinished articles that a run has not adopted."""
        scope, values = _within(editions, outlets)
        (count,) = self._database.execute(
            f"SELECT count(*) FROM articles WHERE site = ? AND state = 'found' AND job != ?{scope}",  # noqa: S608 - as above
            [site, self._number(job), *values],
        ).fetchone()
        return int(count)

    def settle(
        self,
        article: str,
        state: State,
        *,
        reason: str | None = None,
        due: str | None = None,
    ) -> None:
        """Store the outcome of an article; part of the caller's transaction, if any."""
        self._database.execute(
            "UPDATE articles SET state = ?, reason = ?, due = ?, attempts = attempts + 1"
            " WHERE id = ?",
            (state, reason, due, article),
        )

    def note_export(
        self, article: str, job: str, version: int, prints: bytes, file: str, position: int
    ) -> None:
        """Store an article's exported version and its position; in the caller's transaction."""
        self._database.execute(
            "UPDATE articles SET exported = ?, version = ?, prints = ?, file = ?, position = ?"
            " WHERE id = ?",
            (self._number(job), version, prints, self._number(file), position, article),
        )

    def note_prints(self, article: str, prints: bytes) -> None:
        """Store the fingerprints of a record that was not written again, as it had not changed."""
        self._database.execute(
            "UPDATE articles SET prints = ? WHERE id = ? AND (prints IS NULL OR prints != ?)",
            (prints, article, prints),
        )

    def _number(self, name: str) -> int:
        """The number that stands for the name of a run or a file."""
        if name not in self._numbers:
            select = "SELECT number FROM names WHERE name = ?"
            row = self._database.execute(select, (name,)).fetchone()
            if row is None:
                self._database.execute("INSERT INTO names (name) VALUES (?)", (name,))
                row = self._database.execute(select, (name,)).fetchone()
            self._numbers[name] = int(row[0])
        return self._numbers[name]

    def describe(self, article: str) -> dict[str, object]:
        """State of an article by column name; empty if it is unknown."""
        cursor = self._database.execute(
            "SELECT id, state, reason, due, found, attempts, j.name AS job, version,"
            " f.name AS file, position FROM articles LEFT JOIN names AS j ON j.number = job"
            " LEFT JOIN names AS f ON f.number = file WHERE id = ?",
            (article,),
        )
        row = cursor.fetchone()
        return (
            dict(zip((column[0] for column in cursor.description), row, strict=True)) if row else {}
        )

    def last_export(self, article: str) -> tuple[int, bytes | None, int]:
        """Last exported version (0: none), its fingerprints, and the number of attempts."""
        row = self._database.execute(
            "SELECT version, prints, attempts FROM articles WHERE id = ?", (article,)
        ).fetchone()
        return row or (0, None, 0)

    def is_settled(self, article: str) -> bool:
        """Whether an article has a final outcome: exported or rejected."""
        return bool(
            self._database.execute(
                "SELECT 1 FROM articles WHERE id = ? AND state NOT IN ('found', 'failed')",
                (article,),
            ).fetchone()
        )

    def forget(self, article: str) -> None:
        """Remove an article that is outside this run's scope."""
        self._database.execute("DELETE FROM articles WHERE id = ? AND version = 0", (article,))
        self._database.execute("UPDATE articles SET state = 'done' WHERE id = ?", (article,))

    def counts(self, job: str) -> dict[str, int]:
        """Number of a run's articles by state."""
        return dict(
            self._database.execute(
                f"SELECT state, count(*) FROM articles WHERE job = {_NUMBER} GROUP BY state",  # noqa: S608 - a literal
                (job,),
            )
        )

    def count_exported(self, job: str) -> int:
        """Number of articles that a run has exported."""
        (count,) = self._database.execute(
            f"SELECT count(*) FROM articles WHERE job = {_NUMBER} AND exported = job",  # noqa: S608 - a literal
            (job,),
        ).fetchone()
        return int(count)

    def outcomes(self, job: str, state: State, limit: int) -> list[tuple[str, str | None]]:
        """A run's articles in one state with their reasons, at most ``limit``."""
        return self._database.execute(
            f"SELECT id, reason FROM articles WHERE job = {_NUMBER} AND state = ?"  # noqa: S608 - a literal
            " ORDER BY rowid LIMIT ?",
            (job, state, limit),
        ).fetchall()

    def fail_unfinished(self, job: str, reason: str) -> None:
        """Mark a finished run's articles without an outcome as failed."""
        self._database.execute(
            "UPDATE articles SET state = 'failed', reason = ?, attempts = attempts + 1"  # noqa: S608 - a literal
            f" WHERE job = {_NUMBER} AND state = 'found'",
            (reason, job),
        )

    def census(self, scope: Scope) -> list[tuple[str, str, str, str, int]]:
        """Number of articles by site, edition, outlet and state."""
        where, values = scope.where()
        return self._database.execute(
            "SELECT site, edition, outlet, state, count(*) FROM articles"  # noqa: S608 - column names are literals, values are bound
            f" WHERE {where} GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4",
            values,
        ).fetchall()

    def retry(self, scope: Scope) -> None:
        """Reset articles to ``found`` without attempts, whatever their state."""
        where, values = scope.where()
        self._database.execute(
            f"UPDATE articles SET state = 'found', job = 0, attempts = 0 WHERE {where}",  # noqa: S608 - column names are literals, values are bound
            values,
        )

    def drop(self, scope: Scope) -> None:
        """Delete articles; a run that finds them again treats them as new, from version 1."""
        where, values = scope.where()
        with self._database.transaction():
            numbers = (
                f"SELECT number FROM texts WHERE id IN (SELECT id FROM articles WHERE {where})"  # noqa: S608 - as above
            )
            for table in self._database.text_tables:
                self._database.execute(f"DELETE FROM {table} WHERE number IN ({numbers})", values)  # noqa: S608 - as above
            self._database.execute(f"DELETE FROM articles WHERE {where}", values)  # noqa: S608 - as above
