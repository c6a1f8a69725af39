"""SQLite connection, transactions and schema migrations."""

import fcntl
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from newscrawl.errors import StoreError
from newscrawl.state.advice import advice

MIGRATIONS = {
    "articles, files, walks, texts and domains": """
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
    "rendered hosts": """
    CREATE TABLE rendered (
        host TEXT PRIMARY KEY               -- whose pages were read through the browser
    ) WITHOUT ROWID;
    """,
    "walk order and outlet rules": """
    ALTER TABLE walks ADD COLUMN noted INTEGER NOT NULL DEFAULT 0;
    CREATE TABLE rules (
        site   TEXT NOT NULL,
        domain TEXT NOT NULL,
        rules  BLOB NOT NULL,               -- what an outlet has taught, as JSON Lines
        PRIMARY KEY (site, domain)
    ) WITHOUT ROWID;
    """,
    "feed validators": """
    CREATE TABLE validators (
        url      TEXT PRIMARY KEY,          -- of a feed whose articles are all in the ledger
        etag     TEXT,                      -- as the server sent them
        modified TEXT
    ) WITHOUT ROWID;
    """,
    "numbered names and record positions": """
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
    "claims, forgotten articles and scopes of walks": """
    CREATE TABLE claimable (
        number   INTEGER PRIMARY KEY,       -- in the order of discovery
        id       TEXT NOT NULL UNIQUE,
        site     TEXT NOT NULL,
        edition  TEXT NOT NULL,
        outlet   TEXT NOT NULL,
        state    TEXT NOT NULL,             -- its last outcome
        claim    TEXT,                      -- what its job has it in hand for; null if it has not
        job      INTEGER NOT NULL,
        attempts INTEGER NOT NULL DEFAULT 0,-- outcomes of the same kind in a row
        found    TEXT NOT NULL,
        settled  TEXT,                      -- when it had its last outcome, ISO 8601, UTC
        reason   TEXT,
        due      TEXT,
        day      TEXT,                      -- printed date that a run did not want, ISO 8601
        version  INTEGER NOT NULL DEFAULT 0,
        prints   BLOB,
        exported INTEGER,
        file     INTEGER,
        position INTEGER
    );
    INSERT INTO claimable (number, id, site, edition, outlet, state, job, attempts, found, reason,
                           due, version, prints, exported, file, position)
        SELECT rowid, id, site, edition, outlet, state, job, attempts, found, reason,
               due, version, prints, exported, file, position
        FROM articles ORDER BY rowid;
    DROP TABLE articles;
    ALTER TABLE claimable RENAME TO articles;
    CREATE INDEX articles_by_job ON articles (job, state);
    CREATE INDEX articles_unfinished ON articles (site) WHERE state = 'found';
    CREATE INDEX articles_claimed ON articles (site) WHERE claim IS NOT NULL;
    CREATE INDEX articles_failed ON articles (site, edition, outlet) WHERE state = 'failed';
    CREATE INDEX articles_due ON articles (site, due) WHERE due IS NOT NULL;
    CREATE TABLE forgotten (
        id      TEXT PRIMARY KEY,
        version INTEGER NOT NULL            -- of the record last exported
    ) WITHOUT ROWID;
    CREATE TABLE lists (
        site   TEXT NOT NULL,
        digest TEXT NOT NULL,               -- of a list of URLs that has not come to its end
        begun  TEXT NOT NULL,               -- ISO 8601, UTC
        PRIMARY KEY (site, digest)
    ) WITHOUT ROWID;
    ALTER TABLE walks ADD COLUMN head TEXT;
    ALTER TABLE walks ADD COLUMN tail TEXT;
    ALTER TABLE walks ADD COLUMN since TEXT;
    ALTER TABLE walks ADD COLUMN until TEXT;
    ALTER TABLE walks ADD COLUMN outlets TEXT;
    """,
    "source checks": """
    CREATE TABLE source_checks (
        id      TEXT PRIMARY KEY,           -- of an exported article
        checked TEXT NOT NULL               -- when its source was last checked, ISO 8601, UTC
    ) WITHOUT ROWID;
    """,
}
"""SQL scripts by name, in the order in which they are applied; existing ones never change."""


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Serialise the creation of a file by processes that start together.

    SQLite fails at once, without waiting, if another process switches the file to WAL mode.
    """
    with path.with_name(f"{path.name}.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


class Database:
    """SQLite database in WAL mode, migrated to the current schema.

    Args:
        path: Database file; it and its directory are created if missing.

    Raises:
        StoreError: the file cannot be opened, is no database, or has a newer schema.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        """Database file."""
        self.after_rollback: list[Callable[[], None]] = []
        """Called after a transaction has failed, so that stores can drop what they cached in it."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(path, isolation_level=None, timeout=30)
            with _alone(path):
                self._connection.execute("PRAGMA journal_mode = WAL")
                self._migrate()
            self._connection.execute("PRAGMA synchronous = NORMAL")
            # 4 MB: other pages come from the system's file cache without measurable delay.
            self._connection.execute("PRAGMA cache_size = -4000")
        except (OSError, sqlite3.Error) as error:
            raise StoreError(
                f"the ledger {path} cannot be opened ({error}): {advice(error)}"
            ) from error

    def _migrate(self) -> None:
        """Apply the migrations that the file lacks."""
        execute = self._connection.execute
        execute("BEGIN IMMEDIATE")
        (version,) = execute("PRAGMA user_version").fetchone()
        if version > len(MIGRATIONS):
            raise StoreError(
                f"the ledger {self.path} was written by a newer newscrawl "
                f"(version {version}, this one knows {len(MIGRATIONS)}); upgrade newscrawl"
            )
        execute("CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY) WITHOUT ROWID")
        applied = {name for (name,) in execute("SELECT name FROM migrations")}
        # A file without recorded names was migrated by number.
        applied = applied or set(list(MIGRATIONS)[:version])
        for name, script in MIGRATIONS.items():
            if name not in applied:
                for statement in script.split(";\n"):
                    execute(statement)
            execute("INSERT OR IGNORE INTO migrations VALUES (?)", (name,))
        # Versions that know only the number refuse a newer file by it.
        execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
        execute("COMMIT")

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Context of a transaction: commits at its end, rolls back on an exception.

        Raises:
            StoreError: the changes cannot be written.
        """
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:  # SQLite may have ended it itself
                    self._connection.execute("ROLLBACK")
                for notify in self.after_rollback:
                    notify()
                raise
        except sqlite3.Error as error:
            raise self._unwritten(error) from error

    def execute(
        self, sql: str, values: Sequence[object] | Mapping[str, object] = ()
    ) -> sqlite3.Cursor:
        """Execute a statement in the open transaction, or in one of its own.

        Raises:
            StoreError: the statement fails.
        """
        try:
            return self._connection.execute(sql, values)
        except sqlite3.Error as error:
            raise self._unwritten(error) from error

    def execute_many(self, sql: str, values: Iterable[Sequence[object]]) -> None:
        """Execute a statement once for each row of values, in the open transaction.

        Raises:
            StoreError: the statement fails.
        """
        try:
            self._connection.executemany(sql, values)
        except sqlite3.Error as error:
            raise self._unwritten(error) from error

    def _unwritten(self, error: sqlite3.Error) -> StoreError:
        """Make the error for a lost change and refuse all later changes.

        Otherwise a run that continues would store articles out of order.
        """
        with suppress(sqlite3.Error):  # the same fault may prevent this, too
            self._connection.execute("PRAGMA query_only = ON")
        return StoreError(f"the ledger {self.path} cannot be written ({error}): {advice(error)}")


def examine(path: Path) -> str:
    """Describe the condition of a ledger file in a few words, without changing it.

    Raises:
        StoreError: it is damaged or no database, cannot be read, or has a newer schema.
    """
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as db:
            (verdict,) = db.execute("PRAGMA quick_check(1)").fetchone()
            (version,) = db.execute("PRAGMA user_version").fetchone()
            if verdict != "ok":
                raise StoreError(f"is damaged: {verdict}")
            if version > len(MIGRATIONS):
                raise StoreError(f"is of version {version}, this newscrawl knows {len(MIGRATIONS)}")
            (articles,) = db.execute("SELECT count(*) FROM articles").fetchone()
    except sqlite3.Error as error:
        raise StoreError(str(error)) from error
    older = "" if version == len(MIGRATIONS) else ", which the next run brings up to date"
    return f"whole, version {version}{older}, {articles} articles"
