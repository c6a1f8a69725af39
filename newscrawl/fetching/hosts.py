"""Health and pacing of each host in a run: delays, failures and back-off."""

import heapq
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from newscrawl.outlets import shipped_overrides
from newscrawl.text.urls import host as host_of
from newscrawl.text.urls import registered_domain

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.settings import BaseSettings

_LONGEST_REST = 16
"""Upper limit of a back-off, as a multiple of ``HOST_REST``."""

_TOLD = 200
"""Number of hosts listed in a run report."""

_hosts: "WeakKeyDictionary[Crawler, Hosts]" = WeakKeyDictionary()


@dataclass(slots=True)
class Host:
    """State of one host in this run."""

    pace: float = 0.0
    """Seconds the host wants between a response and the next request."""
    free_at: float = 0.0
    """Earliest time of the next request, monotonic clock."""
    has_served: bool = False
    """Whether it has served a page in this run."""
    failures: int = 0
    """Consecutive failures."""
    rests: int = 0
    """Consecutive back-offs without a good response in between."""
    rests_until: float = 0.0
    """End of the back-off, monotonic clock."""
    why: str = ""
    """Reason of the current or last back-off."""
    pages: int = 0
    """Number of requests sent."""
    seconds: float = 0.0
    """Seconds they took, delays included."""
    errors: int = 0
    """Number of failed requests."""
    answers: int = 0
    """Number of responses, of any status."""
    answering: float = 0.0
    """Total response time in seconds, without delays."""
    slowest: float = 0.0
    """Slowest response time in seconds."""

    def took(self, seconds: float) -> None:
        """Record a response time."""
        self.answers += 1
        self.answering += seconds
        self.slowest = max(self.slowest, seconds)

    def hold(self, seconds: float) -> None:
        """Delay further requests by some seconds."""
        self.free_at = max(self.free_at, monotonic() + seconds)

    def rest(self, seconds: float, why: str) -> None:
        """Start a back-off: requests to the host fail without being sent."""
        self.rests_until = max(self.rests_until, monotonic() + seconds)
        self.why = why

    @property
    def rests_for(self) -> float:
        """Remaining seconds of the back-off; 0 if there is none."""
        return max(0.0, self.rests_until - monotonic())


@dataclass(slots=True)
class Hosts:
    """The hosts of a run, by name.

    After ``HOST_FAILURES`` consecutive failures a host backs off. The first request afterwards is a
    probe: if it fails as well, the next back-off is twice as long.
    """

    failures: int = 5
    """Consecutive failures that start a back-off; 0 disables it."""
    rest: float = 600.0
    """Seconds of the first back-off."""
    max_pages: int = 0
    """Maximum requests to an outlet's host in a run; 0 is unlimited."""
    max_seconds: float = 0.0
    """Maximum seconds they may take; 0 is unlimited."""
    max_errors: int = 0
    """Maximum failures; 0 is unlimited."""
    delays: Mapping[str, float] = field(default_factory=dict)
    """Least seconds between two requests, by host; they hold for subdomains, too."""
    queued: Counter[str] = field(default_factory=Counter)
    """Queued requests by host."""
    met: dict[str, Host] = field(default_factory=dict)
    """Hosts requested so far."""

    @classmethod
    def of(cls, crawler: "Crawler") -> "Hosts":
        """Return the hosts of a crawler's run, created at the first call."""
        if crawler not in _hosts:
            _hosts[crawler] = cls.from_settings(crawler.settings)
        return _hosts[crawler]

    @classmethod
    def from_settings(cls, settings: "BaseSettings") -> "Hosts":
        """Create an instance from the settings."""
        return cls(
            settings.getint("HOST_FAILURES"),
            settings.getfloat("HOST_REST"),
            settings.getint("HOST_MAX_PAGES"),
            settings.getfloat("HOST_MAX_SECONDS"),
            settings.getint("HOST_MAX_ERRORS"),
            {host.lower(): float(s) for host, s in settings.getdict("HOST_DELAYS").items()},
        )

    def at(self, url: str) -> Host:
        """Return the host of a URL."""
        name = host_of(url)
        host = self.met.get(name)
        if host is None:
            override = shipped_overrides().get(registered_domain(name) or "")
            pause = (override and override.pause) or 0.0
            host = self.met[name] = Host(pace=max(pause, self._delay(name)))
        return host

    def _delay(self, name: str) -> float:
        """Return the delay set for a host, or else for the nearest domain above it."""
        parts = name.split(".")
        names = (".".join(parts[start:]) for start in range(len(parts)))
        return next((self.delays[each] for each in names if each in self.delays), 0.0)

    def failed(self, host: Host, why: str) -> None:
        """Record a failed request."""
        host.errors += 1
        host.failures += 1
        if self.failures and host.failures >= self.failures and not host.rests_for:
            times = min(2**host.rests, _LONGEST_REST)
            host.rests += 1
            host.rest(self.rest * times, f"{host.failures} failures in a row, the last: {why}")

    def answered(self, host: Host) -> None:
        """Record a good response."""
        host.failures = host.rests = 0

    def spent(self, host: Host) -> str | None:
        """Return the budget that a host has exhausted, or ``None``."""
        budgets = (
            ("HOST_MAX_PAGES", host.pages, self.max_pages),
            ("HOST_MAX_SECONDS", host.seconds, self.max_seconds),
            ("HOST_MAX_ERRORS", host.errors, self.max_errors),
        )
        return next((name for name, used, most in budgets if most and used >= most), None)

    def worst(self) -> dict[str, dict[str, float]]:
        """Statistics of the hosts with most failures, then of those that took most time."""
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
