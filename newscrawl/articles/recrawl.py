"""Recrawl policy: whether and when an article is fetched again."""

from datetime import UTC, datetime, timedelta

from scrapy.settings import BaseSettings

from newscrawl.items import Article, Source
from newscrawl.state.articles import ArticleStore, State


def is_transient(source: Source) -> bool:
    """Whether a source that could not be fetched may be available later."""
    return (
        source.status == "unreachable"
        or (source.status == "refused" and source.http == 429)
        or over_budget(source)
    )


def over_budget(source: Source) -> bool:
    """Whether a source was not requested because its host's budget was spent."""
    return source.status == "not_followed" and source.reason is not None


class RecrawlPolicy:
    """Policy of when an article is fetched again after success or failure.

    Settings: ``SOURCE_RETRY_HOURS``, ``RECHECK_HOURS``, ``RECHECK_DAYS`` and
    ``ARTICLE_MAX_ATTEMPTS``. The pause depends on the article's number of equal outcomes in a row,
    so that failures do not use up its rechecks.
    """

    def __init__(self, settings: BaseSettings) -> None:
        self._retries = [float(hours) for hours in settings.getlist("SOURCE_RETRY_HOURS")]
        self._rechecks = [float(hours) for hours in settings.getlist("RECHECK_HOURS")]
        self._window = timedelta(days=settings.getfloat("RECHECK_DAYS"))
        self._attempts = settings.getint("ARTICLE_MAX_ATTEMPTS")

    def fail(self, articles: ArticleStore, article: str, reason: str) -> None:
        """Mark an article as failed; it is fetched again later, up to the maximum of attempts.

        Raises:
            StoreError: the ledger cannot be written.
        """
        state, times = articles.last_outcome(article)
        failures = times if state == "failed" else 0
        due = None
        if self._retries and failures + 1 < self._attempts:
            due = _from_now(self._retries[min(failures, len(self._retries) - 1)])
        articles.settle(article, "failed", reason=reason, due=due)

    def after(self, item: Article, last: tuple[State, int]) -> tuple[State, str | None]:
        """Return the state of an article that was fetched, and when it is due (ISO 8601, UTC).

        Args:
            item: Its record.
            last: Its previous outcome, and the number of such outcomes in a row.
        """
        if is_transient(item.source):
            pauses = self._retries
            times = last[1] if last[0] == "waiting" else 0
            if pauses and over_budget(item.source):
                times = min(times, len(pauses) - 1)  # not the host's fault
            state: State = "waiting" if times < len(pauses) else "done"
        else:
            published = datetime.fromisoformat(item.published or "1970-01-01T00:00:00+00:00")
            young = datetime.now(UTC) - published < self._window
            pauses = self._rechecks if young else []
            times = last[1] if last[0] == "done" else 0
            state = "done"
        return state, _from_now(pauses[times]) if times < len(pauses) else None


def _from_now(hours: float) -> str:
    return (datetime.now(UTC) + timedelta(hours=hours)).isoformat(timespec="seconds")
