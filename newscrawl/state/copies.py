"""Copy whole tables between two ledgers (SQLite, PostgreSQL)."""

from collections.abc import Sequence
from typing import Any

from newscrawl.state.database import Database
from newscrawl.text.signatures import bands

Row = dict[str, Any]
"""A row by column name."""

KEYS = {
    **dict.fromkeys(("names", "articles", "texts"), "number"),
    **dict.fromkeys(("forgotten", "source_checks"), "id"),
}
"""Tables that may have a row for each article, with the column that orders them; referenced ones
come first."""


class TableCopies:
    """Reader and writer of whole tables, to move a ledger to another database.

    Args:
        database: Database that holds them.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def count(self, table: str) -> int:
        """Return the number of a table's rows."""
        (count,) = self._database.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608 - names of tables are literals here and below
        return int(count)

    def last(self, table: str) -> Any:
        """Return the largest key in a table of ``KEYS``; ``None`` if it is empty."""
        (last,) = self._database.execute(f"SELECT max({KEYS[table]}) FROM {table}").fetchone()  # noqa: S608 - as above
        return last

    def rows(self, table: str) -> list[Row]:
        """Return all rows of a table."""
        return self._select(f"SELECT * FROM {table}", ())  # noqa: S608 - as above

    def rows_after(self, table: str, last: Any, limit: int) -> list[Row]:
        """Return the rows of a table of ``KEYS`` that follow a key, or the first ones, in order."""
        key = KEYS[table]
        after = "" if last is None else f"WHERE {key} > ?"
        return self._select(
            f"SELECT * FROM {table} {after} ORDER BY {key} LIMIT ?",  # noqa: S608 - as above
            [*([] if last is None else [last]), limit],
        )

    def _select(self, sql: str, values: Sequence[object]) -> list[Row]:
        cursor = self._database.execute(sql, values)
        columns = [column[0] for column in cursor.description]
        return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]

    def replace(self, table: str, rows: list[Row]) -> int:
        """Replace the contents of a table; return the number of rows."""
        with self._database.transaction():
            self._database.execute(f"DELETE FROM {table}")  # noqa: S608 - as above
            self._insert(table, rows)
        return len(rows)

    def append(self, table: str, rows: list[Row]) -> Any:
        """Append rows to a table of ``KEYS`` in one transaction; return the last key."""
        with self._database.transaction():
            self._insert(table, rows)
            if table == "texts" and "bands" in self._database.text_tables:
                self._database.execute_many(
                    "INSERT INTO bands VALUES (?, ?) ON CONFLICT DO NOTHING",
                    # Sorted, so that each page of the table is changed once.
                    sorted(
                        (band, row["number"]) for row in rows for band in bands(row["signature"])
                    ),
                )
        return rows[-1][KEYS[table]]

    def _insert(self, table: str, rows: list[Row]) -> None:
        if rows:
            self._database.insert(table, [*rows[0]], [tuple(row.values()) for row in rows])

    def finish(self, source: str, target: str) -> None:
        """Assign a node's files to its name in this ledger; continue its numbering."""
        for table in ("files", "stored_files"):
            self._database.execute(f"UPDATE {table} SET node = ? WHERE node = ?", (target, source))  # noqa: S608 - literals
        self._database.continue_numbers(("names", "articles", "texts"))
