"""Obey robots.txt on every host, the aggregators' and the outlets' alike.

Scrapy's own middleware cannot be used: its request for another host's robots.txt is filtered as
offsite, and a robots.txt that cannot be fetched counts as permission.
"""

import asyncio
import logging
import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from dataclasses import dataclass
from urllib.parse import urlsplit

from protego import Protego
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Request
from scrapy.http.request import NO_CALLBACK

from newscrawl.errors import (
    ForbiddenByRobotsError,
    RequestDroppedError,
    ReservedError,
    RobotsUnreachableError,
    StorageError,
)
from newscrawl.fetching.failures import of_error
from newscrawl.fetching.guard import UnsafeUrlError
from newscrawl.fetching.hosts import Hosts
from newscrawl.fetching.request_meta import DIRECTIVES, ROBOTS
from newscrawl.text import usage_directives

logger = logging.getLogger(__name__)

_MAX_BYTES = 500 * 1024
"""Bytes of a robots.txt that are parsed, the least that RFC 9309 allows (section 2.5)."""


# Lines as Protego parses them, even misspelt or without a colon; other lines are ignored.
_AGENT = re.compile(r"user[ -]?agent(?:\s*[:\s]\s*(.*))?", re.IGNORECASE)
_ACCESS = re.compile(r"(?:allow|diss?all?ow|diasllow|disallaw)\b", re.IGNORECASE)
_OTHER = re.compile(
    r"(?!(?:site-?maps?|host)\b)(?:[^:]*:|(?:crawl[ -]delay|request[ -]rate|visit[ -]time)\b)",
    re.IGNORECASE,
)
_PRODUCT = re.compile(r"\*(?=\s|$)|[a-z_-]+", re.IGNORECASE)
"""The product token that a User-agent line begins with (RFC 9309, section 2.2.1)."""

_MOST_HELD = 4_000_000
"""Characters of cached rules; parsed, they take 16 times as much memory. The least recently used
rules are dropped first, and fetched again if needed."""


@dataclass(frozen=True, slots=True)
class HostRules:
    """Parsed robots.txt of a host: allowed URLs, crawl delay and usage directives."""

    robots: Protego
    """The file, parsed."""
    agent: str
    """User agent that its groups are matched with."""
    directives: list[str]
    """Its usage directives."""
    size: int
    """Characters of the rules for this crawler."""

    def allow(self, url: str) -> bool:
        """Return whether a URL of the host may be requested."""
        return self.robots.can_fetch(url, self.agent)

    @property
    def pace(self) -> float:
        """Seconds between two requests, by ``Crawl-delay`` or ``Request-rate``."""
        rate = self.robots.request_rate(self.agent)
        delay = float(self.robots.crawl_delay(self.agent) or 0)
        return max(delay, rate.seconds / rate.requests if rate else 0.0)


class RobotsMiddleware:
    """Middleware that fetches robots.txt once per host and drops disallowed requests (RFC 9309).

    A crawl delay in the rules is respected, up to ``CRAWL_DELAY_MAX``. Rules that could not be
    fetched are requested again after ``HOST_REST``.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._hosts = Hosts.of(crawler)
        self._agent = crawler.settings["ROBOTSTXT_USER_AGENT"]
        self._longest = crawler.settings.getfloat("CRAWL_DELAY_MAX")
        self._excludes = crawler.settings.getbool("EXCLUDE_NOAI_HOSTS")
        self._rules: dict[str, asyncio.Future[HostRules | str]] = {}
        self._sizes: dict[str, int] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "RobotsMiddleware":
        """Create the component for a crawler."""
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Pass a request that the rules of its host allow.

        Raises:
            ForbiddenByRobotsError: the rules do not allow it.
            RobotsUnreachableError: the rules could not be fetched.
            ReservedError: the host is excluded for its usage directives.
            UnsafeUrlError: the URL of the rules is unsafe or redirects to an unsafe one.
        """
        if request.callback is NO_CALLBACK and ROBOTS.get(request):
            return
        parts = urlsplit(request.url)
        host = f"{parts.scheme}://{parts.netloc}"
        if host not in self._rules:
            self._rules[host] = asyncio.ensure_future(self._fetch_rules(host))
        rules = await self._rules[host]
        if isinstance(rules, str):
            raise RobotsUnreachableError(f"robots.txt: {rules}")
        if not rules.allow(request.url):
            raise ForbiddenByRobotsError("robots.txt")
        DIRECTIVES.set(request, rules.directives)
        if self._excludes and (objection := usage_directives.objection(rules.directives)):
            raise ReservedError(objection)

    async def _fetch_rules(self, host: str) -> HostRules | str:
        """Return the rules of a host, or why there are none, and apply its crawl delay."""
        rules = await self._fetch(f"{host}/robots.txt")
        if isinstance(rules, str):
            loop = asyncio.get_running_loop()
            loop.call_later(self._hosts.rest, self._rules.pop, host, None)
        else:
            met = self._hosts.at(host)
            met.pace = max(met.pace, min(rules.pace, self._longest))
            met.hold(met.pace)
            self._sizes[host] = rules.size
            while len(self._sizes) > 1 and sum(self._sizes.values()) > _MOST_HELD:
                oldest = next(iter(self._sizes))
                del self._sizes[oldest]
                self._rules.pop(oldest, None)
        return rules

    async def _fetch(self, url: str) -> HostRules | str:
        """Return the rules of a host, or why there are none."""
        assert self._crawler.engine
        request = Request(
            url,
            callback=NO_CALLBACK,
            priority=1000,
            meta={ROBOTS.name: True, "allow_offsite": True},
        )
        try:
            response = await self._crawler.engine.download_async(request)
        except (UnsafeUrlError, StorageError):  # the latter is of a replayed archive
            raise
        except Exception as error:  # noqa: BLE001 - after any failure the request is dropped
            logger.info("%s cannot be fetched: %s: %s", url, type(error).__name__, error)
            return _reason(error)
        return rules_of(response.status, response.body, self._agent)


def _reason(error: Exception) -> str:
    """Return why there is no response, without details of this machine."""
    if isinstance(error, IgnoreRequest | RequestDroppedError):
        return str(error)[:200]
    known = of_error(error)
    return known[1] if known else type(error).__name__


def rules_of(status: int, body: bytes, agent: str) -> HostRules | str:
    """Return the rules in a response to robots.txt, or why there are none."""
    if status >= 500:
        return f"HTTP {status}"
    agent = token[0] if (token := _PRODUCT.match(agent)) else agent
    # UTF-8 is the standard, but Windows editors save UTF-16; a byte order mark identifies both.
    encoding = "utf-16" if body.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) else "utf-8-sig"
    text = body[:_MAX_BYTES].decode(encoding, "replace") if status < 300 else ""
    meant = _meant_for(agent, text)
    return HostRules(
        Protego.parse(meant), agent, usage_directives.of_robots(meant, agent), len(meant)
    )


def _meant_for(agent: str, text: str) -> str:
    """Return the groups of a robots.txt that name an agent by its whole token, or all agents.

    Only Allow and Disallow end the User-agent lines of a group (RFC 9309, section 2.2); a version
    or comment after the token is ignored. Groups of other agents are dropped: a file can name
    thousands of them, and Protego would store each rule for each of them.
    """
    kept: list[str] = []
    names: list[str] = []
    early: list[str] = []  # lines between the User-agent lines of a group
    ruled = False
    for raw in text.splitlines():
        line = raw.partition("#")[0].strip()
        if named := _AGENT.fullmatch(line):
            if ruled:
                names, early, ruled = [], [], False
            token = _PRODUCT.match(named[1] or "")
            name = token[0].lower() if token else ""
            if name in ("*", agent.lower()) and name not in names:
                names.append(name)
        elif _ACCESS.match(line):
            if not ruled:
                kept += _group(names, early)
            ruled = True
            if names:
                kept.append(line)
        elif _OTHER.match(line):
            (kept if ruled and names else early).append(line)
    return "\n".join(kept if ruled else kept + _group(names, early))


def _group(names: list[str], lines: list[str]) -> list[str]:
    """Return the beginning of a group; empty if it names no relevant agent."""
    return [*(f"User-agent: {name}" for name in names), *lines] if names else []
