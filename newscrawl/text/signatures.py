"""Near-duplicate detection by MinHash signatures of texts.

A text's signature is its MinHash over word n-grams. Texts that share a band of it are compared, so
that a text is found among millions with a few look-ups.
"""

import struct
from collections.abc import Iterable, Iterator, Mapping
from operator import eq
from typing import Protocol
from zlib import crc32

from newscrawl.text.cleaning import words

PERMUTATIONS = 36
"""Number of values in a signature."""

BAND = 3
"""Values per band: texts of similarity 0.7 share one of the twelve with 99.3 % probability."""

ALIKE = 0.5
"""Share of equal values from which two texts are the same; unrelated news share 0.05, and texts
about one event in similar words at most 0.3 (demo network)."""

FEWEST_WORDS = 30
"""Shorter texts are similar by chance."""

_RUN = 4
_SEED = 20


def signature(text: str) -> bytes | None:
    """Return the MinHash of a text; ``None`` if it is too short to be distinctive."""
    from rensa import RMinHash  # imported with the first text

    said = words(text)
    if len(said) < FEWEST_WORDS:
        return None
    minhash = RMinHash(num_perm=PERMUTATIONS, seed=_SEED)
    runs = zip(*(said[at:] for at in range(_RUN)), strict=False)
    minhash.update(list(map(" ".join, runs)))
    return struct.pack(f"<{PERMUTATIONS}H", *(value & 0xFFFF for value in minhash.digest()))


def bands(sign: bytes) -> list[int]:
    """Return the bands, of which similar texts probably share one: 36-bit numbers."""
    size = 2 * BAND
    return [(at // size) << 32 | crc32(sign[at : at + size]) for at in range(0, len(sign), size)]


def likeness(one: bytes, other: bytes) -> float:
    """Return the share of equal values of two signatures: an estimate of the texts' similarity."""
    count = len(one) // 2
    equal = map(eq, struct.unpack(f"<{count}H", one), struct.unpack(f"<{count}H", other))
    return float(sum(equal) / count)


def first_of(sign: bytes, candidates: Iterable[tuple[str, bytes]]) -> str | None:
    """Return the first candidate whose text is the same."""
    return next((name for name, other in candidates if likeness(sign, other) >= ALIKE), None)


class TextStore(Protocol):
    """Interface of the store of text signatures."""

    def has_text(self, article: str) -> bool:
        """Return whether the signature of an article's text is stored."""

    def alike(self, article: str, signature: bytes) -> Iterator[tuple[str, bytes]]:
        """Yield earlier texts that share a band."""

    def note_texts(self, signatures: Mapping[str, bytes]) -> None:
        """Store signatures by article in the open transaction."""


class TextIndex:
    """Index of texts, stored and pending, that finds those nearly equal to a new one.

    ``first_alike`` looks a text up, ``accept`` adds it once its record is to be written, and
    ``commit`` stores what was accepted, in the transaction that commits the records.
    """

    def __init__(self, store: TextStore) -> None:
        self._store = store
        self._signed: dict[str, tuple[bytes, list[int]]] = {}
        self._accepted: dict[str, tuple[bytes, list[int]]] = {}

    def first_alike(self, article: str, sign: bytes | None) -> str | None:
        """Return the article whose near-equal text was known first, if there is one.

        Raises:
            StoreError: the store cannot be read.
        """
        if sign is None:
            return None
        shared = bands(sign)
        self._signed[article] = sign, shared
        found = first_of(sign, self._store.alike(article, sign))
        if found or self._store.has_text(article):
            return found
        own = set(shared)
        return first_of(
            sign,
            (
                (name, other)
                for name, (other, others) in self._accepted.items()
                if name != article and not own.isdisjoint(others)
            ),
        )

    def accept(self, article: str) -> None:
        """Add a text that was looked up, as its record will be written."""
        if signed := self._signed.pop(article, None):
            self._accepted[article] = signed

    def commit(self) -> None:
        """Store the accepted texts, and discard the others.

        Raises:
            StoreError: the store cannot be written.
        """
        if self._accepted:
            self._store.note_texts({name: sign for name, (sign, _) in self._accepted.items()})
        self._accepted.clear()
        self._signed.clear()
