"""What a run knows of each host: when it may be asked again, and why it is left alone."""

import heapq
from collections import Counter
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from newscrawl.outlets import overrides
from newscrawl.urls import host as host_of
from newscrawl.urls import registered_domain

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.settings import BaseSettings

_LONGEST_REST = 16
"""A rest is at most this many times ``HOST_REST``, however often a host fails again."""

_TOLD = 200
"""Hosts whose figures a run report holds."""

_hosts: "WeakKeyDictionary[Crawler, Hosts]" = WeakKeyDictionary()


@dataclass(slots=True)
class Host:
    """One host, as this run has met it."""

    pace: float = 0.0
    """Seconds that it asks to be left between an answer and the next request."""
    free_at: float = 0.0
    """When it may be asked again, on the monotonic clock."""
    failures: int = 0
    """Failures in a row."""
    rests: int = 0
    """Rests in a row, without a good answer between them."""
    rests_until: float = 0.0
    """End of its rest, on the monotonic clock."""
    why: str = ""
    """Why it rests or rested."""
    pages: int = 0
    """Requests it was sent."""
    seconds: float = 0.0
    """Time they took, the pauses before them included."""
    errors: int = 0
    """Requests that failed."""
    answers: int = 0
    """Answers it gave, whatever they said."""
    answering: float = 0.0
    """Seconds that it took for them, without any pause."""
    slowest: float = 0.0
    """Seconds that it took for the slowest."""

    def took(self, seconds: float) -> None:
        """Note how long it took for an answer."""
        self.answers += 1
        self.answering += seconds
        self.slowest = max(self.slowest, seconds)

    def hold(self, seconds: float) -> None:
        """Let it be for a while: requests to it wait."""
        self.free_at = max(self.free_at, monotonic() + seconds)

    def rest(self, seconds: float, why: str) -> None:
        """Leave it alone: requests to it are not made."""
        self.rests_until = max(self.rests_until, monotonic() + seconds)
        self.why = why

    @property
    def rests_for(self) -> float:
        """Seconds that are left of its rest; 0 when it does not rest."""
        return max(0.0, self.rests_until - monotonic())


@dataclass(slots=True)
class Hosts:
    """Every host of a run, by name.

    After ``HOST_FAILURES`` failures in a row a host rests. The first request after the rest is a
    trial: if that fails as well, the host rests twice as long.
    """

    failures: int = 5
    """Failures in a row after which a host rests; 0 is never."""
    rest: float = 600.0
    """Seconds of the first rest."""
    max_pages: int = 0
    """Requests that an outlet's host is sent in a run; 0 is any number."""
    max_seconds: float = 0.0
    """Seconds that they may take; 0 is any number."""
    max_errors: int = 0
    """Failures that it may have; 0 is any number."""
    queued: Counter[str] = field(default_factory=Counter)
    """Requests that wait in the scheduler, by host."""
    met: dict[str, Host] = field(default_factory=dict)
    """The hosts met so far."""

    @classmethod
    def of(cls, crawler: "Crawler") -> "Hosts":
        """Those of a crawler's run; made at the first call."""
        if crawler not in _hosts:
            _hosts[crawler] = cls.from_settings(crawler.settings)
        return _hosts[crawler]

    @classmethod
    def from_settings(cls, settings: "BaseSettings") -> "Hosts":
        """Hosts that are treated as the settings say."""
        return cls(
            settings.getint("HOST_FAILURES"),
            settings.getfloat("HOST_REST"),
            settings.getint("HOST_MAX_PAGES"),
            settings.getfloat("HOST_MAX_SECONDS"),
            settings.getint("HOST_MAX_ERRORS"),
        )

    def at(self, url: str) -> Host:
        """The host of a URL."""
        name = host_of(url)
        host = self.met.get(name)
        if host is None:
            override = overrides().get(registered_domain(name) or "")
            host = self.met[name] = Host(pace=(override and override.pause) or 0.0)
        return host

    def failed(self, host: Host, why: str) -> None:
        """Note that a request failed."""
        host.errors += 1
        host.failures += 1
        if self.failures and host.failures >= self.failures and not host.rests_for:
            times = min(2**host.rests, _LONGEST_REST)
            host.rests += 1
            host.rest(self.rest * times, f"{host.failures} failures in a row, the last: {why}")

    def answered(self, host: Host) -> None:
        """Note an answer that is no sign of trouble."""
        host.failures = host.rests = 0

    def spent(self, host: Host) -> str | None:
        """The budget that a host has used up, or ``None``."""
        budgets = (
            ("HOST_MAX_PAGES", host.pages, self.max_pages),
            ("HOST_MAX_SECONDS", host.seconds, self.max_seconds),
            ("HOST_MAX_ERRORS", host.errors, self.max_errors),
        )
        return next((name for name, used, most in budgets if most and used >= most), None)

    def worst(self) -> dict[str, dict[str, float]]:
        """Figures of the hosts that failed most, then of those that took longest in all."""
        worst = heapq.nlargest(
            _TOLD, self.met.items(), key=lambda met: (met[1].errors, met[1].answering)
        )
        return {
            name: {
                "answers": host.answers,
                "failures": host.errors,
                "seconds": round(host.answering, 3),
                "slowest": round(host.slowest, 3),
            }
            for name, host in worst
        }
