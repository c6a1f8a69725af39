"""Fetches an exported article's source again and judges whether it is still online."""

from collections.abc import Callable, Generator
from dataclasses import replace
from typing import Any

from newscrawl.articles.flow import ArticleFlow, Step
from newscrawl.items import SOURCE_STATES, Agreement, Article, Source, SourceCheck, SourceState
from newscrawl.text.cleaning import words

_EMPTIED = 0.5
"""Share of the earlier text below which a page counts as emptied."""


def check_steps(
    flow: ArticleFlow, record: Article, store: Callable[[SourceCheck], None], checked: str
) -> Generator[Step, Any, None]:
    """Fetch and parse a record's source once more, and store the result.

    The source is compared with the record's copy as before; the record is not changed.

    Args:
        flow: The article flow, without a web archive.
        record: The exported record.
        store: Stores the result.
        checked: Time of the check, ISO 8601 in UTC.
    """
    again = replace(
        record, source=Source(link=record.source.link), agreement=Agreement(), flags=[], lead=None
    )
    found = yield from flow.steps(again)
    store(source_check(record, found, checked))


def source_check(record: Article, found: Article, checked: str) -> SourceCheck:
    """Return the result of a check.

    Args:
        record: The exported record.
        found: The record with the source as it is now.
        checked: Time of the check, ISO 8601 in UTC.
    """
    source = found.source
    assert record.source.link
    assert record.published
    return SourceCheck(
        id=record.id,
        link=record.source.link,
        published=record.published,
        checked=checked,
        state=_state(record, found),
        status=source.status,
        reason=source.reason,
        http=source.http,
        url=source.url,
        agreement=found.agreement.text,
        words=len(words(source.text)) if source.text else None,
    )


def _state(record: Article, found: Article) -> SourceState:
    before, now = record.source.text, found.source.text
    answered = found.source.status in ("ok", "unreadable", "mismatch")
    if answered and before and len(words(now or "")) < _EMPTIED * len(words(before)):
        agrees = (found.agreement.title or 0) >= _EMPTIED or not now
        return "emptied" if agrees else "replaced"
    return SOURCE_STATES.get(found.source.status, "unknown")
