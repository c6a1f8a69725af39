"""Faults of the demo's articles, such as cut copies or dead links, and their effects."""

from dataclasses import dataclass
from enum import StrEnum

from newscrawl.items import Edition, Status


class ArticleFault(StrEnum):
    """Kind of fault of a demo article."""

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
    """Expected effect of a fault on the exported record."""

    what: str
    """Description, for reports."""
    status: Status = "ok"
    """Expected ``source.status``."""
    exported: bool = True
    """Whether a record is expected."""


EFFECTS: dict[ArticleFault, Effect] = {
    ArticleFault.GONE_404: Effect("the source responds with 404", "gone"),
    ArticleFault.GONE_410: Effect("the source responds with 410", "gone"),
    ArticleFault.DEAD_DOMAIN: Effect("the link's domain no longer exists", "unreachable"),
    ArticleFault.MOVED_HOME: Effect("the link redirects to the outlet's front page", "moved"),
    ArticleFault.MOVED_PAGE: Effect("the link redirects to the article's new URL"),
    ArticleFault.TO_HTTPS: Effect("the link is http and redirects to https"),
    ArticleFault.FORBIDDEN: Effect("the source responds with 403", "refused"),
    ArticleFault.THROTTLED: Effect("the source first responds with 429 and Retry-After"),
    ArticleFault.HICCUP: Effect("the source first responds with 500"),
    ArticleFault.DOWN: Effect("the source always responds with 503", "unreachable"),
    ArticleFault.SLOW: Effect("the source is slow"),
    ArticleFault.DROPPED: Effect("the source drops the connection", "unreachable"),
    ArticleFault.PAYWALL: Effect(
        "the source shows its first paragraphs and a subscription offer", "paywalled"
    ),
    ArticleFault.SOFT_404: Effect("the source responds to a missing page with 200", "mismatch"),
    ArticleFault.OTHER_STORY: Effect("the link leads to another story", "mismatch"),
    ArticleFault.PDF: Effect("the link leads to a PDF file", "not_html"),
    ArticleFault.IMAGE: Effect("the link leads to a picture", "not_html"),
    ArticleFault.HUGE: Effect("the source exceeds the size limit", "too_large"),
    ArticleFault.MODIFIED: Effect("the source was changed after publication"),
    ArticleFault.CUT: Effect("the copy is cut and ends in (...)"),
    ArticleFault.STUB: Effect("the copy is one sentence"),
    ArticleFault.MOJIBAKE: Effect("the copy lost its accented letters"),
    ArticleFault.NO_LINK: Effect("the copy has no source link", "no_link"),
    ArticleFault.LEFTOVERS: Effect("the copy ends in labels of the outlet's comment form"),
    ArticleFault.LATE: Effect("the copy is dated a day after the source"),
    ArticleFault.COPY_HICCUP: Effect("the aggregator first responds with 500"),
    ArticleFault.COPY_404: Effect("the aggregator's page responds with 404", exported=False),
    ArticleFault.COPY_EMPTY: Effect("the aggregator's page has no body", exported=False),
    ArticleFault.COPY_UNKNOWN: Effect(
        "the aggregator's page has an unknown layout", exported=False
    ),
}
"""Effect of each fault."""

_EVERY = 4
_ROTA = tuple(ArticleFault)
# English has no letters to lose, and Arabic would lose all of them.
_ROTA_WITHOUT_ACCENTS = tuple(fault for fault in _ROTA if fault is not ArticleFault.MOJIBAKE)


def fault_at(edition: Edition, outlet: int, index: int) -> ArticleFault | None:
    """Return the fault of an article: every fourth has one, in an order of its outlet."""
    if index % _EVERY != _EVERY // 2:
        return None
    rota = _ROTA if edition == "fr" else _ROTA_WITHOUT_ACCENTS
    return rota[(index // _EVERY + 5 * outlet) % len(rota)]
