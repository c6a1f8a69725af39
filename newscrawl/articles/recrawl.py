"""When an article is read again: its source may yet heal, or either copy may yet change."""

from datetime import UTC, datetime, timedelta

from scrapy.settings import BaseSettings

from newscrawl.items import Article, Source
from newscrawl.state import State


def may_heal(source: Source) -> bool:
    """Whether a source that could not be had may be had later."""
    return (
        source.status == "unreachable"
        or (source.status == "refused" and source.http == 429)
        or over_budget(source)
    )


def over_budget(source: Source) -> bool:
    """Whether a source was not asked for because its host's budget was spent."""
    return source.status == "not_followed" and source.reason is not None


class Revisits:
    """The settings ``SOURCE_RETRY_HOURS``, ``RECHECK_HOURS`` and ``RECHECK_DAYS``."""

    def __init__(self, settings: BaseSettings) -> None:
        self._retries = [float(hours) for hours in settings.getlist("SOURCE_RETRY_HOURS")]
        self._rechecks = [float(hours) for hours in settings.getlist("RECHECK_HOURS")]
        self._window = timedelta(days=settings.getfloat("RECHECK_DAYS"))

    def after_failure(self, reads: int) -> str | None:
        """When an aggregator's page that could not be had is due again (ISO 8601, UTC)."""
        if reads >= len(self._retries):
            return None
        return _from_now(self._retries[reads])

    def after(self, item: Article, reads: int) -> tuple[State, str | None]:
        """State of an article that has been read, and when it is due again (ISO 8601, UTC).

        ``reads`` is how often it had been read before.
        """
        if may_heal(item.source):
            pauses = self._retries
            if pauses and over_budget(item.source):
                reads = min(reads, len(pauses) - 1)  # it was not its host's fault
            state: State = "waiting" if reads < len(pauses) else "done"
        else:
            published = datetime.fromisoformat(item.published or "1970-01-01T00:00:00+00:00")
            young = datetime.now(UTC) - published < self._window
            pauses = self._rechecks if young else []
            state = "done"
        if reads >= len(pauses):
            return state, None
        return state, _from_now(pauses[reads])


def _from_now(hours: float) -> str:
    return (datetime.now(UTC) + timedelta(hours=hours)).isoformat(timespec="seconds")
