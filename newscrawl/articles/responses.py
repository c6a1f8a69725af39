"""Copy a response's properties (status, URL, time, body hash) into an article's record."""

import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from scrapy.http import Request, Response
from scrapy.spidermiddlewares.httperror import HttpError
from twisted.python.failure import Failure

from newscrawl.aggregator.sites import Site
from newscrawl.articles import merge, source_status
from newscrawl.articles.parse_jobs import SourceJob
from newscrawl.errors import NotInArchiveError
from newscrawl.fetching.headers import plain
from newscrawl.fetching.request_meta import ARCHIVED, DIRECTIVES, PLAIN_PAGE
from newscrawl.fetching.web_archive import Snapshot
from newscrawl.items import Archive, Article, Location
from newscrawl.text import usage_directives

if TYPE_CHECKING:
    from newscrawl.aggregator.pages import AggregatorPage


def content_type(response: Response) -> str | None:
    """Return the ``Content-Type`` header."""
    value = response.headers.get("Content-Type")
    return value.decode("latin-1") if value else None


def read_copy(
    response: Response, page: "AggregatorPage", site: Site, discovered: str | None = None
) -> Article:
    """Begin a record with the aggregator's copy.

    ``discovered`` is the time of discovery, by default the time of receipt.
    """
    fetched, location = _received(response)
    article = merge.from_copy(
        page, site, discovered or fetched, fetched=fetched, sha256=_sha256(response)
    )
    if location:
        article.archive = Archive(copy=location)
    return article


def begin_source(article: Article, response: Response) -> SourceJob | None:
    """Record an outlet's response, and return the job that parses it if it is a page.

    A rendered page replaces what was extracted from the plain one.
    """
    if PLAIN_PAGE.get(response) is not None:
        merge.forget_source(article)
    _note(article, response)
    outcome = source_status.of_response(response, article.source.link or "")
    if outcome:
        merge.without_source(article, outcome.status, outcome.reason)
        return None
    return SourceJob(response.url, response.body, content_type(response), article)


def finish_source(
    article: Article, response: Response, job: SourceJob | None, *, exclude: bool = False
) -> None:
    """Complete a record once its page, if there was one, is parsed.

    ``exclude`` withdraws a source whose owner opts out of mining (``EXCLUDE_NOAI_HOSTS``).
    """
    if job:
        _detect_block(article, response)
    if exclude and (objection := usage_directives.objection(article.source.directives)):
        merge.withdraw_source(article, "refused", objection)


def as_original(response: Response, snapshot: Snapshot) -> Response:
    """Return a snapshot as the outlet's server would have sent it."""
    return response.replace(url=snapshot.original)


def better_of(article: Article, found: Article, snapshot: Snapshot) -> Article:
    """Return the record from a snapshot, or the one without it if that is another article."""
    lost, source = article.source, found.source
    if source.status != "ok":
        return article
    source.url, source.redirects = snapshot.url, []
    source.reason = f"{lost.status}: {lost.reason}"
    source.via, source.snapshot = "archive", snapshot.taken
    # The archive's own headers are not the owner's directives.
    owner = [said for said in source.directives if said.startswith("meta ")]
    source.directives = list(dict.fromkeys((*lost.directives, *owner)))
    return found


def _detect_block(article: Article, response: Response) -> None:
    """Detect a block, consent or login page."""
    source = article.source
    if source.status not in ("mismatch", "unreadable"):
        return
    # Block pages have little text; on a long page the signs are part of the text.
    body = response.body if len(source.text or "") < _SHORT else b""
    if block := source_status.refusal_of(response, source.link or "", body):
        merge.withdraw_source(article, "refused", block)


_SHORT = 1500
"""Characters of text below which a page may be a block page."""


def source_lost(article: Article, failure: Failure) -> None:
    """Complete a record whose source could not be fetched; ``failure.request`` was the request."""
    if isinstance(failure.value, HttpError):
        _note(article, failure.value.response)
    else:
        request: Request = failure.request  # type: ignore[attr-defined]
        article.source.redirects = list(request.meta.get("redirect_urls", []))
        article.source.directives = list(DIRECTIVES.get(request) or [])
    outcome = source_status.of_failure(failure)
    merge.without_source(article, outcome.status, outcome.reason)


def not_rendered(article: Article, failure: Failure) -> None:
    """Complete a record whose page was not rendered, from the copy and the plain page."""
    if article.source.status == "ok":
        return  # the plain page shows a part of the article
    # A replayed crawl may have had no browser: then it parsed the plain page.
    if not isinstance(failure.value, NotInArchiveError):
        outcome = source_status.of_failure(failure)
        merge.without_source(article, outcome.status, outcome.reason)


def _note(article: Article, response: Response) -> None:
    """Record the properties that every response of the outlet's server has."""
    source = article.source
    source.url = response.url
    source.redirects = list(response.meta.get("redirect_urls", []))
    source.http = response.status
    source.directives = [
        *(DIRECTIVES.get(response) or []),
        *usage_directives.of_headers(plain(response.headers)),
    ]
    source.via = "browser" if PLAIN_PAGE.get(response) is not None else "http"
    source.sha256 = _sha256(response)
    source.fetched, location = _received(response)
    if article.archive:
        article.archive.source = location


def _received(response: Response) -> tuple[str, Location | None]:
    """Return when a response was received, and where it is archived."""
    archived = ARCHIVED.get(response)
    if archived:
        return archived.fetched, archived.location
    return datetime.now(UTC).isoformat(timespec="seconds"), None


def _sha256(response: Response) -> str:
    return hashlib.sha256(response.body).hexdigest()
