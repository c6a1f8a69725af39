"""Politeness: host pacing, back-off of failing hosts, and host budgets."""

import asyncio
import logging
from time import monotonic

from scrapy.crawler import Crawler
from scrapy.exceptions import (
    DownloadCancelledError,
    IgnoreRequest,
    NotConfigured,
    NotSupported,
    UnsupportedURLSchemeError,
)
from scrapy.http import Request, Response

from newscrawl.browser import BROWSER_SLOT
from newscrawl.errors import (
    BrowserError,
    HostBudgetError,
    HostRestsError,
    RequestDroppedError,
    StoreError,
)
from newscrawl.fetching.block_pages import challenge
from newscrawl.fetching.headers import plain
from newscrawl.fetching.hosts import Host, Hosts
from newscrawl.fetching.request_meta import ENTERED, PLAIN_PAGE
from newscrawl.fetching.shutdown import stop

logger = logging.getLogger(__name__)

_NO_FAILURE = (
    BrowserError,
    IgnoreRequest,
    RequestDroppedError,
    StoreError,
    DownloadCancelledError,
    NotSupported,
    UnsupportedURLSchemeError,
)
"""Errors that say nothing about a host's health."""

_REFUSED = (401, 403, 451)
"""Status codes of restricted pages. On the aggregator, where only public pages are requested, and
on a host that has served no other page, they are a refusal of the crawl."""


class PolitenessMiddleware:
    """Middleware that delays requests until their host's pause is over, or refuses them.

    It is close to the downloader, so that robots.txt, redirects and retries count as well. Disabled
    in a replay, which sends no requests.
    """

    def __init__(self, crawler: Crawler) -> None:
        if crawler.settings.get("REPLAY"):
            raise NotConfigured
        self._crawler = crawler
        self._hosts = Hosts.of(crawler)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "PolitenessMiddleware":
        """Create the component for a crawler."""
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Pass a request once no other request to its host is in progress and the pause is over.

        Raises:
            HostRestsError: the host backs off.
            HostBudgetError: the host's budget is spent.
            StoreError: the ledger, in which processes share hosts, cannot be used.
        """
        host = self._hosts.at(request.url)
        try:
            if _is_sent(request):
                await self._hosts.enter(
                    host, join=request.meta.get("download_slot") == BROWSER_SLOT
                )
            began = monotonic()
            try:
                while (pause := self._pause(request, host)) > 0:
                    await asyncio.sleep(pause)
                    if _is_sent(request):
                        await self._hosts.secure(host)  # the lease may have expired in the meantime
            except BaseException:
                self._leave(request, host)
                raise
        except StoreError as error:
            stop(self._crawler, error)
            raise
        host.hold(host.pace)
        host.pages += 1
        ENTERED.set(request, began)

    def _pause(self, request: Request, host: Host) -> float:
        """Seconds until a request may be sent, zero or less for now."""
        if rest := host.rests_for:
            raise HostRestsError(f"the host backs off for {rest:.0f} s: {host.why}")
        if request.meta.get("allow_offsite") and (budget := self._hosts.exhausted_budget(host)):
            raise HostBudgetError(f"over budget: {budget}")
        return host.free_at - monotonic()

    def process_response(self, request: Request, response: Response) -> Response:
        """Record a response of a host."""
        host = self._hosts.at(request.url)
        if (seconds := request.meta.get("download_latency")) is not None:  # ``None`` in a replay
            host.record_response_time(seconds)
        why = f"HTTP {response.status}"
        troubled = response.status >= 500 or response.status == 429
        if wall := challenge(plain(response.headers)):
            why, troubled = f"{why}, {wall}", False
        if response.status == 200 and not wall and not request.url.endswith("/robots.txt"):
            host.has_served = True
        if not request.meta.get("allow_offsite") or not host.has_served:
            troubled = troubled or bool(wall) or response.status in _REFUSED
        if troubled:
            self._failed(request, host, why)
        else:
            self._hosts.succeeded(host)
        self._done(request, host)
        return response

    def process_exception(self, request: Request, exception: Exception) -> None:
        """Record a request without a response."""
        host = self._hosts.at(request.url)
        if not isinstance(exception, _NO_FAILURE):
            self._failed(request, host, type(exception).__name__)
        self._done(request, host)

    def _done(self, request: Request, host: Host) -> None:
        """End a request that was passed."""
        began = ENTERED.pop(request)
        if began is None:
            return
        host.seconds += monotonic() - began
        host.hold(host.pace)
        assert self._crawler.engine
        downloader = self._crawler.engine.downloader
        slot = downloader.slots.get(downloader.get_slot_key(request))
        if slot:
            # The downloader counts from the sending of a request. If the next may arrive faster,
            # as another process sends it or the connection is established by now, the pause begins
            # with the response.
            host.free_for_others_at = after_response = monotonic() + slot.delay
            first = host.answers <= 1
            host.hold_until(after_response if first else slot.lastseen + slot.delay)
        try:
            self._leave(request, host)
        except StoreError as error:
            stop(self._crawler, error)

    def _leave(self, request: Request, host: Host) -> None:
        if _is_sent(request):
            self._hosts.leave(host)

    def _failed(self, request: Request, host: Host, why: str) -> None:
        rests = host.rests
        self._hosts.failed(host, why)
        if host.rests > rests:
            logger.info("%s: backing off for %.0f s: %s", request.url, host.rests_for, host.why)


def _is_sent(request: Request) -> bool:
    """Return whether a request is sent to its host: of a rendered page, only subresources are."""
    return PLAIN_PAGE.get(request) is None
