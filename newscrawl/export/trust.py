"""Rate whether a record's title and text are reliable (high, check, low), and why.

Two versions that agree confirm each other; signs of damage count against a text; other records
need a human check. The thresholds were chosen on the demo network and measured on real pages with
simulated copies (``benchmarks/trust.py``).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, get_args

from newscrawl.aggregator.phrases import is_stub, is_truncated
from newscrawl.items import Article, Source
from newscrawl.text.cleaning import words
from newscrawl.text.mojibake import looks_mojibake

Level = Literal["high", "check", "low"]
"""``high``: two versions agree. ``check``: one version only, or a doubt about another field than
the text. ``low``: the text is damaged, cut or contradicted."""

Reason = Literal[
    "cut",
    "stub",
    "mojibake",
    "incomplete",
    "contradicted",
    "single_version",
    "title_only",
    "text_differs",
    "copy_cut",
    "longer",
    "title_differs",
    "date_conflict",
    "language_mismatch",
    "other_canonical",
]
"""Why a record is not trusted highly. The first five make it ``low``, each other one ``check``."""

LEVELS: tuple[Level, ...] = get_args(Level)
"""All levels, the best first."""

_LOW = frozenset({"cut", "stub", "mojibake", "incomplete", "contradicted"})

REASONS: dict[Reason, Level] = {
    reason: "low" if reason in _LOW else "check" for reason in get_args(Reason)
}
"""All reasons, the gravest first, each with the level that it lowers a record to."""

_AGREES = 0.9
"""Agreement of the texts from which they confirm each other."""

_CONTRADICTS = 0.5
"""Agreement below which a page has another text, or mostly text that is not the article's."""

_HOLDS = 0.8
"""Minimum share of the copy that a complete source contains."""

_MUCH_LONGER = 1.15
"""Maximum ratio of the lengths of a source and an uncut copy that may be the same text."""

_SAME_TITLE = 0.5
"""Agreement of titles below which the headline was changed, or is another article's."""

_ENOUGH = 12
"""Number of words from which an agreement is not a coincidence."""


@dataclass(frozen=True, slots=True)
class Trust:
    """Trust level of a record, with the reasons why it is not higher."""

    level: Level
    """How far title and text can be trusted."""
    reasons: tuple[Reason, ...] = ()
    """Every doubt, most serious first; empty if the level is ``high``."""


def trust(article: Article) -> Trust:
    """Return the verdict on a record."""
    found = set(_doubts(article))
    reasons = tuple(reason for reason in REASONS if reason in found)
    if not found:
        return Trust("high")
    return Trust("low" if found & _LOW else "check", reasons)


def _doubts(article: Article) -> Iterator[Reason]:
    text = article.text or ""
    of_copy = article.origin == "aggregator"
    if is_truncated(text) or (of_copy and article.copy.truncated):
        yield "cut"
    if not text or "stub" in article.flags or is_stub(text):
        yield "stub"
    if looks_mojibake(text) or looks_mojibake(article.title or ""):
        yield "mojibake"
    if of_copy or article.agreement.text is None:
        yield "single_version"
    else:
        yield from _disagreements(article)
    flags = article.flags
    if "date_conflict" in flags:
        yield "date_conflict"
    if "language_mismatch" in flags:
        yield "language_mismatch"
    if "other_canonical" in flags:
        yield "other_canonical"


def _disagreements(article: Article) -> Iterator[Reason]:
    """Yield the reasons in the copy against the source's text."""
    copied = article.copy.text or ""
    title = article.agreement.title
    if is_stub(copied) or len(words(copied[:1000])) < _ENOUGH:
        yield "title_only" if (title or 0.0) >= _SAME_TITLE else "contradicted"
        return
    if looks_mojibake(copied):
        text = contained = _intact_share(copied, article.source)
    else:
        text, contained = article.agreement.text or 0.0, article.agreement.contained or 0.0
    if text < _CONTRADICTS:
        yield "contradicted"
    elif contained < _HOLDS:
        yield "incomplete"
    elif text < _AGREES:
        yield "text_differs"
    elif article.copy.truncated:
        yield "copy_cut"
    elif len(article.text or "") > _MUCH_LONGER * len(copied):
        yield "longer"
    if title is not None and title < _SAME_TITLE and not looks_mojibake(article.copy.title or ""):
        yield "title_differs"


def _intact_share(copied: str, source: Source) -> float:
    """Return the share of a damaged copy's ASCII words that the source's text contains."""
    intact = [word for part in copied.split() if part.isascii() for word in words(part)]
    if len(intact) < _ENOUGH:
        return 0.0
    held = set(words(source.text or ""))
    return sum(word in held for word in intact) / len(intact)
