"""Obeys robots.txt on every host, the aggregators' and the outlets' alike.

Scrapy's own middleware cannot be used here: its request for the robots.txt of another host is taken
for an offsite one and filtered, and what cannot be fetched counts as permission.
"""

import asyncio
import logging
from urllib.parse import urlsplit

from protego import Protego
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Request
from scrapy.http.request import NO_CALLBACK

from newscrawl.guard import UnsafeUrlError
from newscrawl.hosts import Hosts

logger = logging.getLogger(__name__)

_MAX_BYTES = 500 * 1024
"""As much of a robots.txt is read as RFC 9309 asks for (section 2.5)."""


class ForbiddenByRobotsError(IgnoreRequest):
    """The host's robots.txt does not allow the request.

    Raised by ``RobotsMiddleware``; it reaches the request's errback.
    """


class RobotsUnreachableError(IgnoreRequest):
    """The host's robots.txt cannot be had for a network or server error: nothing is allowed.

    Raised by ``RobotsMiddleware``; it reaches the request's errback.
    """


class RobotsMiddleware:
    """Asks each host once for its rules; by RFC 9309, 4xx allows all, 5xx and silence nothing.

    The pace that the rules ask for is kept, up to ``CRAWL_DELAY_MAX``. Rules that could not be had
    are asked for again after ``HOST_REST``.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._hosts = Hosts.of(crawler)
        self._agent = crawler.settings["ROBOTSTXT_USER_AGENT"]
        self._longest = crawler.settings.getfloat("CRAWL_DELAY_MAX")
        self._rules: dict[str, asyncio.Future[Protego | str]] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "RobotsMiddleware":
        """Built by Scrapy."""
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Let a request pass.

        Raises:
            ForbiddenByRobotsError: the rules do not allow it.
            RobotsUnreachableError: there is no telling what the rules are.
            UnsafeUrlError: the rules lead to, or lie at, an unsafe address.
        """
        if request.callback is NO_CALLBACK and "robots" in request.meta:
            return
        parts = urlsplit(request.url)
        host = f"{parts.scheme}://{parts.netloc}"
        if host not in self._rules:
            self._rules[host] = asyncio.ensure_future(self._meet(host))
        rules = await self._rules[host]
        if isinstance(rules, str):
            raise RobotsUnreachableError(f"robots.txt: {rules}")
        if not rules.can_fetch(request.url, self._agent):
            raise ForbiddenByRobotsError("robots.txt")

    async def _meet(self, host: str) -> Protego | str:
        """The rules of a host, or why they cannot be had; its pace is kept from now on."""
        rules = await self._fetch(f"{host}/robots.txt")
        if isinstance(rules, str):
            loop = asyncio.get_running_loop()
            loop.call_later(self._hosts.rest, self._rules.pop, host, None)
        else:
            met = self._hosts.at(host)
            met.pace = min(pace_of(rules, self._agent), self._longest)
            met.hold(met.pace)
        return rules

    async def _fetch(self, url: str) -> Protego | str:
        """The rules of a host, or why they cannot be had."""
        assert self._crawler.engine
        request = Request(
            url, callback=NO_CALLBACK, priority=1000, meta={"robots": True, "allow_offsite": True}
        )
        try:
            response = await self._crawler.engine.download_async(request)
        except UnsafeUrlError:
            raise
        except Exception as error:  # noqa: BLE001 - any failure means the same: no rules, no request
            name = "" if isinstance(error, IgnoreRequest) else type(error).__name__
            reason = f"{name}: {error}".strip(": ")[:200]
            logger.info("%s cannot be fetched: %s", url, reason)
            return reason
        return rules_of(response.status, response.body)


def rules_of(status: int, body: bytes) -> Protego | str:
    """The rules that an answer to robots.txt gives, or why they cannot be had."""
    if status >= 500:
        return f"HTTP {status}"
    text = body[:_MAX_BYTES] if status < 300 else b""
    return Protego.parse(text.decode("utf-8", "replace"))


def pace_of(rules: Protego, agent: str) -> float:
    """Seconds between two requests that rules ask for, by ``Crawl-delay`` or ``Request-rate``."""
    rate = rules.request_rate(agent)
    return max(float(rules.crawl_delay(agent) or 0), rate.seconds / rate.requests if rate else 0.0)
