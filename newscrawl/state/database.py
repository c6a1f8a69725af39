"""Interface of the database that holds the ledger: SQLite or PostgreSQL."""

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, ClassVar, Protocol


class Cursor(Protocol):
    """Rows that an SQL statement returned; the part of Python's DB API that the stores use."""

    @property
    def rowcount(self) -> int:
        """Number of rows that the statement changed."""

    @property
    def description(self) -> Any:
        """Columns of the result; the first element of each is its name."""

    def fetchone(self) -> Any:
        """Return the next row, or ``None``."""

    def fetchall(self) -> list[Any]:
        """Return all remaining rows."""

    def __iter__(self) -> Iterator[Any]: ...


class Database(ABC):
    """Database connection: transactions and SQL statements for SQLite and PostgreSQL.

    Statements are written in the SQL that SQLite and PostgreSQL share, with the parameters of
    SQLite: ``?`` or ``:name``. Every method raises ``StoreError`` if the database cannot be used;
    after a failed change all later ones are refused, as a run that continued would store articles
    out of order.
    """

    clock: ClassVar[str]
    """SQL expression of the current time by the database's clock, in seconds since 1970."""
    rows: ClassVar[str]
    """SQL table with a row ``value`` for each element of a parameter made by ``packed``."""
    text_tables: ClassVar[Sequence[str]]
    """Tables of text signatures, each with a column ``number``; dependent ones first."""

    def __init__(self) -> None:
        self.after_rollback: list[Callable[[], None]] = []
        """Called after a transaction has failed, so that stores can drop what they cached in it."""

    @abstractmethod
    def transaction(self) -> AbstractContextManager[None]:
        """Context of a transaction: commits at its end, rolls back on an exception."""

    def long_statements(self) -> AbstractContextManager[None]:
        """Context in which a statement may take long, as it changes many rows."""
        return nullcontext()

    @abstractmethod
    def execute(
        self,
        sql: str,
        values: Sequence[object] | Mapping[str, object] = (),
        *,
        fenced: bool = True,
    ) -> Cursor:
        """Execute a statement in the open transaction, or in a separate one.

        A change is refused once this process has lost the lease of its site, unless ``fenced`` is
        false.
        """

    @abstractmethod
    def execute_many(self, sql: str, values: Iterable[Sequence[object]]) -> None:
        """Execute a statement once for each row of values, in the open transaction."""

    @abstractmethod
    def insert(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """Insert many new rows in the open transaction."""

    @abstractmethod
    def continue_numbers(self, tables: Sequence[str]) -> None:
        """Continue the numbering of new rows after rows that were inserted with their numbers."""

    @abstractmethod
    def close(self) -> None:
        """Close the connection."""

    def _rolled_back(self) -> None:
        """Notify the stores of a failed transaction."""
        for notify in self.after_rollback:
            notify()


def packed(rows: Iterable[Sequence[str | int]]) -> str:
    """Return rows as one parameter; ``value->>0`` is the first column of each, as text."""
    return json.dumps(list(rows), ensure_ascii=False)
