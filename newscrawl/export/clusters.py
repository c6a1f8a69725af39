"""Duplicate clusters: groups the selected articles with the same or nearly the same text.

Texts with the same words are exact duplicates. Other candidates share a band of their MinHash
signatures or their first words, and are compared with the cluster's representative word by word.
Signatures are kept in arrays, texts only while a cluster is compared: memory grows by about 200
bytes per article.
"""

import heapq
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from newscrawl.text.cleaning import words
from newscrawl.text.signatures import ALIKE, BAND, PERMUTATIONS, signature

Numbers = NDArray[Any]
"""Numbers of texts, or a key of each."""

NEAR = 0.5
"""Minimum Jaccard similarity of two texts in a cluster."""

PART = 0.75
"""Share of a text's word sequences in a longer text from which it counts as a cut copy of that."""

_SEQUENCE = 4
_FIRST_WORDS = 12
_FEWEST_WORDS = 12
"""Shorter texts are never compared: they are stubs and captions."""

_CROWD = 64
"""Number of texts with the same first words above which these are a standard phrase."""

_NEIGHBOURS = 8
"""Texts of a band that each text is compared with, besides the first one."""

_PAIRS_TOGETHER = 100_000
"""Pairs whose signatures are compared together."""

_ROUNDS = 50
"""Representatives that are tried within one group of candidates."""

_DAY = 86_400.0


class Fingerprint(NamedTuple):
    """Word count, hashes and MinHash of a text, by which duplicates are found."""

    size: int
    """Number of words."""
    digest: bytes
    """Hash of all words, 8 bytes; of a short text, including its title."""
    beginning: int
    """Hash of the first words; 0 if there are too few."""
    signature: bytes
    """MinHash; empty if the text is too short."""


def fingerprint(title: str, text: str) -> Fingerprint:
    """Return the fingerprint of an article's text."""
    said = words(text)
    sign = signature(text) or b""
    whole = said if sign else [*words(title), "", *said]
    beginning = int.from_bytes(_hash(said[:_FIRST_WORDS])) >> 1 if sign else 0
    comparable = len(said) >= _FEWEST_WORDS
    return Fingerprint(len(said), _hash(whole) if comparable else b"", beginning, sign)


def _hash(said: Sequence[str]) -> bytes:
    return blake2b(" ".join(said).encode(), digest_size=8).digest()


@dataclass(frozen=True, slots=True)
class ClusterText:
    """An article to be clustered: fingerprint of its text and publication time."""

    fingerprint: Fingerprint
    """Fingerprint of the article's text."""
    published: float
    """Publication, seconds since 1970, UTC; the day's first second if only the day is known."""
    precise: bool
    """Whether the time of day is known."""


class ClusterMember(NamedTuple):
    """An article's rank in its duplicate cluster, and similarity to the representative."""

    article: int
    """Number of the article."""
    representative: int
    """Number of the article that represents the cluster."""
    size: int
    """Number of articles in the cluster."""
    rank: int
    """Rank in the cluster, 1 for the representative."""
    similarity: float
    """Similarity to the representative; 1.0 does not imply exact equality."""
    exact: bool
    """Whether the words are the same."""


class Clusters:
    """Duplicate clusters: fingerprints of all texts are added, then ``places`` yields members.

    Texts are numbered from 0, in the order in which they are added.

    Args:
        count: how many texts will be added.
        read: returns the text of a number; called only for candidates.
    """

    def __init__(self, count: int, read: Callable[[int], str]) -> None:
        self._read = read
        self._count = 0
        self._sizes = np.zeros(count, np.int32)
        self._published = np.zeros(count, np.float64)
        self._precise = np.zeros(count, np.bool_)
        self._digests = np.zeros(count, np.uint64)
        self._beginnings = np.zeros(count, np.int64)
        self._signatures = np.zeros((count, PERMUTATIONS), np.uint16)
        self._parents = np.arange(count, dtype=np.int32)

    def add(self, text: ClusterText) -> None:
        """Add the next text."""
        number, printed = self._count, text.fingerprint
        self._count += 1
        self._sizes[number], self._precise[number] = printed.size, text.precise
        self._published[number] = text.published
        if printed.digest:
            # 0 means no hash.
            self._digests[number] = int.from_bytes(printed.digest) or 1
        if printed.signature:
            self._beginnings[number] = printed.beginning
            self._signatures[number] = np.frombuffer(printed.signature, "<u2")

    def places(self) -> Iterator[ClusterMember]:
        """Yield each text of a cluster of several, cluster by cluster."""
        firsts = self._unite_equal()
        self._unite_alike(firsts)
        roots = self._roots()
        order = np.argsort(roots, kind="stable")
        starts, lengths = _runs(roots[order])
        for run in np.flatnonzero(lengths > 1):
            start = starts[run]
            yield from self._split(order[start : start + lengths[run]].tolist())

    # --- Candidates -------------------------------------------------------------------------------

    def _unite_equal(self) -> Numbers:
        """Unite texts with the same words; return one number of each group with a signature."""
        _, firsts, inverse = np.unique(self._digests, return_index=True, return_inverse=True)
        known = self._digests > 0
        self._parents[known] = firsts[inverse][known]
        return firsts[self._beginnings[firsts] > 0]

    def _unite_alike(self, firsts: Numbers) -> None:
        """Unite texts with a common band and similar signatures, or with the same beginning."""
        for at in range(0, PERMUTATIONS, BAND):
            key = self._signatures[firsts, at].astype(np.uint64)
            for shift in range(1, BAND):
                key = key << np.uint64(16) | self._signatures[firsts, at + shift]
            for one, other in _neighbours(key):
                self._unite_if_alike(firsts[one], firsts[other])
        for one, other in _neighbours(self._beginnings[firsts], _CROWD):
            self._unite(firsts[one], firsts[other])

    def _unite_if_alike(self, ones: Numbers, others: Numbers) -> None:
        for start in range(0, len(ones), _PAIRS_TOGETHER):
            one, other = (pair[start : start + _PAIRS_TOGETHER] for pair in (ones, others))
            alike = (self._signatures[one] == self._signatures[other]).mean(axis=1) >= ALIKE
            self._unite(one[alike], other[alike])

    def _unite(self, ones: Iterable[int], others: Iterable[int]) -> None:
        for one, other in zip(ones, others, strict=True):
            left, right = self._root(int(one)), self._root(int(other))
            self._parents[max(left, right)] = min(left, right)

    def _root(self, number: int) -> int:
        parents = self._parents
        while (parent := int(parents[number])) != number:
            parents[number] = parents[parent]
            number = parent
        return number

    def _roots(self) -> Numbers:
        roots = self._parents
        while not np.array_equal(roots, roots[roots]):
            roots = roots[roots]
        return roots

    # --- Clusters ---------------------------------------------------------------------------------

    def _split(self, group: list[int]) -> Iterator[ClusterMember]:
        """Divide candidates into clusters around representatives."""
        waiting = self._ranked(group)
        for _ in range(_ROUNDS):
            if len(waiting) < 2:
                return
            first, *others = waiting
            held = _sequences(self._read(first)) if self._are_compared(first, others) else set()
            similar = {other: self._similarity(first, held, other) for other in others}
            members = [first, *(other for other in others if similar[other] > 0)]
            if len(members) > 1:
                for rank, member in enumerate(members, start=1):
                    same = bool(self._digests[member] == self._digests[first])
                    yield ClusterMember(
                        member, first, len(members), rank, similar.get(member, 1.0), same
                    )
            waiting = [other for other in others if similar[other] == 0]

    def _are_compared(self, first: int, others: Iterable[int]) -> bool:
        return any(self._digests[first] != self._digests[other] for other in others)

    def _similarity(self, first: int, held: set[int], other: int) -> float:
        """Return the similarity of two texts; 0 if they do not belong to one cluster."""
        if self._digests[first] == self._digests[other]:
            return 1.0
        return similarity(held, _sequences(self._read(other)))

    def _ranked(self, group: Iterable[int]) -> list[int]:
        """Order texts by publication; of those that may have been first, the longest.

        A date without a time is neither before nor after another time of the same day.
        """
        starting = sorted(group, key=lambda number: (self._published[number], number))
        starting.reverse()
        ending = [(self._end(number), number) for number in starting]
        heapq.heapify(ending)
        possible: list[tuple[int, float, int]] = []
        done: set[int] = set()
        ranked: list[int] = []
        while ending:
            if ending[0][1] in done:
                heapq.heappop(ending)
                continue
            while starting and self._published[starting[-1]] <= ending[0][0]:
                number = starting.pop()
                entry = (-int(self._sizes[number]), float(self._published[number]), number)
                heapq.heappush(possible, entry)
            number = heapq.heappop(possible)[2]
            done.add(number)
            ranked.append(number)
        return ranked

    def _end(self, number: int) -> float:
        """Return the last second at which an article may have been published."""
        return float(self._published[number]) + (0 if self._precise[number] else _DAY - 1)


def similarity(one: set[int], other: set[int]) -> float:
    """Return the similarity of two texts by their word sequences; 0 if they are different texts.

    >>> similarity({1, 2, 3, 4}, {1, 2, 3, 5}), similarity({1}, {2})
    (0.6, 0.0)
    """
    common = len(one & other)
    jaccard = common / (len(one | other) or 1)
    part = common / (min(len(one), len(other)) or 1)
    if jaccard >= NEAR:
        return jaccard
    return part if part >= PART else 0.0


def _sequences(text: str) -> set[int]:
    said = words(text)
    return set(map(hash, zip(*(said[at:] for at in range(_SEQUENCE)), strict=False)))


def _runs(keys: Numbers) -> tuple[Numbers, Numbers]:
    """Return where each run of equal keys starts, and how long it is."""
    if not len(keys):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    starts = np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1])))
    return starts, np.diff(np.concatenate((starts, [len(keys)])))


def _neighbours(keys: Numbers, crowd: int | None = None) -> Iterator[tuple[Numbers, Numbers]]:
    """Yield pairs of positions with equal keys: each with the first of its key and the next few.

    Keys of more than ``crowd`` positions are left out.
    """
    order = np.argsort(keys, kind="stable")
    starts, lengths = _runs(keys[order])
    start_of = np.repeat(starts, lengths)
    fits = np.repeat(lengths <= (crowd or len(order)), lengths)
    places = np.arange(len(order))
    for step in range(1, _NEIGHBOURS + 1):
        later = places[(places - start_of >= step) & fits]
        if not len(later):
            return
        yield order[later - step], order[later]
        if step == 1:
            yield order[start_of[later]], order[later]
