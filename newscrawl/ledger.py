"""The memory across runs: one SQLite file a project, in WAL mode.

An article is in the ledger before its page is asked for, and is ``done`` only in the transaction
that also commits the length of the feed it stands in. So a run that is killed anywhere leaves
articles ``found``, which the next run takes up, and a feed whose torn end is known.
"""

import fcntl
import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal

from newscrawl.errors import SiteBusyError, StoreError

State = Literal["found", "waiting", "done", "rejected", "failed"]
"""``waiting`` is exported, but its source may yet be had; only ``found`` has no outcome yet."""

_CHUNK = 500
"""Rows that are held in memory at once."""

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
        due      TEXT,                      -- when to read it again, ISO 8601, UTC; null is never
        version  INTEGER NOT NULL DEFAULT 0,-- of the record last exported
        prints   BLOB,                      -- fingerprints of that record's fields
        exported TEXT,                      -- the run that exported it
        file     TEXT                       -- where it was written, relative to the data directory
    );
    CREATE INDEX articles_by_job ON articles (job, state);
    CREATE INDEX articles_unfinished ON articles (site) WHERE state = 'found';
    CREATE INDEX articles_due ON articles (site, due) WHERE due IS NOT NULL;
    CREATE TABLE files (
        path   TEXT PRIMARY KEY,            -- relative to the data directory
        site   TEXT NOT NULL,
        length INTEGER NOT NULL             -- bytes that are committed; what follows is torn
    ) WITHOUT ROWID;
    CREATE TABLE walks (
        site  TEXT NOT NULL,
        start TEXT NOT NULL,                -- first page of the listing
        next  TEXT NOT NULL,                -- page to go on with
        PRIMARY KEY (site, start)
    ) WITHOUT ROWID;
    CREATE TABLE texts (
        number    INTEGER PRIMARY KEY,      -- in the order in which texts were first seen
        id        TEXT NOT NULL UNIQUE,     -- of the article
        signature BLOB NOT NULL             -- MinHash of its text
    );
    CREATE TABLE bands (
        band   INTEGER NOT NULL,            -- hash of a part of the signature
        number INTEGER NOT NULL,
        PRIMARY KEY (band, number)
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
    """
    CREATE TABLE rendered (
        host TEXT PRIMARY KEY               -- whose pages were read through the browser
    ) WITHOUT ROWID;
    """,
    """
    ALTER TABLE walks ADD COLUMN noted INTEGER NOT NULL DEFAULT 0;
    CREATE TABLE rules (
        site   TEXT NOT NULL,
        domain TEXT NOT NULL,
        rules  BLOB NOT NULL,               -- what an outlet has taught, as JSON Lines
        PRIMARY KEY (site, domain)
    ) WITHOUT ROWID;
    """,
    """
    CREATE TABLE validators (
        url      TEXT PRIMARY KEY,          -- of a feed whose articles are all in the ledger
        etag     TEXT,                      -- as the server sent them
        modified TEXT
    ) WITHOUT ROWID;
    """,
    """
    CREATE TABLE names (                    -- of runs and files: long, and with each article
        number INTEGER PRIMARY KEY,
        name   TEXT NOT NULL UNIQUE
    );
    INSERT INTO names (name)
        SELECT job FROM articles UNION SELECT exported FROM articles WHERE exported IS NOT NULL
        UNION SELECT file FROM articles WHERE file IS NOT NULL;
    CREATE TABLE slimmer (
        id       TEXT NOT NULL UNIQUE,
        site     TEXT NOT NULL,
        edition  TEXT NOT NULL,
        outlet   TEXT NOT NULL,
        state    TEXT NOT NULL,
        job      INTEGER NOT NULL,          -- number of its name; 0 is none
        attempts INTEGER NOT NULL DEFAULT 0,
        found    TEXT NOT NULL,
        reason   TEXT,
        due      TEXT,
        version  INTEGER NOT NULL DEFAULT 0,
        prints   BLOB,
        exported INTEGER,                   -- number of the run's name
        file     INTEGER,                   -- number of the file's name
        position INTEGER                    -- where in it the record begins, or its packed batch
    );
    INSERT INTO slimmer (rowid, id, site, edition, outlet, state, job, attempts, found, reason, due,
                         version, prints, exported, file)
        SELECT a.rowid, a.id, a.site, a.edition, a.outlet, a.state, j.number, a.attempts, a.found,
               a.reason, a.due, a.version, a.prints, e.number, f.number
        FROM articles AS a JOIN names AS j ON j.name = a.job
        LEFT JOIN names AS e ON e.name = a.exported LEFT JOIN names AS f ON f.name = a.file
        ORDER BY a.rowid;
    DROP TABLE articles;
    ALTER TABLE slimmer RENAME TO articles;
    CREATE INDEX articles_by_job ON articles (job, state);
    CREATE INDEX articles_unfinished ON articles (site) WHERE state = 'found';
    CREATE INDEX articles_due ON articles (site, due) WHERE due IS NOT NULL;
    """,
)

_NUMBER = "(SELECT number FROM names WHERE name = ?)"
"""The number of a name that is bound."""


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
        condition = " AND ".join(f"{column} = ?" for column in bound) or "1"
        return condition, list(bound.values())


def ledger_path(data: Path) -> Path:
    """Where the ledger of a data directory lies."""
    return data / "ledger" / "ledger.sqlite"


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Have runs that start together make a file one after the other.

    SQLite does not wait for others where it has to turn a new file to WAL: it fails at once.
    """
    with path.with_name(f"{path.name}.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


class Ledger:
    """The articles' states and the committed lengths of the files they were written to.

    Raises:
        StoreError: the file cannot be opened, is no ledger, or is of a newer version.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._locks: dict[str, IO[str]] = {}
        self._numbers: dict[str, int] = {}
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, isolation_level=None, timeout=30)
            with _alone(path):
                self._db.execute("PRAGMA journal_mode = WAL")
                self._migrate()
            self._db.execute("PRAGMA synchronous = NORMAL")
            # 4 MB: pages that are not in it come from the system's cache, as fast as can be told.
            self._db.execute("PRAGMA cache_size = -4000")
        except (OSError, sqlite3.Error) as error:
            raise StoreError(
                f"the ledger {path} cannot be opened ({error}); "
                "check its directory's permissions, or move a damaged file away"
            ) from error

    def _migrate(self) -> None:
        """Bring the file to this version."""
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
            SiteBusyError: another run of the site holds it.
        """
        path = self.path.with_name(f"{site}.lock")
        handle = path.open("a+", encoding="utf-8")
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            handle.seek(0)
            holder = handle.read().strip() or "unknown"
            handle.close()
            raise SiteBusyError(
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
                self._db.execute("COMMIT")
            except BaseException:
                self._numbers.clear()  # some may never have been written
                if self._db.in_transaction:  # SQLite may have ended it itself
                    self._db.execute("ROLLBACK")
                raise
        except sqlite3.Error as error:
            raise self._unwritten(error) from error

    def _execute(self, sql: str, values: Sequence[object] = ()) -> sqlite3.Cursor:
        """One statement, in the transaction that is open or in its own.

        Raises:
            StoreError: it cannot be done.
        """
        try:
            return self._db.execute(sql, values)
        except sqlite3.Error as error:
            raise self._unwritten(error) from error

    def _execute_many(self, sql: str, values: Iterable[Sequence[object]]) -> None:
        """One statement with each of some values, in the transaction that is open.

        Raises:
            StoreError: it cannot be done.
        """
        try:
            self._db.executemany(sql, values)
        except sqlite3.Error as error:
            raise self._unwritten(error) from error

    def _unwritten(self, error: sqlite3.Error) -> StoreError:
        """What is raised when a change is lost. No later one is taken either.

        A run that goes on would otherwise have articles in another order than they were found in.
        """
        with suppress(sqlite3.Error):  # what it failed by may stand in the way of this as well
            self._db.execute("PRAGMA query_only = ON")
        return StoreError(f"the ledger {self.path} cannot be written: {error}")

    def find(
        self, entries: Iterable[Entry], job: str, now: str, *, attempts: int, again: bool = False
    ) -> list[str]:
        """Remember articles and say which of them this run has to read, in the order given.

        An article that is done, waiting or rejected is read again only if ``again``, and is then
        exported even if nothing changed; one that failed, until it has had ``attempts``. ``now`` is
        an ISO 8601 moment.
        """
        forget = ", prints = NULL" if again else ""
        wanted = "1" if again else "state = 'found' OR (state = 'failed' AND attempts < :attempts)"
        sql = f"""
            INSERT INTO articles (id, site, edition, outlet, state, job, found)
            VALUES (:id, :site, :edition, :outlet, 'found', :job, :now)
            ON CONFLICT (id) DO UPDATE
            SET job = excluded.job, state = 'found', reason = NULL{forget}
            WHERE job != excluded.job AND ({wanted})
            RETURNING id
        """  # noqa: S608 - both variants are literals above
        fresh = []
        with self.transaction():
            number = self._number(job)
            for entry in entries:
                row = self._db.execute(
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
        """Give back what an earlier run of this name left unfinished, and what of it is due.

        A back-fill that was stopped is begun again by its name, and would take it for its own.
        """
        self._execute(
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
    ) -> Iterator[tuple[str, str]]:
        """Take over what earlier runs of a site left unfinished and what is due to be read again.

        Gives ``(id, found)`` pairs, a few at a time, in the order in which they were found. Empty
        ``editions`` or ``outlets`` mean all of them; ``now`` is an ISO 8601 moment in UTC. Without
        ``due`` only what was left is given.
        """
        scope, values = "", list[str]()
        for column, allowed in (("edition", editions), ("outlet", outlets)):
            if allowed:
                scope += f" AND {column} IN ({', '.join('?' * len(allowed))})"
                values += allowed
        parts: list[tuple[str, list[str]]] = [("state = 'found'", [])]
        if due:
            parts.append(("due <= ?", [now]))
        for which, bound in parts:
            select = (
                f"SELECT rowid, id, found FROM articles WHERE site = ? AND {which} AND job != ?"  # noqa: S608 - column names are literals, values are bound
                f"{scope} AND rowid > ? ORDER BY rowid LIMIT {_CHUNK}"
            )
            last = 0
            number = self._number(job)
            while rows := self._execute(select, [site, *bound, number, *values, last]).fetchall():
                with self.transaction():
                    self._db.executemany(
                        "UPDATE articles SET job = ?, state = 'found' WHERE rowid = ?",
                        [(number, row) for row, _, _ in rows],
                    )
                last = rows[-1][0]
                for _, article, found in rows:
                    yield article, found

    def settle(
        self,
        article: str,
        state: State,
        *,
        reason: str | None = None,
        due: str | None = None,
    ) -> None:
        """Say how an article's reading ended; part of the caller's transaction, if any."""
        self._execute(
            "UPDATE articles SET state = ?, reason = ?, due = ?, attempts = attempts + 1"
            " WHERE id = ?",
            (state, reason, due, article),
        )

    def note_export(
        self, article: str, job: str, version: int, prints: bytes, file: str, position: int
    ) -> None:
        """Say which version of an article stands where; in the caller's transaction."""
        self._execute(
            "UPDATE articles SET exported = ?, version = ?, prints = ?, file = ?, position = ?"
            " WHERE id = ?",
            (self._number(job), version, prints, self._number(file), position, article),
        )

    def note_prints(self, article: str, prints: bytes) -> None:
        """Store the fingerprints of a record that was not written again, as it had not changed."""
        self._execute(
            "UPDATE articles SET prints = ? WHERE id = ? AND prints IS NOT ?",
            (prints, article, prints),
        )

    def _number(self, name: str) -> int:
        """The number that stands for the name of a run or a file."""
        if name not in self._numbers:
            select = "SELECT number FROM names WHERE name = ?"
            row = self._execute(select, (name,)).fetchone()
            if row is None:
                self._execute("INSERT INTO names (name) VALUES (?)", (name,))
                row = self._execute(select, (name,)).fetchone()
            self._numbers[name] = int(row[0])
        return self._numbers[name]

    def describe(self, article: str) -> dict[str, object]:
        """What is known of an article, by the ledger's columns; empty if nothing is."""
        cursor = self._execute(
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
        """The version last exported (0 is none), its fingerprints, and how often it was read."""
        row = self._execute(
            "SELECT version, prints, attempts FROM articles WHERE id = ?", (article,)
        ).fetchone()
        return row or (0, None, 0)

    def is_settled(self, article: str) -> bool:
        """Whether an article has an outcome that stands: exported or rejected."""
        return bool(
            self._execute(
                "SELECT 1 FROM articles WHERE id = ? AND state NOT IN ('found', 'failed')",
                (article,),
            ).fetchone()
        )

    def forget(self, article: str) -> None:
        """Remove an article that turned out not to be wanted by this run."""
        self._execute("DELETE FROM articles WHERE id = ? AND version = 0", (article,))
        self._execute("UPDATE articles SET state = 'done' WHERE id = ?", (article,))

    def counts(self, job: str) -> dict[str, int]:
        """Number of a run's articles by state."""
        return dict(
            self._execute(
                f"SELECT state, count(*) FROM articles WHERE job = {_NUMBER} GROUP BY state",  # noqa: S608 - a literal
                (job,),
            )
        )

    def count_exported(self, job: str) -> int:
        """Number of articles that a run has exported."""
        (count,) = self._execute(
            f"SELECT count(*) FROM articles WHERE job = {_NUMBER} AND exported = job",  # noqa: S608 - a literal
            (job,),
        ).fetchone()
        return int(count)

    def outcomes(self, job: str, state: State, limit: int) -> list[tuple[str, str | None]]:
        """A run's articles in one state with their reasons, at most ``limit``."""
        return self._execute(
            f"SELECT id, reason FROM articles WHERE job = {_NUMBER} AND state = ?"  # noqa: S608 - a literal
            " ORDER BY rowid LIMIT ?",
            (job, state, limit),
        ).fetchall()

    def fail_unfinished(self, job: str, reason: str) -> None:
        """Name as failed whatever a run that came to its end has no outcome for."""
        self._execute(
            "UPDATE articles SET state = 'failed', reason = ?, attempts = attempts + 1"  # noqa: S608 - a literal
            f" WHERE job = {_NUMBER} AND state = 'found'",
            (reason, job),
        )

    def commit_length(self, path: str, site: str, length: int) -> None:
        """Say how much of a file is valid; part of the caller's transaction, if any."""
        self._execute(
            "INSERT INTO files VALUES (?, ?, ?)"
            " ON CONFLICT (path) DO UPDATE SET length = excluded.length",
            (path, site, length),
        )

    def committed_length(self, path: str) -> int:
        """How much of a file that a run writes to is valid."""
        row = self._execute("SELECT length FROM files WHERE path = ?", (path,)).fetchone()
        return int(row[0]) if row else 0

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

    def note_rendered(self, host: str) -> None:
        """Note that a page of a host could be read through the browser alone."""
        self._execute("INSERT OR IGNORE INTO rendered VALUES (?)", (host,))

    def is_rendered(self, host: str) -> bool:
        """Whether a page of a host was ever read through the browser."""
        row = self._execute("SELECT 1 FROM rendered WHERE host = ?", (host,)).fetchone()
        return row is not None

    def note_validators(self, url: str, etag: str | None, modified: str | None) -> None:
        """Remember what tells whether a page has changed: its ``ETag`` and ``Last-Modified``."""
        self._execute("INSERT OR REPLACE INTO validators VALUES (?, ?, ?)", (url, etag, modified))

    def validators(self, url: str) -> tuple[str | None, str | None]:
        """The ``ETag`` and ``Last-Modified`` of a page when it was last read."""
        row = self._execute(
            "SELECT etag, modified FROM validators WHERE url = ?", (url,)
        ).fetchone()
        return row or (None, None)

    def note_walk(self, site: str, start: str, following: str) -> None:
        """Remember the page with which the walk of a listing is to go on."""
        self._execute(
            # ``noted`` counts up, so that walks go on in the order in which their pages were read.
            "INSERT INTO walks SELECT ?, ?, ?, coalesce(max(noted), 0) + 1 FROM walks WHERE true"
            " ON CONFLICT (site, start)"
            " DO UPDATE SET next = excluded.next, noted = excluded.noted",
            (site, start, following),
        )

    def end_walk(self, site: str, start: str) -> None:
        """Say that a listing was walked to its end, or as far as was wanted."""
        self._execute("DELETE FROM walks WHERE site = ? AND start = ?", (site, start))

    def walks_left(self, site: str) -> dict[str, str]:
        """Unfinished walks and the pages with which they are to go on, in the order noted."""
        return dict(
            self._execute("SELECT start, next FROM walks WHERE site = ? ORDER BY noted", (site,))
        )

    def keep_rules(self, site: str, domain: str, rules: bytes) -> None:
        """Keep what an outlet has taught, nothing if empty; in the caller's transaction, if any."""
        if rules:
            self._execute("INSERT OR REPLACE INTO rules VALUES (?, ?, ?)", (site, domain, rules))
        else:
            self._execute("DELETE FROM rules WHERE site = ? AND domain = ?", (site, domain))

    def sites_with_rules(self) -> list[str]:
        """Sites of which an outlet has taught something."""
        rows = self._execute("SELECT DISTINCT site FROM rules ORDER BY site")
        return [site for (site,) in rows]

    def rules(self, site: str) -> list[bytes]:
        """What the outlets of a site have taught, as JSON Lines of one outlet each."""
        rows = self._execute("SELECT rules FROM rules WHERE site = ? ORDER BY domain", (site,))
        return [rules for (rules,) in rows]

    def note_text(self, article: str, signature: bytes, bands: Sequence[int]) -> None:
        """Store the signature of an article's text. Part of the caller's transaction."""
        (number,) = self._execute(
            "INSERT INTO texts (id, signature) VALUES (?, ?)"
            " ON CONFLICT (id) DO UPDATE SET signature = excluded.signature RETURNING number",
            (article, signature),
        ).fetchone()
        self._execute_many(
            "INSERT OR IGNORE INTO bands VALUES (?, ?)", [(band, number) for band in bands]
        )

    def has_text(self, article: str) -> bool:
        """Return whether the signature of an article's text is stored."""
        row = self._execute("SELECT 1 FROM texts WHERE id = ?", (article,)).fetchone()
        return row is not None

    def alike(self, article: str, bands: Sequence[int]) -> Iterator[tuple[str, bytes]]:
        """Yield identifiers and signatures of texts that share a band, first stored first.

        Texts that were stored after that of ``article`` are left out.
        """
        marks = ", ".join("?" * len(bands))
        candidates = self._execute(
            f"SELECT DISTINCT number FROM bands WHERE band IN ({marks}) AND number <"  # noqa: S608 - values are bound
            " coalesce((SELECT number FROM texts WHERE id = ?), 9223372036854775807)"
            f" ORDER BY number LIMIT {_CHUNK}",
            [*bands, article],
        ).fetchall()
        for (candidate,) in candidates:
            yield self._execute(
                "SELECT id, signature FROM texts WHERE number = ?", (candidate,)
            ).fetchone()

    def census(self, scope: Scope) -> list[tuple[str, str, str, str, int]]:
        """Number of articles by site, edition, outlet and state."""
        where, values = scope.where()
        return self._execute(
            "SELECT site, edition, outlet, state, count(*) FROM articles"  # noqa: S608 - column names are literals, values are bound
            f" WHERE {where} GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4",
            values,
        ).fetchall()

    def retry(self, scope: Scope) -> None:
        """Have articles read again, whatever became of them and however often they were tried."""
        where, values = scope.where()
        self._execute(
            f"UPDATE articles SET state = 'found', job = 0, attempts = 0 WHERE {where}",  # noqa: S608 - column names are literals, values are bound
            values,
        )

    def drop(self, scope: Scope) -> None:
        """Forget articles: when a run meets them, they are new, and are version 1 again."""
        where, values = scope.where()
        with self.transaction():
            numbers = (
                f"SELECT number FROM texts WHERE id IN (SELECT id FROM articles WHERE {where})"  # noqa: S608 - as above
            )
            self._db.execute(f"DELETE FROM bands WHERE number IN ({numbers})", values)  # noqa: S608 - as above
            self._db.execute(f"DELETE FROM texts WHERE number IN ({numbers})", values)  # noqa: S608 - as above
            self._db.execute(f"DELETE FROM articles WHERE {where}", values)  # noqa: S608 - as above


@contextmanager
def ledger_of(data: Path) -> Iterator[Ledger | None]:
    """The ledger of a data directory, if there is one.

    Raises:
        StoreError: it cannot be opened.
    """
    path = ledger_path(data)
    ledger = Ledger(path) if path.exists() else None
    try:
        yield ledger
    finally:
        if ledger:
            ledger.close()


def examine(path: Path) -> str:
    """What a ledger's file is like, in a few words, without changing it.

    Raises:
        StoreError: it is damaged, or of another version.
        sqlite3.Error: it is no SQLite file, or cannot be read.
    """
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as db:
        (verdict,) = db.execute("PRAGMA quick_check(1)").fetchone()
        (version,) = db.execute("PRAGMA user_version").fetchone()
        if verdict != "ok":
            raise StoreError(f"is damaged: {verdict}")
        if version > len(_MIGRATIONS):
            raise StoreError(f"is of version {version}, this newscrawl knows {len(_MIGRATIONS)}")
        (articles,) = db.execute("SELECT count(*) FROM articles").fetchone()
    older = "" if version == len(_MIGRATIONS) else ", which the next run brings up to date"
    return f"whole, version {version}{older}, {articles} articles"
