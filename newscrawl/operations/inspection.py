"""Explain the extraction of one page: candidates of each field, and reason of the choice."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path

from newscrawl.aggregator.article import read_article
from newscrawl.aggregator.sites import SITES, Site
from newscrawl.aggregator.urls import parse_article_url
from newscrawl.articles.rule_store import RuleStore, rule_stores
from newscrawl.errors import ArgumentError, PageError
from newscrawl.extraction import RuleBook, SourcePage, extract, judge
from newscrawl.extraction.trace import Trace, tracing
from newscrawl.text.cleaning import fold
from newscrawl.text.urls import registered_domain

_WIDTH = 160
"""Maximum number of printed characters of a value."""

_FIELDS = tuple(
    field.name
    for field in fields(SourcePage)
    if field.name not in ("rule", "agreement", "published_precision", "directives", "paywalled")
)


@dataclass(frozen=True, slots=True)
class GivenPage:
    """The page to explain: URL, body and content type."""

    url: str
    """URL of the page, after redirects."""
    body: bytes
    """Body, decompressed."""
    content_type: str | None = None
    """HTTP header ``Content-Type``."""


@dataclass(frozen=True, slots=True)
class GivenCopy:
    """The copy to compare the page with: title, text and date."""

    title: str | None
    """Title of the aggregator's copy."""
    text: str | None
    """Text of the aggregator's copy."""
    published: datetime | None = None
    """Printed date of the aggregator's copy."""
    site: Site | None = None
    """The aggregator, if it is known."""


def copy_of_page(page: GivenPage) -> GivenCopy:
    """Return the copy on an aggregator's page.

    Raises:
        ArgumentError: it is not an article page of an aggregator.
    """
    try:
        copy = read_article(page.body, page.url, page.content_type)
    except PageError as error:
        raise ArgumentError(f"--copy: {error}") from error
    published = copy.published.when if copy.published else None
    return GivenCopy(copy.title, copy.text, published, SITES[copy.key.aggregator])


def copy_of_file(path: Path) -> GivenCopy:
    """Return the copy in a file: a record of a feed, or a text whose first line is the title.

    Raises:
        ArgumentError: the file cannot be read.
    """
    try:
        text = path.read_text("utf-8")
    except (OSError, ValueError) as error:
        raise ArgumentError(f"--copy {path}: cannot be read ({error})") from error
    try:
        record = json.loads(text.partition("\n")[0] if path.suffix == ".jsonl" else text)
    except ValueError:
        title, _, rest = text.strip().partition("\n")
        return GivenCopy(title.strip() or None, rest.strip() or None)
    try:
        copy, published = record["copy"], record["copy"]["published"]
        return GivenCopy(
            copy["title"],
            copy["text"],
            datetime.fromisoformat(published) if published else None,
            SITES[record["aggregator"]],
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ArgumentError(f"--copy {path}: is not a record of a feed ({error!r})") from error


def inspect(page: GivenPage, copy: GivenCopy | None, data: Path) -> Iterator[str]:
    """Yield lines that explain the extraction of a page; nothing is written or learned.

    An article page of an aggregator is explained as a copy, any other page as a source.

    Args:
        page: The page.
        copy: The aggregator's copy of its article, if there is one.
        data: Data directory, whose learned rules are used.

    Raises:
        PageError: an aggregator's page has no article.
        UnreadableHtmlError: the page cannot be parsed.
        StoreError: the ledger cannot be read.
    """
    if parse_article_url(page.url):
        yield from _copy_lines(page)
        return
    with tracing() as trace:
        zone = copy.site.timezone if copy and copy.site else None
        rules = _rules(page.url, data)
        found = extract(page.body, page.url, copy, rules, zone=zone, content_type=page.content_type)
    verdict = judge(found, copy, page.url, page.url)
    yield f"page       {page.url}"
    yield f"status     {verdict.status}{f': {verdict.reason}' if verdict.reason else ''}"
    yield f"body by    {found.rule or 'nothing'}"
    if copy:
        agreed = found.agreement
        yield f"agreement  title {agreed.title}, text {agreed.text}, days {agreed.days}"
    for directive in found.directives:
        yield f"directive  {directive}"
    for name in _FIELDS:
        yield from _field_lines(name, getattr(found, name), trace)


def _rules(url: str, data: Path) -> RuleBook:
    """Return a copy of the rules for a page: learned ones of any site, or the shipped ones."""
    domain = registered_domain(url) or ""
    with rule_stores(data) as stores:
        known = (s.book for s in stores if any(rule.domain == domain for rule in s.taught))
        return next(known, RuleStore("", None).book).copy(domain)


def _copy_lines(page: GivenPage) -> Iterator[str]:
    copy = read_article(page.body, page.url, page.content_type).alone()
    yield f"page       {page.url}"
    yield f"article    {copy.key.id}, the aggregator's copy"
    for field in fields(copy):
        if field.name not in ("key", "_page", "headlines"):
            yield f"{field.name:<13}{_shown(getattr(copy, field.name))}"
    yield f"{'headlines':<13}{len(copy.headlines)}"


def _field_lines(name: str, value: object, trace: Trace) -> Iterator[str]:
    """Yield a field's value, the reason for it, and its candidates; a star marks equal ones."""
    yield ""
    yield f"{name:<11}{_shown(value)}"
    if value and (reason := trace.reasons.get(name)):
        yield f"{'':<11}because: {reason}"
    for candidate in trace.candidates.get(name, ()):
        star = "*" if _same(candidate.value, value) else " "
        yield f"         {star} {candidate.source}: {_shown(candidate.value)}"


def _same(candidate: str, value: object) -> bool:
    """Return whether a candidate has the value of a field."""
    values = value if isinstance(value, list) else [value]
    texts = [fold(_text(each)) for each in values]
    return fold(candidate) in (*texts, ", ".join(texts))


def _shown(value: object) -> str:
    """Return a value on one line, shortened."""
    if value is None or value in ("", []):
        return "-"
    values = value if isinstance(value, list) else [value]
    text = ", ".join(map(_text, values))
    line = " ".join(text.split())
    return line if len(line) <= _WIDTH else f"{line[:_WIDTH]}… ({len(text)} characters)"


def _text(value: object) -> str:
    """Return one value as text: dates in ISO 8601, pictures by their URL."""
    value = getattr(value, "when", value)
    return value.isoformat() if isinstance(value, datetime) else getattr(value, "url", str(value))
