"""Faults of the demo's articles, taken from the real network, and the expected result of each."""

from dataclasses import dataclass
from enum import StrEnum

from newscrawl.items import Edition, Status


class Trouble(StrEnum):
    """Fault of an article."""

    GONE_404 = "gone_404"
    GONE_410 = "gone_410"
    DEAD_DOMAIN = "dead_domain"
    MOVED_HOME = "moved_home"
    MOVED_PAGE = "moved_page"
    TO_HTTPS = "to_https"
    FORBIDDEN = "forbidden"
    THROTTLED = "throttled"
    HICCUP = "hiccup"
    DOWN = "down"
    SLOW = "slow"
    DROPPED = "dropped"
    PAYWALL = "paywall"
    SOFT_404 = "soft_404"
    OTHER_STORY = "other_story"
    PDF = "pdf"
    IMAGE = "image"
    HUGE = "huge"
    MODIFIED = "modified"
    CUT = "cut"
    STUB = "stub"
    MOJIBAKE = "mojibake"
    NO_LINK = "no_link"
    LEFTOVERS = "leftovers"
    LATE = "late"
    COPY_HICCUP = "copy_hiccup"
    COPY_404 = "copy_404"
    COPY_EMPTY = "copy_empty"
    COPY_UNKNOWN = "copy_unknown"


@dataclass(frozen=True, slots=True)
class Effect:
    """Expected effect of a fault on the record."""

    what: str
    """Description, for reports."""
    status: Status = "ok"
    """Expected ``source.status``."""
    exported: bool = True
    """Whether a record is expected."""


EFFECTS: dict[Trouble, Effect] = {
    Trouble.GONE_404: Effect("the source answers 404", "gone"),
    Trouble.GONE_410: Effect("the source answers 410", "gone"),
    Trouble.DEAD_DOMAIN: Effect("the link's domain is no more", "unreachable"),
    Trouble.MOVED_HOME: Effect("the link redirects to the outlet's front page", "moved"),
    Trouble.MOVED_PAGE: Effect("the link redirects to the article's new URL"),
    Trouble.TO_HTTPS: Effect("the link is http and redirects to https"),
    Trouble.FORBIDDEN: Effect("the source answers 403", "refused"),
    Trouble.THROTTLED: Effect("the source first answers 429 with Retry-After"),
    Trouble.HICCUP: Effect("the source first answers 500"),
    Trouble.DOWN: Effect("the source answers 503 for ever", "unreachable"),
    Trouble.SLOW: Effect("the source takes its time"),
    Trouble.DROPPED: Effect("the source hangs up without a word", "unreachable"),
    Trouble.PAYWALL: Effect("the source shows its first paragraphs and an offer", "paywalled"),
    Trouble.SOFT_404: Effect("the source says with 200 that there is no such page", "mismatch"),
    Trouble.OTHER_STORY: Effect("another story stands at the link", "mismatch"),
    Trouble.PDF: Effect("the link leads to a PDF file", "not_html"),
    Trouble.IMAGE: Effect("the link leads to a picture", "not_html"),
    Trouble.HUGE: Effect("the source is larger than any page should be", "too_large"),
    Trouble.MODIFIED: Effect("the source was changed after publication"),
    Trouble.CUT: Effect("the copy is cut and ends in (...)"),
    Trouble.STUB: Effect("the copy is one sentence"),
    Trouble.MOJIBAKE: Effect("the copy lost its accented letters"),
    Trouble.NO_LINK: Effect("the copy has no source link", "no_link"),
    Trouble.LEFTOVERS: Effect("the copy ends in labels of the outlet's comment form"),
    Trouble.LATE: Effect("the copy is dated a day after the source"),
    Trouble.COPY_HICCUP: Effect("the aggregator first answers 500"),
    Trouble.COPY_404: Effect("the aggregator's page answers 404", exported=False),
    Trouble.COPY_EMPTY: Effect("the aggregator's page has no body", exported=False),
    Trouble.COPY_UNKNOWN: Effect("the aggregator's page has an unknown layout", exported=False),
}
"""Effect of each fault."""

_EVERY = 4
_ROTA = tuple(Trouble)
# English has no letters to lose, and Arabic would lose all of them.
_ROTA_WITHOUT_ACCENTS = tuple(trouble for trouble in _ROTA if trouble is not Trouble.MOJIBAKE)


def trouble_at(edition: Edition, outlet: int, index: int) -> Trouble | None:
    """Return the fault of an article: every fourth has one, in an order of its outlet."""
    if index % _EVERY != _EVERY // 2:
        return None
    rota = _ROTA if edition == "fr" else _ROTA_WITHOUT_ACCENTS
    return rota[(index // _EVERY + 5 * outlet) % len(rota)]
