"""Share hosts between processes: one process at a time may send requests to a host."""

import os
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic
from uuid import uuid4

from newscrawl.errors import StoreError
from newscrawl.state.database import Database

_PRECISION = 0.002
"""Seconds by which two readings of SQLite's clock, which counts milliseconds, may be wrong."""

_RESERVED = 5.0
"""Seconds for which a host slot is reserved for the process that waits for it first."""

_LONGEST_PAUSE = 3000.0
"""Seconds; a host that is to be free later than that was noted before the clock was set back."""


@dataclass(frozen=True, slots=True)
class HostHealth:
    """Pause, failures and back-off of a host, as passed from one process to the next."""

    free_in: float = 0.0
    """Seconds until the next request."""
    rests_for: float = 0.0
    """Remaining seconds of the back-off."""
    failures: int = 0
    """Consecutive failures."""
    rests: int = 0
    """Consecutive back-offs."""
    reason: str = ""
    """Reason of the last back-off."""
    wanted: bool = False
    """Whether another process waits for the host."""


class HostSlots:
    """Slots of hosts in the ledger, each owned by one process at a time.

    A slot belongs to a process until it releases it, or until the process's lease expires. All
    times are those of the database's clock.

    Args:
        database: Database that holds the slots.
        node: Name of this machine.
        lease: Seconds for which ``renew`` keeps the slots.
    """

    def __init__(self, database: Database, node: str, lease: float) -> None:
        self._database = database
        self._node = node
        self.lease = lease
        """Seconds after which an unrenewed lease is over."""
        self.owner = f"{node}:{os.getpid()}:{uuid4().hex}"
        """Unique name of this process."""
        self._renewed = 0.0

    def register(self, site: str) -> None:
        """Begin the lease of this process, which has locked a site.

        Earlier processes of this node that crawled the site have ended. Back-offs are shared only
        by concurrent runs; without another run, all hosts begin healthy.
        """
        clock, execute = self._database.clock, self._database.execute
        execute(
            f"DELETE FROM processes WHERE (site = ? AND node = ?) OR lease_until < {clock} - 86400",  # noqa: S608 - a literal
            (site, self._node),
            fenced=False,
        )
        execute(
            "UPDATE host_slots SET failures = 0, rests = 0, rests_until = 0, reason = ''"  # noqa: S608 - a literal
            " WHERE (failures > 0 OR rests_until > 0) AND NOT EXISTS"
            f" (SELECT 1 FROM processes WHERE lease_until > {clock})",
            fenced=False,
        )
        execute(
            f"INSERT INTO processes VALUES (?, ?, ?, {clock} + ?) ON CONFLICT (owner) DO NOTHING",  # noqa: S608 - a literal
            (self.owner, site, self._node, self.lease),
            fenced=False,
        )
        self._renewed = monotonic()

    @property
    def lease_end(self) -> float:
        """End of the lease, monotonic clock."""
        return self._renewed + self.lease

    def renew(self) -> list[str]:
        """Renew the lease of this process if necessary; return its hosts that others wait for."""
        if monotonic() > self._renewed + self.lease / 4:
            began = monotonic()
            self._database.execute(
                f"UPDATE processes SET lease_until = {self._database.clock} + ? WHERE owner = ?",  # noqa: S608 - a literal
                (self.lease, self.owner),
                fenced=False,
            )
            self._renewed = began
        rows = self._database.execute(
            "SELECT host FROM host_slots WHERE owner = ? AND wanted_by IS NOT NULL", (self.owner,)
        )
        return [host for (host,) in rows]

    def take(self, host: str, pause: float) -> HostHealth | None:
        """Take the slot of a host; reserve it and return ``None`` if another process has it.

        If the earlier owner was killed, the time of its last request is unknown, and the next
        request is sent after ``pause`` seconds.
        """
        clock = self._database.clock
        alive = (
            "EXISTS (SELECT 1 FROM processes WHERE processes.owner = host_slots.owner"  # noqa: S608 - a literal
            f" AND lease_until > {clock})"
        )
        given = {
            "host": host,
            "owner": self.owner,
            "pause": pause + _PRECISION,
            "reserved": _RESERVED,
        }
        taken = self._database.execute(
            f"""
            INSERT INTO host_slots (host, owner) VALUES (:host, :owner)
            ON CONFLICT (host) DO UPDATE SET
                owner = excluded.owner,
                wanted_by = CASE WHEN host_slots.wanted_by = excluded.owner THEN NULL
                                 ELSE host_slots.wanted_by END,
                free_at = CASE WHEN host_slots.owner IS NULL
                                    OR host_slots.free_at > {clock} + :pause
                               THEN host_slots.free_at ELSE {clock} + :pause END
            WHERE (host_slots.owner IS NULL OR host_slots.owner = excluded.owner OR NOT {alive})
                AND (host_slots.wanted_by IS NULL OR host_slots.wanted_by = excluded.owner
                     OR host_slots.wanted_until <= {clock})
            RETURNING free_at - {clock}, rests_until - {clock}, failures, rests, reason, wanted_by
            """,  # noqa: S608 - literals
            given,
            fenced=False,
        ).fetchall()
        for free_in, rests_for, failures, rests, reason, wanted_by in taken:
            free_in = max(0.0, free_in) if free_in <= _LONGEST_PAUSE else pause
            # Tested here: some versions of SQLite return a wrong ``wanted_by IS NOT NULL``.
            wanted = wanted_by is not None
            return HostHealth(free_in, max(0.0, rests_for), failures, rests, reason, wanted)
        self._database.execute(
            f"""
            UPDATE host_slots SET wanted_by = :owner, wanted_until = {clock} + :reserved
            WHERE host = :host AND owner != :owner
                AND (wanted_by IS NULL OR wanted_by = :owner OR wanted_until <= {clock})
            """,  # noqa: S608 - literals
            given,
            fenced=False,
        )
        return None

    def give_back(self, host: str, health: HostHealth) -> None:
        """Free the slot of a host, if this process still has it, and pass on the host's state."""
        self._write(host, health, "owner = NULL,", "AND owner = ?")

    def note(self, host: str, health: HostHealth) -> None:
        """Pass on a host's state that changed after its slot was released."""
        self._write(host, health, "", "AND (owner IS NULL OR owner = ?)")

    def _write(self, host: str, health: HostHealth, change: str, condition: str) -> None:
        clock = self._database.clock
        # A host that does not back off has no end of a back-off, which a clock that is set back
        # would move into the future.
        rest = f"{clock} + ?" if health.rests_for > 0 else "?"
        self._database.execute(
            f"UPDATE host_slots SET {change} free_at = {clock} + ?, rests_until = {rest},"  # noqa: S608 - literals
            f" failures = ?, rests = ?, reason = ? WHERE host = ? {condition}",
            (
                health.free_in + _PRECISION,
                health.rests_for,
                health.failures,
                health.rests,
                health.reason,
                host,
                self.owner,
            ),
            fenced=False,
        )

    def unregister(self) -> None:
        """End the lease of this process; its remaining slots are free at once."""
        with suppress(StoreError):  # an unreachable database lets the lease run out
            self._database.execute(
                "DELETE FROM processes WHERE owner = ?", (self.owner,), fenced=False
            )
