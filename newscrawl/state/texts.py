"""Index of MinHash text signatures in the ledger, for near-duplicate detection."""

import struct
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from operator import mul

from newscrawl.state.database import Database, packed
from newscrawl.text.signatures import BAND, PERMUTATIONS, bands

_CANDIDATES = 500
"""Maximum number of candidates that are compared with a text."""

_LATEST = 9223372036854775807
"""Larger than the number of any text."""


class TextSignatures(ABC):
    """Interface of the signature index: stores MinHash signatures, finds similar texts.

    Args:
        database: Database that holds them.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    @abstractmethod
    def note_texts(self, signatures: Mapping[str, bytes]) -> None:
        """Store the signatures of articles' texts. Part of the caller's transaction."""

    @abstractmethod
    def alike(self, article: str, signature: bytes) -> Iterator[tuple[str, bytes]]:
        """Yield identifiers and signatures of texts that share a band, first stored first.

        Texts that were stored after that of ``article`` are left out.
        """

    def has_text(self, article: str) -> bool:
        """Return whether the signature of an article's text is stored."""
        row = self._database.execute("SELECT 1 FROM texts WHERE id = ?", (article,)).fetchone()
        return row is not None


class BandTable(TextSignatures):
    """Signature index with a table of the signatures' LSH bands, for SQLite."""

    def note_texts(self, signatures: Mapping[str, bytes]) -> None:
        """Store the signatures of articles' texts. Part of the caller's transaction."""
        for article, signature in signatures.items():
            (number,) = self._database.execute(
                "INSERT INTO texts (id, signature) VALUES (?, ?)"
                " ON CONFLICT (id) DO UPDATE SET signature = excluded.signature RETURNING number",
                (article, signature),
            ).fetchone()
            self._database.execute_many(
                "INSERT INTO bands VALUES (?, ?) ON CONFLICT DO NOTHING",
                [(band, number) for band in bands(signature)],
            )

    def alike(self, article: str, signature: bytes) -> Iterator[tuple[str, bytes]]:
        """Yield texts that share a band."""
        shared = bands(signature)
        marks = ", ".join("?" * len(shared))
        candidates = self._database.execute(
            f"SELECT DISTINCT number FROM bands WHERE band IN ({marks}) AND number <"  # noqa: S608 - values are bound
            f" coalesce((SELECT number FROM texts WHERE id = ?), {_LATEST})"
            f" ORDER BY number LIMIT {_CANDIDATES}",
            [*shared, article],
        ).fetchall()
        for (candidate,) in candidates:
            yield self._database.execute(
                "SELECT id, signature FROM texts WHERE number = ?", (candidate,)
            ).fetchone()


class KeyIndex(TextSignatures):
    """Signature index with an array of short band keys per text, for PostgreSQL.

    A row for each band would take more space than the texts. A few texts in a million share a key
    without a common band; the query filters them out.
    """

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._looked_up: tuple[str, bool] = ("", False)

    def note_texts(self, signatures: Mapping[str, bytes]) -> None:
        """Store the signatures of articles' texts. Part of the caller's transaction."""
        rows = packed((article, sign.hex()) for article, sign in signatures.items())
        self._database.execute(
            "INSERT INTO texts (id, signature) SELECT value->>0, decode(value->>1, 'hex')"  # noqa: S608 - a literal
            f" FROM {self._database.rows}"
            " ON CONFLICT (id) DO UPDATE SET signature = excluded.signature",
            (rows,),
        )
        self._looked_up = "", False

    def alike(self, article: str, signature: bytes) -> Iterator[tuple[str, bytes]]:
        """Yield texts that share a band."""
        rows = self._database.execute(
            "SELECT number, id, signature FROM alike_texts(?, ?, ?::integer[], ?)",
            (article, signature, text_keys(signature), _CANDIDATES + 1),
        ).fetchall()
        own = next((number for number, known, _ in rows if known == article), None)
        self._looked_up = article, own is not None
        for number, candidate, other in rows:
            if number < (own or _LATEST):
                yield candidate, other

    def has_text(self, article: str) -> bool:
        """Return whether the signature of an article's text is stored."""
        known, stored = self._looked_up
        return stored if known == article else super().has_text(article)


def text_keys(signature: bytes) -> list[int]:
    """Return the keys of a signature's bands, as the database function of this name does.

    The function would take as long as the look-up.
    """
    values = struct.unpack(f"<{PERMUTATIONS}H", signature)
    return [
        band << 17 | (sum(map(mul, values[BAND * band :], _FACTORS)) >> 15) & 0x1FFFF
        for band in range(PERMUTATIONS // BAND)
    ]


_FACTORS = (2654435761, 2246822519, 3266489917)
