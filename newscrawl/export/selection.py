"""Select the records to export by filters: site, dates, status, trust, phrases."""

import hashlib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from newscrawl.export.trust import LEVELS, Level, Trust, trust
from newscrawl.items import Article
from newscrawl.text.cleaning import fold

_SPACE = re.compile(r"\\?\s+")


@dataclass(frozen=True, slots=True)
class Identified:
    """An article of a list of identifiers: its URL and the hash of its text."""

    url: str
    """The aggregator's page."""
    text_sha256: str
    """SHA-256 of its text in UTF-8, hexadecimal."""


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Filters of the records to export; filters that are not given accept every record.

    Filters apply to the latest version of an article, never to an earlier one; with
    ``all_versions`` to each version separately.
    """

    site: tuple[str, ...] = ()
    """Names of aggregators."""
    edition: tuple[str, ...] = ()
    """Language branches."""
    outlet: tuple[str, ...] = ()
    """Outlet slugs."""
    since: date | None = None
    """First day of publication, in the outlet's own time zone."""
    until: date | None = None
    """Last day of publication."""
    origin: tuple[str, ...] = ()
    """Version that title and text were taken from."""
    status: tuple[str, ...] = ()
    """Status of the link to the outlet's page."""
    agreement: float | None = None
    """Minimum ``agreement.text``; records without one have no second text and do not pass."""
    trust: Level | None = None
    """Minimum ``trust``: ``high``, or ``check`` for all but ``low``."""
    grep: tuple[str, ...] = ()
    """Words or phrases of which title or text contains at least one. Case, accents and spellings of
    Arabic (hamza, ta marbuta, alef maqsura, tatweel, tashkeel) make no difference; ``*`` matches
    any letters of a word."""
    duplicates: bool = True
    """Whether all articles with the same text are wanted, or only the representative of each."""
    all_versions: bool = False
    """Whether every version of an article is wanted, or only the latest."""
    sample: int | None = None
    """How many articles to draw, spread over outlets and months; without it, all."""
    seed: int = 1
    """Seed of the sample."""
    ids: Mapping[str, "Identified"] | None = field(default=None, repr=False)
    """Only these articles, by identifier. The version with the listed text is selected; if there is
    none, the latest."""

    def wants(self, article: Article, verdict: Trust | None = None) -> bool:
        """Return whether a record passes all filters but those of duplicates and samples.

        Args:
            article: the record.
            verdict: its trust, if already determined.
        """
        day = (article.published or "")[:10]
        agreement = article.agreement.text
        return (
            _is_in(article.aggregator, self.site)
            and _is_in(article.edition, self.edition)
            and _is_in(article.outlet.slug, self.outlet)
            and _is_in(article.origin, self.origin)
            and _is_in(article.source.status, self.status)
            and (self.since is None or day >= self.since.isoformat())
            and (self.until is None or day <= self.until.isoformat())
            and (self.agreement is None or (agreement is not None and agreement >= self.agreement))
            and (self.ids is None or article.id in self.ids)
            and (self.trust is None or self._trusts(verdict or trust(article)))
            and (not self.grep or self._finds(article))
        )

    def _trusts(self, verdict: Trust) -> bool:
        assert self.trust
        return LEVELS.index(verdict.level) <= LEVELS.index(self.trust)

    def _finds(self, article: Article) -> bool:
        """Return whether title or text contains one of the phrases."""
        return any(
            self._phrases.search(fold(part)) for part in (article.title, article.text) if part
        )

    @cached_property
    def _phrases(self) -> re.Pattern[str]:
        return re.compile("|".join(map(phrase_pattern, self.grep)))


def phrase_pattern(phrase: str) -> str:
    r"""Return a regular expression for a folded text that finds a phrase in whole words.

    >>> bool(re.search(phrase_pattern("الاسرة"), fold("وزارة الأُسْرة")))
    True
    >>> bool(re.search(phrase_pattern("ecole"), fold("Les écoles")))
    False
    >>> bool(re.search(phrase_pattern("ecole*"), fold("Les écoles")))
    True
    """
    folded = _SPACE.sub(r"\\W+", re.escape(fold(phrase).strip()))
    return rf"(?<!\w){folded}(?!\w)".replace(r"\*", r"\w*")


def _is_in(value: str, allowed: Collection[str]) -> bool:
    return not allowed or value in allowed


def text_hash(text: str | None) -> str:
    """Return the SHA-256 of a text in UTF-8, hexadecimal."""
    return hashlib.sha256((text or "").encode()).hexdigest()
