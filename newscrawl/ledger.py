"""The memory across runs: one SQLite file a project, in WAL mode.

An article is in the ledger before its page is asked for, and is ``done`` only in the transaction
that also commits the length of the feed it stands in. So a run that is killed anywhere leaves
articles ``found``, which the next run takes up, and a feed whose torn end is known.
"""

import fcntl
import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal

from newscrawl.errors import StoreError

State = Literal["found", "done", "rejected", "failed"]

_MIGRATIONS = (
    """
    CREATE TABLE articles (
        id       TEXT NOT NULL UNIQUE,      -- maghress:fr/lopinion/36897
        site     TEXT NOT NULL,
        edition  TEXT NOT NULL,
        outlet   TEXT NOT NULL,
        state    TEXT NOT NULL,
        job      TEXT NOT NULL,             -- the run that has or had it in hand
        attempts INTEGER NOT NULL DEFAULT 0,
        found    TEXT NOT NULL,             -- ISO 8601, UTC
        reason   TEXT,                      -- why rejected or failed
        file     TEXT                       -- where it was written, relative to the data directory
    );
    CREATE INDEX articles_by_job ON articles (job, state);
    CREATE INDEX articles_unfinished ON articles (site) WHERE state = 'found';
    CREATE TABLE files (
        path   TEXT PRIMARY KEY,            -- relative to the data directory
        site   TEXT NOT NULL,
        length INTEGER NOT NULL             -- bytes that are committed; what follows is torn
    ) WITHOUT ROWID;
    CREATE TABLE domains (
        site    TEXT NOT NULL,
        edition TEXT NOT NULL,
        outlet  TEXT NOT NULL,
        domain  TEXT NOT NULL,
        pages   INTEGER NOT NULL DEFAULT 1, -- sources read there
        PRIMARY KEY (site, edition, outlet, domain)
    ) WITHOUT ROWID;
    """,
)


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


class Ledger:
    """The articles' states and the committed lengths of the files they were written to.

    Raises:
        StoreError: the file cannot be opened, is no ledger, or is of a newer version.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._locks: dict[str, IO[str]] = {}
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, isolation_level=None, timeout=30)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = NORMAL")
            self._migrate()
        except (OSError, sqlite3.Error) as error:
            raise StoreError(
                f"the ledger {path} cannot be opened ({error}); "
                "check its directory's permissions, or move a damaged file away"
            ) from error

    def _migrate(self) -> None:
        """Bring the file to this version; runs that start together wait for each other."""
        self._db.execute("BEGIN IMMEDIATE")
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        if version > len(_MIGRATIONS):
            raise StoreError(
                f"the ledger {self.path} was written by a newer newscrawl "
                f"(version {version}, this one knows {len(_MIGRATIONS)}); upgrade newscrawl"
            )
        for script in _MIGRATIONS[version:]:
            for statement in script.split(";\n"):
                self._db.execute(statement)
        self._db.execute(f"PRAGMA user_version = {len(_MIGRATIONS)}")
        self._db.execute("COMMIT")

    def close(self) -> None:
        """Release the locks and close the file."""
        for lock in self._locks.values():
            lock.close()
        self._locks.clear()
        self._db.close()

    def lock(self, site: str, job: str) -> None:
        """Claim a site for this process until it ends, even if it is killed.

        Raises:
            StoreError: another run of the site holds it.
        """
        path = self.path.with_name(f"{site}.lock")
        handle = path.open("a+", encoding="utf-8")
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            handle.seek(0)
            holder = handle.read().strip() or "unknown"
            handle.close()
            raise StoreError(
                f"another run of {site} is using {self.path} ({holder}); "
                "wait for it, stop it, or set another NEWSCRAWL_DATA"
            ) from error
        handle.truncate(0)
        handle.write(f"job {job}, process {os.getpid()}")
        handle.flush()
        self._locks[site] = handle

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing of what is done inside.

        Raises:
            StoreError: the changes cannot be written.
        """
        try:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            raise StoreError(f"the ledger {self.path} cannot be written: {error}") from error

    def _execute(self, sql: str, values: Sequence[object] = ()) -> sqlite3.Cursor:
        """One statement, in the transaction that is open or in its own.

        Raises:
            StoreError: it cannot be done.
        """
        try:
            return self._db.execute(sql, values)
        except sqlite3.Error as error:
            raise StoreError(f"the ledger {self.path} cannot be written: {error}") from error

    def find(
        self, entries: Iterable[Entry], job: str, now: str, *, attempts: int, again: bool = False
    ) -> list[str]:
        """Remember articles and say which of them this run has to read, in the order given.

        An article that is done or rejected is read again only if ``again``; one that failed, until
        it has had ``attempts``. ``now`` is an ISO 8601 moment.
        """
        wanted = "1" if again else "state = 'found' OR (state = 'failed' AND attempts < :attempts)"
        sql = f"""
            INSERT INTO articles (id, site, edition, outlet, state, job, found)
            VALUES (:id, :site, :edition, :outlet, 'found', :job, :now)
            ON CONFLICT (id) DO UPDATE SET job = excluded.job, state = 'found', reason = NULL
            WHERE job != excluded.job AND ({wanted})
            RETURNING id
        """  # noqa: S608 - both variants are literals above
        fresh = []
        with self.transaction():
            for entry in entries:
                row = self._db.execute(
                    sql,
                    {
                        "id": entry.id,
                        "site": entry.site,
                        "edition": entry.edition,
                        "outlet": entry.outlet,
                        "job": job,
                        "now": now,
                        "attempts": attempts,
                    },
                ).fetchone()
                if row:
                    fresh.append(entry.id)
        return fresh

    def adopt(
        self, site: str, job: str, *, editions: Sequence[str] = (), outlets: Sequence[str] = ()
    ) -> Iterator[tuple[str, str]]:
        """Take over what earlier runs of a site left unfinished, as ``(id, found)`` pairs.

        Empty ``editions`` or ``outlets`` mean all of them.
        """
        where, values = ["site = ?", "state = 'found'", "job != ?"], [site, job]
        for column, allowed in (("edition", editions), ("outlet", outlets)):
            if allowed:
                where.append(f"{column} IN ({', '.join('?' * len(allowed))})")
                values += allowed
        condition = " AND ".join(where)
        with self.transaction():
            self._db.execute(f"UPDATE articles SET job = ? WHERE {condition}", [job, *values])  # noqa: S608 - column names are literals, values are bound
        last = 0
        while True:
            rows = self._db.execute(
                "SELECT rowid, id, found FROM articles"
                " WHERE job = ? AND state = 'found' AND rowid > ? ORDER BY rowid LIMIT 500",
                (job, last),
            ).fetchall()
            if not rows:
                return
            for last, article, found in rows:  # noqa: B007 - the last row id is the cursor
                yield article, found

    def settle(
        self,
        article: str,
        state: State,
        *,
        reason: str | None = None,
        file: str | None = None,
    ) -> None:
        """Say how an article's reading ended; part of the caller's transaction, if any."""
        self._execute(
            "UPDATE articles SET state = ?, reason = ?, file = ?, attempts = attempts + 1"
            " WHERE id = ?",
            (state, reason, file, article),
        )

    def is_settled(self, article: str) -> bool:
        """Whether an article is done or rejected already."""
        return bool(
            self._execute(
                "SELECT 1 FROM articles WHERE id = ? AND state IN ('done', 'rejected')", (article,)
            ).fetchone()
        )

    def forget(self, article: str) -> None:
        """Remove an article that turned out not to be wanted by this run."""
        self._execute("DELETE FROM articles WHERE id = ?", (article,))

    def counts(self, job: str) -> dict[str, int]:
        """Number of a run's articles by state."""
        return dict(
            self._execute(
                "SELECT state, count(*) FROM articles WHERE job = ? GROUP BY state", (job,)
            )
        )

    def outcomes(self, job: str, state: State, limit: int) -> list[tuple[str, str | None]]:
        """A run's articles in one state with their reasons, at most ``limit``."""
        return self._execute(
            "SELECT id, reason FROM articles WHERE job = ? AND state = ? ORDER BY rowid LIMIT ?",
            (job, state, limit),
        ).fetchall()

    def fail_unfinished(self, job: str, reason: str) -> None:
        """Name as failed whatever a run that came to its end has no outcome for."""
        self._execute(
            "UPDATE articles SET state = 'failed', reason = ?, attempts = attempts + 1"
            " WHERE job = ? AND state = 'found'",
            (reason, job),
        )

    def commit_length(self, path: str, site: str, length: int) -> None:
        """Say how much of a file is valid; part of the caller's transaction, if any."""
        self._execute(
            "INSERT INTO files VALUES (?, ?, ?)"
            " ON CONFLICT (path) DO UPDATE SET length = excluded.length",
            (path, site, length),
        )

    def committed(self, site: str) -> list[tuple[str, int]]:
        """Files of a site that runs still write to, with the length that is valid."""
        return self._execute("SELECT path, length FROM files WHERE site = ?", (site,)).fetchall()

    def close_file(self, path: str) -> None:
        """Say that a file is complete and needs no further care."""
        self._execute("DELETE FROM files WHERE path = ?", (path,))

    def learn_domain(self, site: str, edition: str, outlet: str, domain: str) -> None:
        """Note that a source of an outlet was read at a registered domain."""
        self._execute(
            "INSERT INTO domains (site, edition, outlet, domain) VALUES (?, ?, ?, ?)"
            " ON CONFLICT DO UPDATE SET pages = pages + 1",
            (site, edition, outlet, domain),
        )

    def domain_of(self, site: str, edition: str, outlet: str) -> str | None:
        """The registered domain at which most of an outlet's sources were read."""
        row = self._execute(
            "SELECT domain FROM domains WHERE site = ? AND edition = ? AND outlet = ?"
            " ORDER BY pages DESC, domain LIMIT 1",
            (site, edition, outlet),
        ).fetchone()
        return row[0] if row else None
