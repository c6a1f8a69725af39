"""Extension that renews the run's lease on its site and hosts in the ledger."""

import asyncio
import logging
from contextlib import suppress

from scrapy import signals
from scrapy.crawler import Crawler

from newscrawl.errors import StoreError
from newscrawl.fetching.hosts import Hosts
from newscrawl.fetching.shutdown import stop
from newscrawl.state.run import Run, RunListener
from newscrawl.state.shared_reports import exchange

logger = logging.getLogger(__name__)

_INTERVAL = 1.0
"""Maximum seconds between two renewals; other processes wait up to that for an idle host."""


class Lease(RunListener):
    """Extension that keeps the run's lease, and shares its host slots with other processes.

    A lease that cannot be renewed ends the run: another process may own its site by now. Run
    reports are exchanged with the other nodes at the start and end of the run.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._hosts = Hosts.of(crawler)
        self._run = run = Run.of(crawler)
        self._interval = min(_INTERVAL, run.ledger.host_slots.lease / 5)
        self._hosts.share(run.ledger)
        self._task: asyncio.Task[None] | None = None
        run.listeners.append(self)
        crawler.signals.connect(self.spider_opened, signals.spider_opened)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "Lease":
        """Create the extension from a crawler."""
        return cls(crawler)

    def spider_opened(self) -> None:
        """Start renewing the lease."""
        self._exchange()
        self._task = asyncio.ensure_future(self._keep())

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(self._interval)
            try:
                self._hosts.renew()
            except StoreError as error:
                stop(self._crawler, error)
                return

    def before_close(self) -> None:
        """Release the host slots."""
        if self._task:
            self._task.cancel()
        with suppress(StoreError):  # the lease expires
            self._hosts.leave_all()
        self._exchange()

    def _exchange(self) -> None:
        """Exchange run reports; after a failure the next run or command does it."""
        try:
            exchange(self._run.place)
        except StoreError as error:
            logger.warning("Run reports are not exchanged with other nodes: %s", error)
