"""Index of text signatures for near-duplicate detection."""

from collections.abc import Iterator, Sequence

from newscrawl.state.database import Database

_CANDIDATES = 500
"""Maximum number of candidates that are compared with a text."""


class TextSignatures:
    """MinHash signatures of texts, indexed by band.

    Args:
        database: Database that holds them.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def note_text(self, article: str, signature: bytes, bands: Sequence[int]) -> None:
        """Store the signature of an article's text. Part of the caller's transaction."""
        (number,) = self._database.execute(
            "INSERT INTO texts (id, signature) VALUES (?, ?)"
            " ON CONFLICT (id) DO UPDATE SET signature = excluded.signature RETURNING number",
            (article, signature),
        ).fetchone()
        self._database.execute_many(
            "INSERT OR IGNORE INTO bands VALUES (?, ?)", [(band, number) for band in bands]
        )

    def has_text(self, article: str) -> bool:
        """Return whether the signature of an article's text is stored."""
        row = self._database.execute("SELECT 1 FROM texts WHERE id = ?", (article,)).fetchone()
        return row is not None

    def alike(self, article: str, bands: Sequence[int]) -> Iterator[tuple[str, bytes]]:
        """Yield identifiers and signatures of texts that share a band, first stored first.

        Texts that were stored after that of ``article`` are left out.
        """
        marks = ", ".join("?" * len(bands))
        candidates = self._database.execute(
            f"SELECT DISTINCT number FROM bands WHERE band IN ({marks}) AND number <"  # noqa: S608 - values are bound
            " coalesce((SELECT number FROM texts WHERE id = ?), 9223372036854775807)"
            f" ORDER BY number LIMIT {_CANDIDATES}",
            [*bands, article],
        ).fetchall()
        for (candidate,) in candidates:
            yield self._database.execute(
                "SELECT id, signature FROM texts WHERE number = ?", (candidate,)
            ).fetchone()
