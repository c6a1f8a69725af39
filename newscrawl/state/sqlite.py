"""SQLite backend of the ledger: one file in the data directory, used by one machine."""

import fcntl
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from newscrawl.errors import StoreError
from newscrawl.state.advice import advice
from newscrawl.state.database import Database
from newscrawl.state.migrations import SQLITE


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Serialise the creation of the file by processes that start at the same time.

    SQLite fails at once, without waiting, if another process switches the file to WAL mode.
    """
    with path.with_name(f"{path.name}.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


class SqliteDatabase(Database):
    """SQLite connection in WAL mode, migrated to the current schema.

    Args:
        path: Database file; it and its directory are created if missing.

    Raises:
        StoreError: the file cannot be opened, is no database, or has a newer schema.
    """

    clock = "((julianday('now') - 2440587.5) * 86400.0)"
    rows = "json_each(?)"
    text_tables = ("bands", "texts")

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        """Database file."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(path, isolation_level=None, timeout=30)
            try:
                with _alone(path):
                    self._connection.execute("PRAGMA journal_mode = WAL")
                    self._migrate()
                self._connection.execute("PRAGMA synchronous = NORMAL")
                # 4 MB: other pages come from the system's file cache without measurable delay.
                self._connection.execute("PRAGMA cache_size = -4000")
            except BaseException:
                self._connection.close()
                raise
        except (OSError, sqlite3.Error) as error:
            raise StoreError(
                f"the ledger {path} cannot be opened ({error}): {advice(error)}"
            ) from error

    def _migrate(self) -> None:
        """Apply the migrations that the file lacks."""
        execute = self._connection.execute
        execute("BEGIN IMMEDIATE")
        (version,) = execute("PRAGMA user_version").fetchone()
        if version > len(SQLITE):
            raise StoreError(
                f"the ledger {self.path} was written by a newer newscrawl "
                f"(version {version}, this one knows {len(SQLITE)}); upgrade newscrawl"
            )
        execute("CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY) WITHOUT ROWID")
        applied = {name for (name,) in execute("SELECT name FROM migrations")}
        # A file without recorded names was migrated by number.
        applied = applied or set(list(SQLITE)[:version])
        for name, script in SQLITE.items():
            if name not in applied:
                for statement in script.split(";\n"):
                    execute(statement)
            execute("INSERT OR IGNORE INTO migrations VALUES (?)", (name,))
        # Versions that know only the number refuse a newer file by it.
        execute(f"PRAGMA user_version = {len(SQLITE)}")
        execute("COMMIT")

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Context of a transaction: commits at its end, rolls back on an exception."""
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:  # SQLite may have ended it itself
                    self._connection.execute("ROLLBACK")
                self._rolled_back()
                raise
        except sqlite3.Error as error:
            raise self._unwritten(error) from error

    def execute(
        self,
        sql: str,
        values: Sequence[object] | Mapping[str, object] = (),
        *,
        fenced: bool = True,  # noqa: ARG002 - file locks last as long as the process
    ) -> sqlite3.Cursor:
        """Execute a statement in the open transaction, or in a separate one."""
        try:
            return self._connection.execute(sql, values)
        except sqlite3.Error as error:
            raise self._unwritten(error) from error

    def execute_many(self, sql: str, values: Iterable[Sequence[object]]) -> None:
        """Execute a statement once for each row of values, in the open transaction."""
        try:
            self._connection.executemany(sql, values)
        except sqlite3.Error as error:
            raise self._unwritten(error) from error

    def insert(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """Insert many new rows in the open transaction."""
        marks = ", ".join("?" * len(columns))
        self.execute_many(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", rows)  # noqa: S608 - names of the schema

    def continue_numbers(self, tables: Sequence[str]) -> None:
        """Do nothing: SQLite numbers a row by the largest number in its table."""

    def _unwritten(self, error: sqlite3.Error) -> StoreError:
        """Make the error for a lost change and refuse all later changes.

        Otherwise a run that continues would store articles out of order.
        """
        with suppress(sqlite3.Error):  # the same error may prevent this, too
            self._connection.execute("PRAGMA query_only = ON")
        return StoreError(f"the ledger {self.path} cannot be written ({error}): {advice(error)}")


def examine_sqlite(path: Path) -> str:
    """Return a short description of a ledger file's condition, without changing it.

    Raises:
        StoreError: it is damaged or no database, cannot be read, or has a newer schema.
    """
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as db:
            (verdict,) = db.execute("PRAGMA quick_check(1)").fetchone()
            (version,) = db.execute("PRAGMA user_version").fetchone()
            if verdict != "ok":
                raise StoreError(f"is damaged: {verdict}")
            if version > len(SQLITE):
                raise StoreError(f"is of version {version}, this newscrawl knows {len(SQLITE)}")
            (articles,) = db.execute("SELECT count(*) FROM articles").fetchone()
    except sqlite3.Error as error:
        raise StoreError(str(error)) from error
    older = "" if version == len(SQLITE) else ", which the next run brings up to date"
    return f"whole, version {version}{older}, {articles} articles"
