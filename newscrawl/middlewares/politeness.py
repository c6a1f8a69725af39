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

from newscrawl.errors import (
    BrowserError,
    HostBudgetError,
    HostRestsError,
    RequestDroppedError,
)
from newscrawl.fetching.block_pages import challenge
from newscrawl.fetching.headers import plain
from newscrawl.fetching.hosts import Host, Hosts

logger = logging.getLogger(__name__)

_NO_FAILURE = (
    BrowserError,
    IgnoreRequest,
    RequestDroppedError,
    DownloadCancelledError,
    NotSupported,
    UnsupportedURLSchemeError,
)
"""Errors that say nothing of a host's health."""

_REFUSED = (401, 403, 451)
"""Codes of a page that an outlet restricts. On the site itself, where only public pages are
requested, and on a host that has served nothing else, they are a refusal of the crawl."""


class PolitenessMiddleware:
    """Host pacing, close to the downloader so that it covers robots.txt, redirects and retries.

    It is off where an archive is replayed, which needs no politeness.
    """

    def __init__(self, crawler: Crawler) -> None:
        if crawler.settings.get("REPLAY"):
            raise NotConfigured
        self._hosts = Hosts.of(crawler)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "PolitenessMiddleware":
        """Create the component for a crawler."""
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Hold a request until its host may be requested.

        Raises:
            HostRestsError: the host is skipped for some time.
            HostBudgetError: the host's budget is spent.
        """
        host = self._hosts.at(request.url)
        began = monotonic()
        while True:
            if rest := host.rests_for:
                raise HostRestsError(f"the host is left alone for {rest:.0f} s: {host.why}")
            if request.meta.get("allow_offsite") and (budget := self._hosts.spent(host)):
                raise HostBudgetError(f"over budget: {budget}")
            if (pause := host.free_at - monotonic()) <= 0:
                break
            await asyncio.sleep(pause)
        host.hold(host.pace)
        host.pages += 1
        request.meta["asked"] = began

    def process_response(self, request: Request, response: Response) -> Response:
        """Note how a host responded."""
        host = self._done(request)
        if (seconds := request.meta.get("download_latency")) is not None:  # none if it is replayed
            host.took(seconds)
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
            self._hosts.answered(host)
        return response

    def process_exception(self, request: Request, exception: Exception) -> None:
        """Note that a host did not respond."""
        if not isinstance(exception, _NO_FAILURE):
            self._failed(request, self._done(request), type(exception).__name__)

    def _done(self, request: Request) -> Host:
        host = self._hosts.at(request.url)
        host.seconds += monotonic() - request.meta.pop("asked", monotonic())
        host.hold(host.pace)
        return host

    def _failed(self, request: Request, host: Host, why: str) -> None:
        rests = host.rests
        self._hosts.failed(host, why)
        if host.rests > rests:
            logger.info("%s: left alone for %.0f s: %s", request.url, host.rests_for, host.why)
