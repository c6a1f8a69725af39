"""Rendering policy: which outlet pages are rendered in a browser."""

from dataclasses import dataclass, field
from typing import Generic, TypeVar

from scrapy.http import Response
from scrapy.settings import BaseSettings

from newscrawl.articles.flow import Render
from newscrawl.articles.parse_jobs import INCOMPLETE
from newscrawl.items import Status
from newscrawl.state import Ledger
from newscrawl.text.urls import host

Waiting = TypeVar("Waiting")


@dataclass(slots=True)
class _Host(Generic[Waiting]):
    """Rendered and waiting pages of one host in this run."""

    failed: int = 0
    """Consecutive pages that rendering did not complete."""
    pending: int = 0
    """Pages that are being rendered."""
    waiting: list[tuple[Render, Waiting]] = field(default_factory=list)
    """Pages whose decision depends on pending ones."""


class RenderingPolicy(Generic[Waiting]):
    """Choice of pages to render, by their content and their host's earlier pages."""

    def __init__(self, settings: BaseSettings, ledger: Ledger) -> None:
        self._off = settings["BROWSER"] == "off"
        self._max_failed = settings.getint("BROWSER_VAIN_PAGES")
        self._ledger = ledger
        self._hosts: dict[str, _Host[Waiting]] = {}

    def begin(self, step: Render, waiting: Waiting) -> bool | None:
        """Decide whether a page is rendered; if so, ``end`` must be called for it.

        Args:
            step: The page.
            waiting: What ``end`` returns if the decision has to wait.

        Returns:
            ``None`` if the decision depends on pages of the same host that are being rendered:
            they may show that the host needs a browser, or that rendering does not help.
        """
        if self._off:
            return False
        met = self._hosts.setdefault(host(step.page.url), _Host())
        decision = self._decide(step, met)
        if decision is None:
            met.waiting.append((step, waiting))
        met.pending += decision is True
        return decision

    def _decide(self, step: Render, met: _Host[Waiting]) -> bool | None:
        if met.failed >= self._max_failed:
            return False
        if met.failed + met.pending >= self._max_failed:
            return None
        if step.shell or self._ledger.hosts.is_rendered(host(step.page.url)):
            return True
        return None if met.pending else False

    def end(self, page: Response, status: Status | None) -> list[tuple[Render, Waiting]]:
        """Note the result of rendering a page.

        Args:
            page: As the server sent it.
            status: The source's status from the rendered page; ``None`` if there is none.

        Returns:
            The pages that waited for this, in order; each is to be decided again.
        """
        met = self._hosts[host(page.url)]
        met.pending -= 1
        if status in INCOMPLETE:
            met.failed += 1
        elif status is not None:
            met.failed = 0
            self._ledger.hosts.note_rendered(host(page.url))
        waiting, met.waiting = met.waiting, []
        return waiting
