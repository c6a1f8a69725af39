"""PostgreSQL backend of the ledger, shared by several nodes."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from typing import Any

from newscrawl.errors import LeaseLostError, StoreError
from newscrawl.state.database import Cursor, Database
from newscrawl.state.migrations import POSTGRES

_MIN_VERSION = 13
_PATIENCE = 10
"""Seconds after which a server that does not respond counts as lost: to a new connection, and by
the system, which notices a broken network."""

_STATEMENT_SECONDS = 60.0
"""Time limit of a statement; those of a run take milliseconds."""

_BULK_SECONDS = 3600.0
"""Time limit of a statement that may change every row."""

_REMEDIES = {
    "53100": "make space on the server",
    "25006": "the server has become read-only: name the primary server",
    "57014": "the server is overloaded, or another connection holds a lock",
}
"""Remedies for failed statements, by SQLSTATE."""

_PARAMETER = re.compile(r"%|\?|(?<!:):([a-z_]+)")


@lru_cache(maxsize=500)
def _translated(sql: str) -> str:
    """Translate SQLite's parameters to psycopg's."""

    def translate(found: re.Match[str]) -> str:
        return "%%" if found[0] == "%" else f"%({found[1]})s" if found[1] else "%s"

    return _PARAMETER.sub(translate, sql)


def _storable(value: object) -> object:
    """Replace the NUL character, which PostgreSQL's texts cannot hold."""
    return value.replace("\0", "\ufffd") if isinstance(value, str) and "\0" in value else value


class PostgresDatabase(Database):
    """PostgreSQL connection, migrated to the current schema.

    There is no reconnect: a lost connection ends the run cleanly, and the next run sees from the
    committed file lengths whether the last transaction succeeded.

    Args:
        url: Connection URL.
        node: Name of this machine, which the server lists with the connection.

    Raises:
        StoreError: the server cannot be reached, refuses the login, is too old or read-only, or the
            database has a newer schema. The message never contains the password.
    """

    clock = "extract(epoch FROM clock_timestamp())::double precision"
    rows = "json_array_elements(?::json) AS each (value)"
    text_tables = ("texts",)

    def __init__(self, url: str, node: str) -> None:
        super().__init__()
        try:
            import psycopg

            from newscrawl.state.postgres_connection import DeadlineConnection
        except ImportError as error:
            raise StoreError(
                f"LEDGER needs psycopg ({error}); run: pip install '.[cluster]' in the clone"
            ) from error
        self._errors = psycopg
        self.name, secrets = _described(url)
        """The URL without its password, for people."""
        self.owner = ""
        """This process as the owner of site leases."""
        self.epochs: dict[str, int] = {}
        """Epochs of the site leases that this process holds; changes are refused without them."""
        self._refused: StoreError | None = None
        self._in_transaction = False
        settings: dict[str, Any] = {
            "connect_timeout": _PATIENCE,
            "tcp_user_timeout": 1000 * _PATIENCE,
            "keepalives_idle": _PATIENCE // 2,
            "keepalives_interval": 2,
            "keepalives_count": 3,
            "application_name": f"newscrawl {node}".strip(),
        }
        try:
            self._connection = DeadlineConnection.connect(url, autocommit=True, **settings)
            # A pooler may give each transaction another connection to the server.
            self._connection.prepare_threshold = None
        except psycopg.Error as error:
            raise StoreError(
                f"the ledger {self.name} cannot be opened: {_without(secrets, error)}; check "
                "LEDGER (NEWSCRAWL_LEDGER) and that the server runs"
            ) from None  # psycopg's own message may contain the password
        try:
            self._check()
        except psycopg.Error as error:
            self.close()
            raise StoreError(f"the ledger {self.name} cannot be used: {_line(error)}") from error
        except StoreError:
            self.close()
            raise

    def _check(self) -> None:
        """Check the server and apply the migrations that the database lacks."""
        version = self._connection.info.server_version // 10000
        if version < _MIN_VERSION:
            raise StoreError(
                f"the ledger {self.name} is on PostgreSQL {version}; "
                f"version {_MIN_VERSION} or newer is needed"
            )
        run = self._connection.execute
        row = run("SHOW transaction_read_only").fetchone()
        if row and row[0] == "on":
            raise StoreError(
                f"the ledger {self.name} is read-only (a standby, or set so); "
                "name the primary server"
            )
        with (
            self.long_statements(),
            self._connection.transaction(),
        ):  # from now on with a time limit
            run("SELECT pg_advisory_xact_lock(hashtext('newscrawl migrations'))")
            run("CREATE TABLE IF NOT EXISTS migrations (name text PRIMARY KEY)")
            applied = {name for (name,) in run("SELECT name FROM migrations")}
            if unknown := applied - POSTGRES.keys():
                raise StoreError(
                    f"the ledger {self.name} was written by a newer newscrawl "
                    f"({', '.join(sorted(unknown))}); upgrade newscrawl"
                )
            for name, script in POSTGRES.items():
                if name not in applied:
                    run(script.encode())
                    run("INSERT INTO migrations VALUES (%s)", (name,))

    def close(self) -> None:
        """Close the connection."""
        with suppress(self._errors.Error):
            self._connection.close()

    @contextmanager
    def long_statements(self) -> Iterator[None]:
        """Context in which statements may take long."""
        self._connection.limit_server(_BULK_SECONDS)
        try:
            yield
        finally:
            with suppress(self._errors.Error):
                self._connection.limit_server(_STATEMENT_SECONDS)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Context of a transaction: commits at its end, rolls back on an exception."""
        self._begin()
        try:
            yield
            self._run("COMMIT")
        except BaseException:
            self._in_transaction = False
            with suppress(self._errors.Error):
                self._connection.execute("ROLLBACK")
            self._rolled_back()
            raise
        self._in_transaction = False

    def _begin(self) -> None:
        """Begin a transaction, in which the site leases of this process cannot be taken away."""
        self._check_refused()
        try:
            with self._connection.pipeline():  # both in one round trip
                self._connection.execute("BEGIN")
                held = self._connection.execute(
                    "SELECT site, epoch FROM site_leases WHERE owner = %s FOR SHARE", (self.owner,)
                )
            self._in_transaction = True
            if self.epochs and dict(held.fetchall()) != self.epochs:
                self._connection.execute("ROLLBACK")
                self._in_transaction = False
                self._refused = LeaseLostError(_LOST.format(", ".join(self.epochs)))
                self._check_refused()
        except self._errors.Error as error:
            raise self._unusable(error) from error

    def execute(
        self,
        sql: str,
        values: Sequence[object] | Mapping[str, object] = (),
        *,
        fenced: bool = True,
    ) -> Cursor:
        """Execute a statement in the open transaction, or in a separate one."""
        changes = not sql.lstrip().startswith("SELECT")
        if not changes or self._in_transaction or not (fenced and self.epochs):
            return self._run(sql, values, changes=changes)
        with self.transaction():
            return self._run(sql, values)

    def execute_many(self, sql: str, values: Iterable[Sequence[object]]) -> None:
        """Execute a statement once for each row of values, in the open transaction."""
        rows = [[_storable(value) for value in row] for row in values]
        try:
            with self._connection.cursor() as cursor:
                cursor.executemany(_translated(sql), rows)
        except self._errors.Error as error:
            raise self._unusable(error) from error

    def insert(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """Insert many new rows in the open transaction."""
        try:
            with (
                self._connection.cursor() as cursor,
                cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy,
            ):
                for row in rows:
                    copy.write_row([_storable(value) for value in row])
        except self._errors.Error as error:
            raise self._unusable(error) from error

    def continue_numbers(self, tables: Sequence[str]) -> None:
        """Continue the numbering of new rows after rows that were inserted with their numbers."""
        for table in tables:
            self._run(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'number'), max(number))"  # noqa: S608 - names of tables
                f" FROM {table}"
            )

    def _run(
        self,
        sql: str,
        values: Sequence[object] | Mapping[str, object] = (),
        *,
        changes: bool = True,
    ) -> Cursor:
        if changes:
            self._check_refused()
        given: Any = (
            {name: _storable(value) for name, value in values.items()}
            if isinstance(values, Mapping)
            else [_storable(value) for value in values]
        )
        try:
            return self._connection.execute(_translated(sql), given)
        except self._errors.Error as error:
            raise self._unusable(error) from error

    def _unusable(self, error: Exception) -> StoreError:
        """Make the error for a failed statement and refuse all later changes."""
        fault = "lost its connection" if self._connection.closed else "cannot be used"
        state = getattr(error, "sqlstate", None)
        remedy = f"; {_REMEDIES[state]}" if state in _REMEDIES else ""
        self._refused = StoreError(f"the ledger {self.name} {fault}: {_line(error)}{remedy}")
        return self._refused

    def _check_refused(self) -> None:
        """Refuse a change after a failed one."""
        if self._refused:
            raise type(self._refused)(str(self._refused))


_LOST = "the lease of {} is over and another run has taken it; nothing more is written"


def _line(error: Exception) -> str:
    """First line of a message."""
    return str(error).strip().partition("\n")[0]


def _described(url: str) -> tuple[str, list[str]]:
    """Return a URL without its password for people, and the password as it may be quoted.

    Raises:
        StoreError: it is no URL that libpq understands.
    """
    import psycopg
    from psycopg.conninfo import conninfo_to_dict

    try:
        parts = conninfo_to_dict(url)
        hosts, ports = (str(parts.get(name) or "").split(",") for name in ("host", "port"))
        [int(port or 0) for port in ports]
    except (psycopg.Error, ValueError):
        raise StoreError(
            "LEDGER cannot be parsed: expected postgresql://user:password@host:port/database, with "
            "special characters of the password percent-encoded"
        ) from None  # its message quotes parts of the URL
    user = f"{parts['user']}@" if parts.get("user") else ""
    pairs = zip(hosts, ports if len(ports) > 1 else ports * len(hosts), strict=False)
    servers = ",".join(f"{host or 'localhost'}{port and f':{port}'}" for host, port in pairs)
    password = str(parts.get("password") or "")
    return f"postgresql://{user}{servers}/{parts.get('dbname') or ''}", [password]


def _without(secrets: Sequence[str], error: Exception) -> str:
    """First line of a message without secrets."""
    message = " ".join(str(error).split())
    for secret in filter(None, secrets):
        message = message.replace(secret, "***")
    return message


def examine_postgres(url: str) -> str:
    """Migrate a ledger's schema and return a short description of its condition.

    Raises:
        StoreError: it cannot be used.
    """
    database = PostgresDatabase(url, "")
    try:
        (articles,) = database.execute("SELECT count(*) FROM articles").fetchone()
        (nodes,) = database.execute("SELECT count(*) FROM nodes").fetchone()
    finally:
        database.close()
    return f"{database.name}, {len(POSTGRES)} migrations, {articles} articles, {nodes} nodes"
