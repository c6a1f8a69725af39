"""Match page text with the aggregator's copy by word n-grams (shingles), and score agreement.

Both texts are cut into shingles, runs of ``SIZE`` folded words (characters in scripts without
spaces). Shingles tolerate the damage of copies: a lost word affects only three of them, quotes,
dashes and diacritics are folded, and joined paragraphs do not matter.
"""

from collections.abc import Sequence
from datetime import datetime
from itertools import repeat

from newscrawl.items import Agreement
from newscrawl.text.cleaning import words

SIZE = 3
"""Words in a shingle. Two would match by chance too often, four would suffer from lost words."""

MOST_WORDS = 20_000
"""Maximum words of a text that are compared; more are a book, or an attack."""

_MOST_CHARACTERS = 10 * MOST_WORDS


ABSENT = -2
"""Place of a shingle that a text lacks; no place follows it."""

WHOLE = 0.8
"""Minimum share of the copy on a page that is not cut."""


def compared(text: str) -> list[str]:
    """Return the words by which a text is compared, at most ``MOST_WORDS``."""
    found = words(text[:_MOST_CHARACTERS])
    del found[MOST_WORDS:]
    return found


def shingles(sequence: Sequence[str], size: int = SIZE) -> list[int]:
    """Return the shingles of a sequence of words, in order, as hashes; one for a short sequence.

    Hashes are valid within one process only. Integers are cheap to keep, as the garbage collector
    does not track them.

    >>> len(shingles(["a", "b", "c", "d"])), len(shingles(["a", "b"])), shingles([])
    (2, 1, [])
    >>> shingles(["a", "b", "c", "d"])[1] == shingles(["b", "c", "d"])[0]
    True
    """
    if len(sequence) <= size:
        return [hash(tuple(sequence))] if sequence else []
    return list(map(hash, zip(*[sequence[start:] for start in range(size)], strict=False)))


class Reference:
    """Reference text (the copy, or metadata of the page) that text blocks are matched to."""

    def __init__(self, text: str) -> None:
        self.words: list[str] = []
        self._read: dict[str, list[str]] = {}
        self._stands: dict[str, int] = {}
        # Most paragraphs of a page with this text match it letter by letter.
        for paragraph in text[:_MOST_CHARACTERS].split("\n\n"):
            self._stands.setdefault(paragraph, len(self.words))
            self.words += self.read(paragraph)
        del self.words[MOST_WORDS:]
        self.shingles = shingles(self.words)
        last = len(self.shingles) - 1
        # In reverse, so that the first position of a repeated shingle is kept.
        self.positions = dict(zip(reversed(self.shingles), range(last, -1, -1), strict=True))
        self._placed: dict[str, list[int]] = {}
        self._last: tuple[str, tuple[float, float]] | None = None

    def __len__(self) -> int:
        return len(self.shingles)

    def read(self, paragraph: str) -> list[str]:
        """Return the words of a paragraph, cached because they are needed twice."""
        found = self._read.get(paragraph)
        if found is None:
            found = self._read[paragraph] = compared(paragraph)
        return found

    def lacks(self, said: list[str]) -> bool:
        """Return whether the reference has no six of those words in sequence.

        Only every fourth shingle is checked; a dozen words are needed for that.
        """
        return len(said) >= 12 and self.positions.keys().isdisjoint(
            map(hash, zip(said[::4], said[1::4], said[2::4], strict=False))
        )

    def places(self, said: list[str], size: int = SIZE) -> list[int]:
        """Return for each shingle of some words its place in this text, or ``ABSENT``."""
        return self._places_of(shingles(said, size))

    def places_in(self, paragraph: str) -> list[int]:
        """Return the places of a paragraph's shingles, and cache them."""
        found = self._placed.get(paragraph)
        if found is None:
            said, start = self.read(paragraph), self._stands.get(paragraph)
            if start is not None and SIZE <= len(said) <= len(self.words) - start:
                found = self._places_of(self.shingles[start : start + len(said) - SIZE + 1])
            else:
                found = self.places(said)
            self._placed[paragraph] = found
        return found

    def _places_through(self, text: str) -> list[int]:
        """Return the places of a text's shingles, including those across ends of paragraphs."""
        parts = text[:_MOST_CHARACTERS].split("\n\n")
        if len(self.words) < SIZE:  # its only shingle has fewer than three words
            said = [word for part in parts for word in self.read(part)]
            return self.places(said, min(SIZE, len(self.words)))
        found: list[int] = []
        before: list[str] = []  # words of shingles that are not complete yet
        for part in parts:
            said = self.read(part)
            over = before + said[: SIZE - 1]
            if len(over) >= SIZE:
                found += self.places(over)
            if len(said) >= SIZE:
                found += self.places_in(part)
            before = (before + said[1 - SIZE :])[1 - SIZE :]
        return found

    def _places_of(self, sequence: list[int]) -> list[int]:
        return list(map(self.positions.get, sequence, repeat(ABSENT)))

    def overlap(self, text: str) -> tuple[float, float]:
        """Measure the overlap with another text.

        Returns:
            The share of this text's shingles that the other has in one stretch, and the F1 of that
            share and of the share of the stretch's shingles that this text has.
        """
        if self._last and self._last[0] == text:
            return self._last[1]
        places = self._places_through(text)
        start, stop = _densest(places)
        found = (0.0, 0.0)
        if start < stop:
            stretch = places[start:stop]
            misses = stretch.count(ABSENT)
            contained = (len(set(stretch)) - bool(misses)) / len(self.positions)
            precision = (len(stretch) - misses) / len(stretch)
            found = contained, 2 * contained * precision / (contained + precision)
        self._last = text, found
        return found


def likeness(one: str | None, other: str | None) -> float | None:
    """Return the similarity of two lines: F1 of their folded words, 0 to 1.

    >>> likeness("L’été à Fès", "L'ete a Fes")
    1.0
    >>> likeness("One", None)
    """
    if not one or not other:
        return None
    left, right = words(one[:1000]), words(other[:1000])
    if not left or not right:
        return None
    rest = list(right)
    common = 0
    for word in left:
        if word in rest:
            rest.remove(word)
            common += 1
    return 2 * common / (len(left) + len(right))


def agreement_of(
    reference: Reference | None,
    text: str | None,
    copy_title: str | None,
    title: str | None,
    copied: datetime | None,
    published: datetime | None,
) -> Agreement:
    """Measure the agreement of an extracted page with a copy.

    ``title``: F1 of the folded words of the two titles. ``contained``: share of the copy's
    shingles found in the body. ``text``: F1 of ``contained`` and of the share of the body's
    shingles that the copy has, over the stretch of the body between the first and last shingle
    of the copy, so that a copy that is only a lead still agrees. ``days``: the body's date minus
    the copy's.
    """
    agreement = Agreement(title=likeness(copy_title, title))
    if copied and published:
        agreement.days = (published.date() - copied.astimezone(published.tzinfo).date()).days
    if reference and text:
        agreement.contained, agreement.text = reference.overlap(text)
    return agreement


def _densest(places: list[int]) -> tuple[int, int]:
    """Find the stretch with the most hits minus misses, a miss weighing half a hit."""
    best = total = 0
    start = span = stop = index = 0
    ended = [*places, ABSENT]
    while index < len(places):
        miss = ended.index(ABSENT, index)
        total += 2 * (miss - index)
        if total > best:
            best, start, stop = total, span, miss
        total -= 1
        index = miss + 1
        if total <= 0:
            total, span = 0, index
    return start, stop


def holds_less(text: str, copy_text: str, contained: float | None) -> bool:
    """Return whether a page contains only a part of its copy, such as the first of several pages.

    Args:
        text: The page's body.
        copy_text: The copy.
        contained: Share of the copy that the body contains; ``None`` if it was not measured.
    """
    return contained is not None and contained < WHOLE and len(text) < WHOLE * len(copy_text)
