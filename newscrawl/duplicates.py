"""Texts that are nearly the same: agency dispatches run in many outlets, sites repeat themselves.

A text's signature is its MinHash over runs of words. Texts that share a band of it are compared, so
that a text is found among millions with a few look-ups.
"""

import struct
from collections.abc import Iterable
from operator import eq
from zlib import crc32

from newscrawl.text import words

PERMUTATIONS = 36
"""Length of a signature."""

BAND = 3
"""Values a band holds: texts alike by 0.7 share one of the twelve with 99.3 % probability."""

ALIKE = 0.5
"""Share of equal values from which two texts are the same; unrelated news share 0.05, and texts of
one event in the same words 0.3 at most (demo network)."""

FEWEST_WORDS = 30
"""Shorter texts are alike by chance."""

_RUN = 4
_SEED = 20


def signature(text: str) -> bytes | None:
    """The MinHash of a text, ``None`` if it is too short to be told from others."""
    from rensa import RMinHash  # loaded with the first text

    said = words(text)
    if len(said) < FEWEST_WORDS:
        return None
    minhash = RMinHash(num_perm=PERMUTATIONS, seed=_SEED)
    runs = zip(*(said[at:] for at in range(_RUN)), strict=False)
    minhash.update(list(map(" ".join, runs)))
    return struct.pack(f"<{PERMUTATIONS}H", *(value & 0xFFFF for value in minhash.digest()))


def bands(sign: bytes) -> list[int]:
    """What texts that are alike probably share: numbers of 36 bits, each with its band's place."""
    size = 2 * BAND
    return [(at // size) << 32 | crc32(sign[at : at + size]) for at in range(0, len(sign), size)]


def likeness(one: bytes, other: bytes) -> float:
    """Share of equal values of two signatures: an estimate of the texts' likeness."""
    count = len(one) // 2
    equal = map(eq, struct.unpack(f"<{count}H", one), struct.unpack(f"<{count}H", other))
    return float(sum(equal) / count)


def first_of(sign: bytes, candidates: Iterable[tuple[str, bytes]]) -> str | None:
    """The first of the candidates whose text is the same."""
    return next((name for name, other in candidates if likeness(sign, other) >= ALIKE), None)
