"""Fetch an exported article's source again and judge whether it is still online."""

from collections.abc import Callable, Generator
from dataclasses import replace
from typing import Any

from scrapy.http import Response
from twisted.python.failure import Failure

from newscrawl.articles.flow import ArticleFlow, Fetch, Step
from newscrawl.items import SOURCE_STATES, Agreement, Article, Source, SourceCheck, SourceState
from newscrawl.state.source_checks import CheckedPage
from newscrawl.text.cleaning import words

_EMPTIED = 0.5
"""Share of the earlier text below which a page counts as emptied."""

Store = Callable[[SourceCheck, CheckedPage | None], None]
"""Stores a check, and the page that the next one may request conditionally."""


def check_steps(
    flow: ArticleFlow, record: Article, last: CheckedPage | None, store: Store, checked: str
) -> Generator[Step, Any, None]:
    """Fetch and parse a record's source once more, and store the result.

    The source is compared with the record's copy as before; the record is not changed.
    A page with validators is requested conditionally: if it is unchanged, it is not sent again.

    Args:
        flow: The article flow, without a web archive.
        record: The exported record.
        last: The page as the last check found it, if that has validators.
        store: Stores the result.
        checked: Time of the check, ISO 8601 in UTC.
    """
    assert record.source.link
    page: Response | Failure = yield Fetch(record.source.link, last.conditions if last else {})
    if last and isinstance(page, Response) and page.status == 304:
        if page.url == last.url:
            store(_unchanged(record, last, checked), last)
            return
        # The link leads to another page now, to which the validators do not belong.
        page = yield Fetch(record.source.link)
    again = replace(
        record, source=Source(link=record.source.link), agreement=Agreement(), flags=[], lead=None
    )
    found = yield from flow.after_fetch(again, page)
    check = source_check(record, found, checked)
    store(check, _checked_page(check, found.source, page))


def _unchanged(record: Article, last: CheckedPage, checked: str) -> SourceCheck:
    """Return the result of a check to which the server responded that nothing has changed."""
    assert record.source.link
    assert record.published
    return SourceCheck(
        id=record.id,
        link=record.source.link,
        published=record.published,
        checked=checked,
        state="alive",
        status="ok",
        reason=None,
        http=304,
        url=last.url,
        agreement=last.agreement,
        words=last.words,
    )


def _checked_page(
    check: SourceCheck, source: Source, page: Response | Failure
) -> CheckedPage | None:
    """Return a page that can be requested conditionally; ``None`` if it cannot.

    The response says nothing about a page whose text scripts have loaded.
    """
    if check.state != "alive" or source.via != "http" or isinstance(page, Failure):
        return None
    etag, modified = (_validator(page, name) for name in ("ETag", "Last-Modified"))
    if etag or modified:
        return CheckedPage(page.url, etag, modified, check.agreement, check.words)
    return None


def _validator(page: Response, name: str) -> str | None:
    """Return a header that can be sent back as it came."""
    value = (page.headers.get(name) or b"").decode("latin-1")
    return value if value.isascii() and value.isprintable() and value else None


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
