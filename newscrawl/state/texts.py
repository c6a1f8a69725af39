"""Index of text signatures for near-duplicate detection."""

from collections.abc import Iterator, Sequence

from newscrawl.state.database import Database

_CANDIDATES = 500
"""Maximum number of candidates that are compared with a text."""


class TextIndex:
    """MinHash signatures of texts, indexed by band.

    Args:
        database: Database that holds them.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def first_alike(
        self, article: str, signature: bytes, bands: Sequence[int]
    ) -> Iterator[tuple[str, bytes]]:
        """Store a text's signature and yield earlier articles that share a band, oldest first.

        Yields ids with signatures of articles seen before ``article``. Part of the
        caller's transaction.
        """
        row = self._database.execute(
            "SELECT number, signature FROM texts WHERE id = ?", (article,)
        ).fetchone()
        if row is None:
            inserted = self._database.execute(
                "INSERT INTO texts (id, signature) VALUES (?, ?)", (article, signature)
            )
            number = inserted.lastrowid
        else:
            number = row[0]
            if row[1] != signature:
                self._database.execute(
                    "UPDATE texts SET signature = ? WHERE number = ?", (signature, number)
                )
        self._database.execute_many(
            "INSERT OR IGNORE INTO bands VALUES (?, ?)", [(band, number) for band in bands]
        )
        marks = ", ".join("?" * len(bands))
        candidates = self._database.execute(
            f"SELECT DISTINCT number FROM bands WHERE band IN ({marks}) AND number < ?"  # noqa: S608 - values are bound
            f" ORDER BY number LIMIT {_CANDIDATES}",
            [*bands, number],
        ).fetchall()
        for (candidate,) in candidates:
            yield self._database.execute(
                "SELECT id, signature FROM texts WHERE number = ?", (candidate,)
            ).fetchone()
