"""When an article is read again: its source may yet heal, or either copy may yet change."""

from datetime import UTC, datetime, timedelta

from scrapy.settings import BaseSettings

from newscrawl.items import Article, Source
from newscrawl.ledger import State


def may_heal(source: Source) -> bool:
    """Whether a source that could not be had may be had later."""
    return source.status == "unreachable" or (source.status == "refused" and source.http == 429)


class Revisits:
    """The settings ``SOURCE_RETRY_HOURS``, ``RECHECK_HOURS`` and ``RECHECK_DAYS``."""

    def __init__(self, settings: BaseSettings) -> None:
        self._retries = [float(hours) for hours in settings.getlist("SOURCE_RETRY_HOURS")]
        self._rechecks = [float(hours) for hours in settings.getlist("RECHECK_HOURS")]
        self._window = timedelta(days=settings.getfloat("RECHECK_DAYS"))

    def after(self, item: Article, reads: int) -> tuple[State, str | None]:
        """State of an article that has been read, and when it is due again (ISO 8601, UTC).

        ``reads`` is how often it had been read before.
        """
        now = datetime.now(UTC)
        if may_heal(item.source):
            pauses = self._retries
            state: State = "waiting" if reads < len(pauses) else "done"
        else:
            published = datetime.fromisoformat(item.published or "1970-01-01T00:00:00+00:00")
            pauses = self._rechecks if now - published < self._window else []
            state = "done"
        if reads >= len(pauses):
            return state, None
        due = now + timedelta(hours=pauses[reads])
        return state, due.isoformat(timespec="seconds")
