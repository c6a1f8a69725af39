"""Table of articles in the ledger: their crawl states, claims by runs, and exported versions.

The table in ``docs/state.md`` lists every state and event. Two columns hold an article's state:

- ``state`` is the last outcome of an article. Only ``settle`` changes it.
- ``claim`` says whether the run ``job`` is processing the article. Claiming changes nothing else,
  so an article whose run is killed, stopped or does not want it keeps its earlier state.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, get_args

from newscrawl.state.database import Database, packed

State = Literal["found", "waiting", "done", "rejected", "failed"]
"""Last outcome of an article: ``found`` (none yet), ``waiting`` (exported without its source), …"""

STATES: tuple[State, ...] = get_args(State)
"""All states."""

Claim = Literal["new", "again", "unwanted", "outside"]
"""Why a run has claimed an article; null if none has.

``new``: discovered by that run; ``again``: known before. They become ``unwanted`` and ``outside``
if the article's printed date is outside the run's dates.
"""

_CHUNK = 500
"""Maximum number of rows in memory at once."""

_NEVER = "9999"
"""Later than any timestamp."""

_NUMBER = "(SELECT number FROM names WHERE name = ?)"
"""Number of a bound name."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A newly discovered article, to be stored in the ledger."""

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
    """Filter of articles by site, outlet and state, as an SQL condition."""

    site: str | None = None
    """Name of the aggregator."""
    outlet: str | None = None
    """Outlet slug."""
    state: str | None = None
    """State of the article."""

    def where(self) -> tuple[str, list[str]]:
        """Return an SQL condition, and the values bound in it."""
        given = {"site": self.site, "outlet": self.outlet, "state": self.state}
        bound = {column: value for column, value in given.items() if value is not None}
        condition = " AND ".join(f"{column} = ?" for column in bound) or "1 = 1"
        return condition, list(bound.values())


@dataclass(frozen=True, slots=True)
class ClaimFilter:
    """Filter of the known articles that a run may claim, as an SQL condition."""

    editions: Sequence[str] = ()
    """Language branches; empty means all."""
    outlets: Sequence[str] = ()
    """Outlet slugs; empty means all."""
    since: str | None = None
    """First printed date, ISO 8601; articles of unknown date are included."""
    until: str | None = None
    """Last printed date, ISO 8601."""
    exported: bool = True
    """Whether articles that have a record may be fetched again."""

    def where(self) -> tuple[str, list[str]]:
        """Return an SQL condition that begins with AND or is empty, and the values bound in it."""
        condition, values = "", list[str]()
        for column, allowed in (("edition", self.editions), ("outlet", self.outlets)):
            if allowed:
                condition += f" AND articles.{column} IN ({', '.join('?' * len(allowed))})"
                values += allowed
        for comparison, day in ((">=", self.since), ("<=", self.until)):
            if day:
                condition += f" AND (articles.day IS NULL OR articles.day {comparison} ?)"
                values.append(day)
        if not self.exported:
            condition += " AND articles.version = 0"
        return condition, values


ANY = ClaimFilter()
"""No restriction."""


class ArticleStore:
    """Store of article states, claims by runs, and outcomes.

    Args:
        database: Database that holds them.

    Every method raises ``StoreError`` if the database cannot be read or written. Timestamps are
    ISO 8601 in UTC.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._numbers: dict[str, int] = {}
        # A number that was assigned in a transaction that failed was never stored.
        database.after_rollback.append(self._numbers.clear)

    # --- Claims ----------------------------------------------------------------------------------

    def find(
        self,
        entries: Iterable[Entry],
        job: str,
        now: str,
        *,
        attempts: int,
        again: str = "",
        wanted: ClaimFilter = ANY,
    ) -> dict[str, str]:
        """Store articles, and claim those that the run is to request.

        A known article is claimed if it has no outcome, or failed fewer than ``attempts`` times in
        a row, or had its last outcome before the timestamp ``again``. None is claimed twice by one
        run.

        Returns:
            The time of discovery of each claimed article by its id, in the given order.
        """
        state = (
            "articles.state = 'found' OR (articles.state = 'failed' AND articles.attempts < ?)"
            " OR coalesce(articles.settled, '') < ? OR articles.settled > ?"
        )
        condition, values = wanted.where()
        first = {entry.id: entry for entry in entries}
        rows = packed((e.id, e.site, e.edition, e.outlet) for e in first.values())
        with self._database.transaction():
            claimed = dict(
                self._database.execute(
                    f"""
                    INSERT INTO articles (id, site, edition, outlet, state, claim, job, found)
                    SELECT value->>0, value->>1, value->>2, value->>3, 'found', 'new', ?, ?
                    FROM {self._database.rows} WHERE true
                    ON CONFLICT (id) DO UPDATE SET job = excluded.job, claim = 'again'
                    WHERE articles.job != excluded.job AND ({state}){condition}
                    RETURNING id, found
                    """,  # noqa: S608 - column names are literals, values are bound
                    [
                        *(self._number(job), now, rows),
                        *(attempts, again, now if again else _NEVER, *values),
                    ],
                ).fetchall()
            )
        return {article: claimed[article] for article in first if article in claimed}

    def adopt(
        self,
        site: str,
        job: str,
        now: str,
        *,
        wanted: ClaimFilter = ANY,
        unfinished: bool = True,
        due: bool = True,
    ) -> Iterator[tuple[str, str]]:
        """Claim a site's articles that have no outcome yet, and those that are due.

        Yields ``(id, found)`` pairs in the order of discovery. An article is claimed when it is
        yielded; articles that the caller does not consume are not changed.
        """
        condition, values = wanted.where()
        parts: list[tuple[str, list[str]]] = []
        if unfinished:
            parts.append(("state = 'found'", []))
        if due:
            parts.append(("due <= ?", [now]))
        number = self._number(job)
        for which, bound in parts:
            select = (
                f"SELECT number, id, found FROM articles WHERE site = ? AND {which} AND job != ?"  # noqa: S608 - column names are literals, values are bound
                f"{condition} AND number > ? ORDER BY number LIMIT {_CHUNK}"
            )
            last = 0
            while rows := self._database.execute(
                select, [site, *bound, number, *values, last]
            ).fetchall():
                last = rows[-1][0]
                for row, article, found in rows:
                    # A listing may have led this run to it since the chunk was read.
                    claimed = self._database.execute(
                        "UPDATE articles SET job = ?, claim = 'again'"
                        " WHERE number = ? AND job != ?",
                        (number, row, number),
                    ).rowcount
                    if claimed:
                        yield article, found

    def skip_unwanted(self, article: str, day: str) -> None:
        """Release a claimed article whose printed date is outside the run's dates.

        Later runs with such dates do not request it again, because ``day`` (ISO 8601) is stored.
        """
        self._database.execute(
            "UPDATE articles SET day = ?,"
            " claim = CASE WHEN claim = 'new' THEN 'unwanted' ELSE 'outside' END WHERE id = ?",
            (day, article),
        )

    def release(self, site: str) -> None:
        """Release the claims of an ended run of a site.

        Articles that the run discovered and did not want are deleted.
        """
        with self._database.transaction():
            self._release(site)

    def _release(self, site: str) -> None:
        execute = self._database.execute
        execute("DELETE FROM articles WHERE site = ? AND claim = 'unwanted'", (site,))
        execute(
            "UPDATE articles SET job = 0, claim = NULL WHERE site = ? AND claim IS NOT NULL",
            (site,),
        )

    def begin(self, site: str, job: str, now: str) -> None:
        """Prepare for a run: release claims of earlier runs and update due articles.

        A stopped back-fill restarts under the same name; due articles must not count as its own.
        Articles settled after ``now``, by a wrong clock, are due at once.
        """
        with self._database.transaction():
            self._release(site)
            self._database.execute(
                "UPDATE articles SET due = ?"
                " WHERE site = ? AND due IS NOT NULL AND due > ? AND settled > ?",
                (now, site, now, now),
            )
            self._database.execute(
                f"UPDATE articles SET job = 0 WHERE job = {_NUMBER} AND due <= ?",  # noqa: S608 - a literal
                (job, now),
            )

    def claimed(self, job: str) -> list[str]:
        """Articles that a run has requested and that have no outcome of it yet."""
        sql = f"SELECT id FROM articles WHERE job = {_NUMBER} AND claim IN ('new', 'again')"  # noqa: S608 - a literal
        return [article for (article,) in self._database.execute(sql, (job,)).fetchall()]

    def count_left(self, site: str, job: str, wanted: ClaimFilter = ANY) -> int:
        """Number of a site's articles without an outcome that a run has not claimed."""
        condition, values = wanted.where()
        (count,) = self._database.execute(
            "SELECT count(*) FROM articles"  # noqa: S608 - as above
            f" WHERE site = ? AND state = 'found' AND job != coalesce({_NUMBER}, -1){condition}",
            [site, job, *values],
        ).fetchone()
        return int(count)

    def may_recover(self, site: str, edition: str, outlet: str, attempts: int) -> bool:
        """Whether an outlet has articles that failed fewer than ``attempts`` times in a row."""
        return bool(
            self._database.execute(
                "SELECT 1 FROM articles WHERE site = ? AND edition = ? AND outlet = ?"
                " AND state = 'failed' AND attempts < ? LIMIT 1",
                (site, edition, outlet, attempts),
            ).fetchone()
        )

    # --- Outcomes --------------------------------------------------------------------------------

    def settle(
        self, article: str, state: State, *, reason: str | None = None, due: str | None = None
    ) -> None:
        """Store the outcome of an article; part of the caller's transaction, if any.

        Args:
            article: Its identifier.
            state: New state.
            reason: Why it was rejected or failed.
            due: When it is to be fetched again; ``None`` is never.
        """
        now = datetime.now(UTC).isoformat(timespec="seconds")
        self._database.execute(
            "UPDATE articles SET attempts = CASE WHEN state = ? THEN attempts + 1 ELSE 1 END,"
            " state = ?, claim = NULL, day = NULL, reason = ?, due = ?, settled = ? WHERE id = ?",
            (state, state, reason, due, now, article),
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
        """Return the number of the name of a run or file."""
        if name not in self._numbers:
            select = "SELECT number FROM names WHERE name = ?"
            row = self._database.execute(select, (name,)).fetchone()
            if row is None:
                self._database.execute("INSERT INTO names (name) VALUES (?)", (name,))
                row = self._database.execute(select, (name,)).fetchone()
            self._numbers[name] = int(row[0])
        return self._numbers[name]

    # --- Queries ---------------------------------------------------------------------------------

    def describe(self, article: str) -> dict[str, object]:
        """State of an article by column name; empty if it is unknown."""
        cursor = self._database.execute(
            "SELECT id, state, reason, due, found, settled, attempts, j.name AS job, version,"
            " f.name AS file, position FROM articles LEFT JOIN names AS j ON j.number = job"
            " LEFT JOIN names AS f ON f.number = file WHERE id = ?",
            (article,),
        )
        row = cursor.fetchone()
        return (
            dict(zip((column[0] for column in cursor.description), row, strict=True)) if row else {}
        )

    def last_outcome(self, article: str) -> tuple[State, int]:
        """State of an article, and its number of equal outcomes in a row."""
        return self.last_outcomes([article]).get(article, ("found", 0))

    def last_outcomes(self, articles: Sequence[str]) -> dict[str, tuple[State, int]]:
        """States of known articles, each with its number of equal outcomes in a row."""
        rows = self._database.execute(
            "SELECT id, state, attempts FROM articles"  # noqa: S608 - a literal
            f" WHERE id IN (SELECT value->>0 FROM {self._database.rows})",
            (packed([article] for article in articles),),
        )
        return {article: (state, attempts) for article, state, attempts in rows.fetchall()}

    def last_export(self, article: str) -> tuple[int, bytes | None]:
        """Number of the version last exported (0: none), and its fingerprints, if it is known.

        A forgotten article keeps its version number, so that no version is in the feeds twice.
        """
        row = self._database.execute(
            "SELECT version, prints FROM articles WHERE id = ? AND version > 0"
            " UNION ALL SELECT version, NULL FROM forgotten WHERE id = ? LIMIT 1",
            (article, article),
        ).fetchone()
        return row or (0, None)

    def is_settled(self, article: str) -> bool:
        """Whether an article has a final outcome, exported or rejected, and is not claimed."""
        return bool(
            self._database.execute(
                "SELECT 1 FROM articles WHERE id = ? AND claim IS NULL"
                " AND state NOT IN ('found', 'failed')",
                (article,),
            ).fetchone()
        )

    def counts(self, job: str) -> dict[str, int]:
        """Number of a run's articles by state; ``found`` are those without an outcome."""
        return dict(
            self._database.execute(
                "SELECT CASE WHEN claim IS NULL THEN state ELSE 'found' END AS present, count(*)"  # noqa: S608 - a literal
                f" FROM articles WHERE job = {_NUMBER}"
                " AND (claim IS NULL OR claim IN ('new', 'again')) GROUP BY present",
                (job,),
            )
        )

    def count_exported(self, job: str) -> int:
        """Number of articles whose current record a run has exported."""
        (count,) = self._database.execute(
            f"SELECT count(*) FROM articles WHERE job = {_NUMBER} AND exported = job"  # noqa: S608 - a literal
            " AND claim IS NULL AND state IN ('done', 'waiting')",
            (job,),
        ).fetchone()
        return int(count)

    def outcomes(self, job: str, state: State, limit: int) -> list[tuple[str, str | None]]:
        """A run's articles in one state with their reasons, at most ``limit``."""
        return self._database.execute(
            f"SELECT id, reason FROM articles WHERE job = {_NUMBER} AND state = ?"  # noqa: S608 - a literal
            " AND claim IS NULL ORDER BY number LIMIT ?",
            (job, state, limit),
        ).fetchall()

    def count_by_outlet(self, scope: Scope) -> list[tuple[str, str, str, str, int]]:
        """Number of articles by site, edition, outlet and state."""
        where, values = scope.where()
        return self._database.execute(
            "SELECT site, edition, outlet, state, count(*) FROM articles"  # noqa: S608 - column names are literals, values are bound
            f" WHERE {where} GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4",
            values,
        ).fetchall()

    # --- Changes by an operator ------------------------------------------------------------------

    def retry(self, scope: Scope, now: str) -> None:
        """Make articles due at once and reset their attempts; ``found`` ones are due anyway."""
        where, values = scope.where()
        self._database.execute(
            "UPDATE articles SET due = ?, attempts = 0, day = NULL, job = 0"  # noqa: S608 - column names are literals, values are bound
            f" WHERE state != 'found' AND {where}",
            [now, *values],
        )

    def forget(self, scope: Scope) -> None:
        """Delete articles, so that a run that finds them again treats them as new.

        RSS feeds are fetched once without cache validators: an unchanged feed may list them.
        """
        where, values = scope.where()
        with self._database.transaction():
            self._database.execute(
                "INSERT INTO forgotten (id, version)"  # noqa: S608 - column names are literals, values are bound
                f" SELECT id, version FROM articles WHERE version > 0 AND {where}"
                " ON CONFLICT (id) DO UPDATE SET version = excluded.version",
                values,
            )
            numbers = (
                f"SELECT number FROM texts WHERE id IN (SELECT id FROM articles WHERE {where})"  # noqa: S608 - as above
            )
            for table in self._database.text_tables:
                self._database.execute(f"DELETE FROM {table} WHERE number IN ({numbers})", values)  # noqa: S608 - as above
            self._database.execute(f"DELETE FROM articles WHERE {where}", values)  # noqa: S608 - as above
            self._database.execute("DELETE FROM validators")
