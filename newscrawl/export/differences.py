"""Find the passages that differ between copy and source, or between two records.

Texts are divided into sentences and aligned; sentences with the same words are equal, regardless
of punctuation, case and accents.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from difflib import SequenceMatcher
from typing import Literal, NamedTuple

from newscrawl.aggregator.phrases import is_stub, is_truncated
from newscrawl.export.columns import Day
from newscrawl.extraction.paywall import announces_paywall
from newscrawl.items import Article, Share
from newscrawl.text.bylines import split_bylines
from newscrawl.text.cleaning import fold, western_digits, words
from newscrawl.text.mojibake import looks_mojibake

Kind = Literal["cut", "added", "replaced", "headline", "date", "author", "encoding", "paywall"]
"""Kind of difference; see ``Difference.kind``."""

_SAME_SENTENCE = 0.5
"""Share of common words from which two sentences are variants of one."""

_MOST_SENTENCES = 1000
"""Maximum number of compared sentences of a text."""

_SENTENCE = re.compile(r"(?<=[.!?؟…])[»”\"')\]]*\s+|\n+")
_ABBREVIATION = re.compile(r"(?:\b[^\W\d_]|\b(?:Mme|Mlle|Mr|Mrs|Dr|Pr|St|Ste|No|art|av|cf|etc))\.$")
_NUMBER = re.compile(r"\d+(?:[.,\s]\d+)*")
_NAME = re.compile(r"(?<=[\w,;:’'] )(?:[^\W\d_a-z][\w’'-]+)(?: [^\W\d_a-z][\w’'-]+)*")
_CAPITAL = re.compile(r"[^\W\d_]")
_LONGEST = 20_000
"""Maximum characters of a passage in the output."""

_MOST_PAIRS = 10_000_000
"""Pairs of words up to which changed words are counted by an alignment, else without order."""


@dataclass(slots=True)
class Difference:
    """A difference between an article's copy and source, or between two versions of its record."""

    id: str = ""
    """Identifier of the article."""
    newspaper: str = ""
    """Aggregator, edition and outlet: ``maghress/fr/lopinion``."""
    day: Day = ""
    """Day of publication where the outlet is."""
    language: str | None = None
    """ISO 639 code of the text."""
    first: str = "copy"
    """The first version: ``copy``, or ``version 1`` of the record."""
    second: str = "source"
    """The second version: ``source``, or ``version 2`` of the record."""
    kind: Kind = "replaced"
    """What differs: ``cut`` (passage of one version only that the other lost), ``added`` (passage
    that only the second has), ``replaced`` (sentence in other words), ``headline``, ``date``,
    ``author``, ``encoding`` (broken letters) or ``paywall`` (the source shows no more)."""
    side: str | None = None
    """Version that lost or gained the passage, or is damaged: ``copy``, ``source``, or that of the
    record; ``null`` where only the field differs."""
    position: Share | None = None
    """Position of the passage in its text: 0 is the beginning, 1 the end."""
    words: int = 0
    """Number of words that differ."""
    numbers: list[str] = field(default_factory=list)
    """Numbers that only one of the two passages has."""
    names: list[str] = field(default_factory=list)
    """Capitalised words that only one of the two passages has; Arabic has none."""
    before: str | None = None
    """Passage of the first version; ``null`` if only the second has it."""
    after: str | None = None
    """Passage of the second version; ``null`` if only the first has it."""


class _Sentence(NamedTuple):
    """A sentence, its position in the text, and its words for comparison."""

    text: str
    start: int
    key: tuple[str, ...]


class _Passage(NamedTuple):
    """Aligned sentences of two texts that differ."""

    before: Sequence[_Sentence]
    after: Sequence[_Sentence]


def between_copy_and_source(article: Article) -> Iterator[Difference]:
    """Yield what differs between the aggregator's copy and the outlet's page.

    Pages that are not the article, or could not be parsed, yield nothing.
    """
    copy, source = article.copy, article.source
    if source.status not in ("ok", "paywalled"):
        return
    yield from _headline(copy.title, source.title)
    yield from _date(copy.published, source.published)
    if copy.byline:
        yield from _author(split_bylines(copy.byline), source.authors)
    if not copy.text or not source.text:
        return
    if looks_mojibake(copy.text) and not looks_mojibake(source.text):
        broken = [word for word in copy.text.split() if looks_mojibake(word)]
        yield Difference(kind="encoding", side="copy", words=len(broken), before=broken[0])
        return
    is_cut = copy.truncated or is_truncated(copy.text) or is_stub(copy.text)
    walled = source.status == "paywalled"
    yield from _passages(copy.text, source.text, cut_first=is_cut, cut_second=walled)


def between_records(old: Article, new: Article) -> Iterator[Difference]:
    """Yield what differs between an earlier and a later record of an article.

    Texts are compared only if both have the same origin; otherwise the text itself did not change.
    """
    first, second = f"version {old.version}", f"version {new.version}"
    found = [*_headline(old.title, new.title), *_date(old.published, new.published)]
    found += _author(old.authors, new.authors)
    if old.text and new.text and old.origin == new.origin:
        found += _passages(old.text, new.text, cut_first=False, cut_second=False)
    for difference in found:
        difference.first, difference.second = first, second
        if difference.side:
            difference.side = second
        yield difference


# --- Fields ---------------------------------------------------------------------------------------


def _headline(before: str | None, after: str | None) -> Iterator[Difference]:
    if before and after and not looks_mojibake(before) and words(before) != words(after):
        yield _differing("headline", None, before, after)


def _date(before: str | None, after: str | None) -> Iterator[Difference]:
    if not before or not after:
        return
    first, second = datetime.fromisoformat(before), datetime.fromisoformat(after)
    if first.date() != second.astimezone(first.tzinfo).date() and before[:10] != after[:10]:
        yield Difference(kind="date", before=before, after=after)


def _author(before: Sequence[str], after: Sequence[str]) -> Iterator[Difference]:
    if not before or not after or looks_mojibake(" ".join(before)):
        return
    if sorted(map(fold, before)) != sorted(map(fold, after)):
        difference = _differing("author", None, ", ".join(before), ", ".join(after))
        difference.names = _only_one(Counter(before), Counter(after))
        yield difference


# --- Texts ----------------------------------------------------------------------------------------


def _passages(
    before: str, after: str, *, cut_first: bool, cut_second: bool
) -> Iterator[Difference]:
    """Yield the passages in which two texts differ.

    Args:
        before: the first text.
        after: the second text.
        cut_first: whether the first is known to be cut at its end.
        cut_second: whether the second is; a subscription prompt implies it, too.
    """
    one, two = _sentences(before), _sentences(after)
    if cut_first and one:
        del one[-1]  # a partial sentence, or a reference to the full text
    known = {sentence.key for sentence in one}
    for at, sentence in enumerate(two):
        if sentence.key not in known and _is_notice(sentence.text):
            cut_second = True
            del two[at:]
            break
    if cut_second:
        while two and two[-1].key not in known:
            del two[-1]  # the subscription prompt, and all text after it
    for passage in _aligned(one, two):
        first, second = _joined(passage.before, before), _joined(passage.after, after)
        if first and second:
            found = _differing("replaced", "source", first, second)
        elif second:
            kind: Kind = "cut" if cut_first and passage.after[-1] is two[-1] else "added"
            found = _differing(kind, "copy" if kind == "cut" else "source", None, second)
        else:
            kind = "paywall" if cut_second and passage.before[-1] is one[-1] else "cut"
            found = _differing(kind, "source", first, None)
        text, holding = (before, passage.before) if first else (after, passage.after)
        found.position = round(holding[0].start / len(text), 3)
        yield found


def _is_notice(text: str) -> bool:
    """Return whether a sentence offers the rest of the text to subscribers."""
    return is_stub(text) or announces_paywall(text)


def _joined(sentences: Sequence[_Sentence], text: str) -> str | None:
    if not sentences:
        return None
    end = sentences[-1].start + len(sentences[-1].text)
    return text[sentences[0].start : end][:_LONGEST]


def _differing(kind: Kind, side: str | None, before: str | None, after: str | None) -> Difference:
    said, written = words(before or ""), words(after or "")
    return Difference(
        kind=kind,
        side=side,
        words=_words_changed(said, written),
        numbers=_only_one(_numbers(before), _numbers(after)),
        names=_only_one(_names(before), _names(after)),
        before=before,
        after=after,
    )


def _words_changed(one: Sequence[str], other: Sequence[str]) -> int:
    if not one or not other:
        return len(one) + len(other)
    if len(one) * len(other) > _MOST_PAIRS:
        before, after = Counter(one), Counter(other)
        return max((before - after).total(), (after - before).total())
    blocks = SequenceMatcher(None, one, other, autojunk=False).get_opcodes()
    return sum(max(b - a, d - c) for tag, a, b, c, d in blocks if tag != "equal")


def _numbers(text: str | None) -> Counter[str]:
    found = _NUMBER.findall(western_digits(text or ""))
    return Counter("".join(number.split()) for number in found)


def _names(text: str | None) -> Counter[str]:
    return Counter(name for name in _NAME.findall(text or "") if name[0].isupper())


def _only_one(before: Counter[str], after: Counter[str]) -> list[str]:
    return list((before - after) + (after - before))


def _sentences(text: str) -> list[_Sentence]:
    r"""Divide a text into sentences.

    >>> [found.text for found in _sentences("M. Alami part. Il revient !\n\nقال: نعم؟ ثم مضى.")]
    ['M. Alami part.', 'Il revient !', 'قال: نعم؟', 'ثم مضى.']
    """
    found: list[_Sentence] = []
    start = 0
    for match in _SENTENCE.finditer(text):
        end = match.start() + len(match[0].rstrip())
        if "\n" not in match[0] and _ABBREVIATION.search(text, start, match.start()):
            continue
        _add(found, text, start, end)
        start = match.end()
    _add(found, text, start, len(text))
    return found[:_MOST_SENTENCES]


def _add(found: list[_Sentence], text: str, start: int, end: int) -> None:
    if key := tuple(words(text[start:end])):
        found.append(_Sentence(text[start:end], start, key))


def _aligned(one: Sequence[_Sentence], two: Sequence[_Sentence]) -> Iterator[_Passage]:
    """Yield the passages that differ, in order."""
    matcher = SequenceMatcher(
        None, [sentence.key for sentence in one], [sentence.key for sentence in two], autojunk=False
    )
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag == "equal" or _say_the_same(one[a:b], two[c:d]):
            continue
        yield from _paired(one[a:b], two[c:d])


def _say_the_same(one: Sequence[_Sentence], two: Sequence[_Sentence]) -> bool:
    """Return whether only the division into sentences differs."""
    return [w for s in one for w in s.key] == [w for s in two for w in s.key]


def _paired(one: Sequence[_Sentence], two: Sequence[_Sentence]) -> Iterator[_Passage]:
    """Pair the sentences that are variants of each other; join the others to passages."""
    start = 0
    rest: list[_Sentence] = []
    held = [Counter(sentence.key) for sentence in two]
    for sentence in one:
        said = Counter(sentence.key)
        places = (at for at in range(start, len(two)) if _are_alike(said, held[at]))
        place = next(places, None)
        if place is None:
            rest.append(sentence)
            continue
        own, other = [sentence], [two[place]]
        # A heading may be a separate sentence in one text, and begin a sentence in the other.
        if rest and _begins_with(two[place], rest[-1]):
            own.insert(0, rest.pop())
        elif start < place and _begins_with(sentence, two[place - 1]):
            other.insert(0, two[place - 1])
        yield from _unpaired(rest, two[start : place + 1 - len(other)])
        yield _Passage(own, other)
        rest, start = [], place + 1
    yield from _unpaired(rest, two[start:])


def _begins_with(sentence: _Sentence, heading: _Sentence) -> bool:
    return sentence.key[: len(heading.key)] == heading.key


def _unpaired(before: Sequence[_Sentence], after: Sequence[_Sentence]) -> Iterator[_Passage]:
    if before:
        yield _Passage(before, [])
    if after:
        yield _Passage([], after)


def _are_alike(one: Counter[str], other: Counter[str]) -> bool:
    """Return whether two sentences are forms of one, by the words that they share."""
    least = _SAME_SENTENCE / 2 * (one.total() + other.total())
    return min(one.total(), other.total()) >= least and (one & other).total() >= least


DIFFERENCE_FIELDS = tuple(column.name for column in fields(Difference))
"""Names of the columns of a row, in order."""
