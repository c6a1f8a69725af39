"""Build a record from the aggregator's copy and the outlet's page: best value of each field."""

from dataclasses import fields, replace
from typing import TYPE_CHECKING, get_args
from zoneinfo import ZoneInfo

from newscrawl.aggregator.sites import Site
from newscrawl.extraction.alignment import holds_less
from newscrawl.extraction.source_page import SourcePage
from newscrawl.items import Agreement, Article, Copy, Flag, Outlet, Source, Status
from newscrawl.loaders import CopyLoader
from newscrawl.text.bylines import split_bylines
from newscrawl.text.cleaning import clean
from newscrawl.text.language import detect_language
from newscrawl.text.mojibake import looks_mojibake
from newscrawl.text.urls import registered_domain

if TYPE_CHECKING:
    from newscrawl.aggregator.pages import AggregatorPage

STUB_WORDS = 12
"""Words below which a text is flagged ``stub``."""

_EXTRACTED = {field.name for field in fields(SourcePage)} - {
    "directives"
}  # robots.txt has directives, too
SOURCE_FIELDS = tuple(field.name for field in fields(Source) if field.name in _EXTRACTED)
"""Fields that are copied from the outlet's page to the record under the same name."""

_OF_THE_COPY = ("stub", "other_canonical")
"""Flags that are copied from the aggregator's page; the others are computed."""

DATE_CONFLICT_DAYS = 2
"""Copies may be a day late, and days begin at other hours elsewhere; more is a conflict."""


def from_copy(
    page: "AggregatorPage", site: Site, discovered: str, *, fetched: str, sha256: str
) -> Article:
    """Return a record with the aggregator's copy only; ``discovered``, ``fetched`` in ISO 8601."""
    loader = CopyLoader(zone=ZoneInfo(site.zone), base_url=page.key.url)
    for name in ("title", "published", "byline", "images", "truncated"):
        loader.add_value(name, getattr(page, name))
    copy: Copy = loader.load_item()
    copy.text = page.text  # long, and already clean
    copy.fetched, copy.sha256 = fetched, sha256

    link = page.source_link
    article = Article(
        id=page.key.id,
        aggregator=site.name,
        country=site.country,
        edition=page.key.edition,
        url=page.key.url,
        outlet=Outlet(
            slug=page.key.outlet,
            name=page.outlet_name or page.key.outlet,
            domain=registered_domain(link) if link else None,
        ),
        copy=copy,
    )
    article.source.link = link
    article.crawl.discovered = discovered
    article.flags = [flag for flag in page.flags if flag in _OF_THE_COPY]
    return article


def forget_source(article: Article) -> None:
    """Discard what was extracted from the outlet's page, except the link."""
    article.source = Source(link=article.source.link)
    article.agreement = Agreement()
    article.flags = [flag for flag in article.flags if flag in _OF_THE_COPY]


def without_source(article: Article, status: Status, reason: str | None) -> None:
    """Complete a record with the status of its source."""
    article.source.status = status
    article.source.reason = clean(reason) if reason else None  # may quote a server's message
    _choose(article)


def withdraw_source(article: Article, status: Status, reason: str) -> None:
    """Complete a record whose source is not used, and discard its extracted fields."""
    blank = Source()
    for name in SOURCE_FIELDS:
        setattr(article.source, name, getattr(blank, name))
    article.agreement, article.lead = Agreement(), None
    without_source(article, status, reason)


def keep_source(article: Article, earlier: Article, now: str) -> None:
    """Keep the source's fields of an earlier version if the source is lost now.

    Args:
        article: The record; its source was not fetched, or is another page.
        earlier: The version that was exported last.
        now: Current time, ISO 8601 in UTC.
    """
    lost, kept = article.source, earlier.source
    article.source = replace(
        kept,
        link=lost.link,
        status=lost.status,
        reason=lost.reason,
        http=lost.http,
        directives=lost.directives,
        lost_since=kept.lost_since or now,
    )
    article.lead, article.agreement = earlier.lead, earlier.agreement
    if article.archive and earlier.archive:
        article.archive.source = earlier.archive.source
    article.flags = [flag for flag in article.flags if flag in _OF_THE_COPY]
    _choose(article)


def _choose(article: Article) -> None:
    """Fill the record's own fields from the better version of each."""
    copy, source = article.copy, article.source
    trusted = source.status == "ok" or source.lost_since is not None
    better = trusted and source.text and not _is_copy_better(article)
    article.origin = "source" if better else "aggregator"
    article.title = (source.title if trusted else None) or copy.title
    article.text = source.text if article.origin == "source" else copy.text
    article.images = copy.images
    if trusted:
        article.authors, article.section, article.tags = source.authors, source.section, source.tags
        article.images = source.images or copy.images
        article.modified = source.modified
    else:
        article.lead = None
    article.authors = article.authors or split_bylines(copy.byline or "")
    _choose_date(article, trusted=trusted)
    article.language = detect_language(article.text) if article.text else None
    _flag(article)


def _is_copy_better(article: Article) -> bool:
    """Return whether the copy is the better text of a source that is the article."""
    copy, source = article.copy, article.source
    garbled = looks_mojibake(source.text or "") and not looks_mojibake(copy.text or "")
    return _is_partial(article) or (garbled and bool(copy.text) and not copy.truncated)


def _is_partial(article: Article) -> bool:
    """Return whether the source holds only a part of the copy."""
    text, copied = article.source.text or "", article.copy.text or ""
    return bool(text) and holds_less(text, copied, article.agreement.contained)


def _choose_date(article: Article, *, trusted: bool) -> None:
    """Prefer the source's exact date, unless it conflicts: a migrated site may redate articles."""
    copy, source = article.copy, article.source
    days = article.agreement.days
    if trusted and source.published and (days is None or abs(days) <= DATE_CONFLICT_DAYS):
        article.published, article.published_precision = (
            source.published,
            source.published_precision,
        )
    else:
        article.published = copy.published
        article.published_precision = "day" if copy.published else None
    if trusted and days is not None and abs(days) > DATE_CONFLICT_DAYS:
        article.flags.append("date_conflict")


def _flag(article: Article) -> None:
    """Set the flags of a record."""
    text = article.text or ""
    doubts: dict[Flag, bool] = {
        "truncated_copy": article.copy.truncated,
        "stub": len(text.split(maxsplit=STUB_WORDS)) < STUB_WORDS,
        "mojibake": any(
            map(looks_mojibake, (text, article.title or "", article.source.text or ""))
        ),
        "partial_source": article.source.status == "ok" and _is_partial(article),
        "language_mismatch": article.language not in (None, article.edition),
    }
    raised = {flag for flag, doubt in doubts.items() if doubt} | set(article.flags)
    if article.origin == "source" and not doubts["stub"]:
        raised.discard("stub")  # the copy refers readers to the source, where the text was found
    article.flags = [flag for flag in get_args(Flag) if flag in raised]
