"""Health and pacing of each host in a run: delays, failures and back-off.

Processes that request from the same hosts share this state: each host has a slot in the ledger,
which one process owns at a time.
"""

import asyncio
import heapq
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from newscrawl.outlets import shipped_overrides
from newscrawl.state.host_slots import HostHealth
from newscrawl.text.urls import host as host_of
from newscrawl.text.urls import registered_domain

if TYPE_CHECKING:
    from collections.abc import Callable

    from scrapy.crawler import Crawler
    from scrapy.settings import BaseSettings

    from newscrawl.state import Ledger

_LONGEST_REST = 16
"""Upper limit of a back-off, as a multiple of ``HOST_REST``."""

_TOLD = 200
"""Number of hosts listed in a run report."""

_POLL = (0.1, 0.5)
"""First and longest pause in seconds between two attempts to take an occupied slot."""

_hosts: "WeakKeyDictionary[Crawler, Hosts]" = WeakKeyDictionary()


@dataclass(slots=True)
class Host:
    """Pacing, failures, budget and statistics of one host in this run."""

    name: str = ""
    """Host name."""
    pace: float = 0.0
    """Minimum seconds between a response and the next request, as the host demands."""
    free_at: float = 0.0
    """Earliest time of the next request, monotonic clock."""
    free_for_others_at: float = 0.0
    """The same for another process, whose pause begins with the response to the last one."""
    has_served: bool = False
    """Whether it has served a page in this run."""
    failures: int = 0
    """Consecutive failures."""
    rests: int = 0
    """Consecutive back-offs without a successful response in between."""
    rests_until: float = 0.0
    """End of the back-off, monotonic clock."""
    why: str = ""
    """Reason of the current or last back-off."""
    pages: int = 0
    """Number of requests sent."""
    seconds: float = 0.0
    """Total seconds of these requests, delays included."""
    errors: int = 0
    """Number of failed requests."""
    answers: int = 0
    """Number of responses, of any status."""
    answering: float = 0.0
    """Total response time in seconds, without delays."""
    slowest: float = 0.0
    """Slowest response time in seconds."""
    owned: bool = False
    """Whether this process owns the host's slot."""
    wanted: bool = False
    """Whether another process waits for the slot."""
    in_use: int = 0
    """Requests in progress that need the slot."""
    changed: "Callable[[Host], None] | None" = None
    """Called when the back-off of the host is extended."""

    def record_response_time(self, seconds: float) -> None:
        """Record a response time."""
        self.answers += 1
        self.answering += seconds
        self.slowest = max(self.slowest, seconds)

    def hold(self, seconds: float) -> None:
        """Delay further requests by some seconds."""
        self.hold_until(monotonic() + seconds)

    def hold_until(self, time: float) -> None:
        """Delay further requests until a time of the monotonic clock."""
        if time > self.free_at:
            self.free_at = time
            if self.changed:
                self.changed(self)

    def rest(self, seconds: float, why: str) -> None:
        """Start a back-off: requests to the host fail without being sent."""
        self.rests_until = max(self.rests_until, monotonic() + seconds)
        self.why = why
        if self.changed:
            self.changed(self)

    @property
    def rests_for(self) -> float:
        """Remaining seconds of the back-off; 0 if there is none."""
        return max(0.0, self.rests_until - monotonic())


@dataclass(slots=True)
class Hosts:
    """All hosts of a run by name, with their delays, back-offs and budgets.

    After ``HOST_FAILURES`` consecutive failures a host backs off. The first request afterwards is a
    probe: if it fails as well, the next back-off is twice as long.

    With ``share`` the state is shared with other processes. A slot is kept until another
    process waits for it, so that a run without concurrent runs rarely queries the ledger.
    """

    failures: int = 5
    """Consecutive failures that start a back-off; 0 disables it."""
    rest: float = 600.0
    """Seconds of the first back-off."""
    max_pages: int = 0
    """Maximum requests to an outlet's host in a run; 0 is unlimited."""
    max_seconds: float = 0.0
    """Maximum total seconds of these requests; 0 is unlimited."""
    max_errors: int = 0
    """Maximum failures; 0 is unlimited."""
    delays: Mapping[str, float] = field(default_factory=dict)
    """Minimum seconds between two requests, by host; they apply to subdomains, too."""
    queued: Counter[str] = field(default_factory=Counter)
    """Queued requests by host."""
    pause: float = 0.0
    """Seconds between two requests to a host, unless the host demands more."""
    met: dict[str, Host] = field(default_factory=dict)
    """Hosts requested so far."""
    ledger: "Ledger | None" = None
    """Ledger with the slots shared with other processes, if any."""

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
            pause=settings.getfloat("DOWNLOAD_DELAY"),
        )

    def at(self, url: str) -> Host:
        """Return the host of a URL."""
        name = host_of(url)
        host = self.met.get(name)
        if host is None:
            override = shipped_overrides().get(registered_domain(name) or "")
            pace = max((override and override.pause) or 0.0, self._delay(name))
            host = self.met[name] = Host(name, pace, changed=self._note if self.ledger else None)
        return host

    def _delay(self, name: str) -> float:
        """Return the delay set for a host, or else for its nearest parent domain."""
        parts = name.split(".")
        names = (".".join(parts[start:]) for start in range(len(parts)))
        return next((self.delays[each] for each in names if each in self.delays), 0.0)

    # --- Slots shared with other processes -------------------------------------------------------

    def share(self, ledger: "Ledger") -> None:
        """Share the state of the hosts by a ledger in which this process has locked a site."""
        self.ledger = ledger
        for host in self.met.values():
            host.changed = self._note

    def renew(self) -> None:
        """Renew the lease, and release unused slots that other processes wait for.

        Raises:
            StoreError: the ledger cannot be used.
        """
        if not self.ledger:
            return
        late = monotonic() > self.ledger.host_slots.lease_end
        wanted = self.ledger.renew()
        if late:  # other processes may have taken any of the slots
            for host in self.met.values():
                host.owned = False
        for name in wanted:
            host = self.met[name]
            host.wanted = True
            if not host.in_use:
                self._give_back(host)

    async def enter(self, host: Host, *, join: bool = False) -> None:
        """Wait until this process may send a request to a host; ``leave`` must be called after it.

        A request on which another one in progress depends must ``join`` it.

        Raises:
            StoreError: the ledger cannot be used.
        """
        if self.ledger:
            while host.owned and host.wanted and not (join and host.in_use):
                if not host.in_use:
                    self._give_back(host)
                await asyncio.sleep(_POLL[0])
            await self.secure(host)
        host.in_use += 1

    async def secure(self, host: Host) -> None:
        """Take the slot of a host, unless this process still has it.

        Raises:
            StoreError: the ledger cannot be used.
        """
        poll, longest = _POLL
        while self.ledger:
            if monotonic() > self.ledger.host_slots.lease_end:
                self.renew()
            if host.owned or self._take(host):
                return
            await asyncio.sleep(poll)
            poll = min(2 * poll, longest)

    def leave(self, host: Host) -> None:
        """End a request; the slot is released if another process waits for it.

        Raises:
            StoreError: the ledger cannot be used.
        """
        host.in_use -= 1
        if host.owned and host.wanted and not host.in_use:
            self._give_back(host)

    def leave_all(self) -> None:
        """Release all slots at the end of a run.

        Raises:
            StoreError: the ledger cannot be used.
        """
        for host in self.met.values():
            if host.owned:
                self._give_back(host)

    def _take(self, host: Host) -> bool:
        """Try to take the slot of a host and adopt the state that other processes stored."""
        assert self.ledger
        health = self.ledger.host_slots.take(host.name, max(self.pause, host.pace))
        if health is None:
            return False
        now = monotonic()
        host.owned, host.wanted = True, health.wanted
        host.free_at = max(host.free_at, now + health.free_in)
        host.rests_until = max(host.rests_until, now + health.rests_for)
        host.failures, host.rests = health.failures, health.rests
        host.why = health.reason or host.why
        return True

    def _give_back(self, host: Host) -> None:
        assert self.ledger
        host.owned = host.wanted = False
        self.ledger.host_slots.give_back(host.name, _health(host))

    def _note(self, host: Host) -> None:
        if self.ledger and not host.owned:
            self.ledger.host_slots.note(host.name, _health(host))

    # --- Health ----------------------------------------------------------------------------------

    def failed(self, host: Host, why: str) -> None:
        """Record a failed request."""
        host.errors += 1
        host.failures += 1
        if self.failures and host.failures >= self.failures and not host.rests_for:
            times = min(2**host.rests, _LONGEST_REST)
            host.rests += 1
            host.rest(self.rest * times, f"{host.failures} failures in a row, the last: {why}")

    def succeeded(self, host: Host) -> None:
        """Record a successful response."""
        host.failures = host.rests = 0

    def exhausted_budget(self, host: Host) -> str | None:
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


def _health(host: Host) -> HostHealth:
    """Return the state of a host that other processes need."""
    free_in = max(0.0, max(host.free_at, host.free_for_others_at) - monotonic())
    reason = host.why if host.rests_for else ""
    return HostHealth(free_in, host.rests_for, host.failures, host.rests, reason)
