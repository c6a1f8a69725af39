"""Leases on sites in the shared ledger: one process among all nodes crawls a site at a time."""

import json
import platform
from uuid import uuid4

from newscrawl.errors import LeaseLostError, SiteBusyError, StoreError
from newscrawl.state.host_slots import HostSlots
from newscrawl.state.place import Place
from newscrawl.state.postgres import PostgresDatabase
from newscrawl.state.site_lock import SiteLocks


class SiteLeases:
    """Leases on sites; those of a killed process expire.

    On the same node the lease is taken over at once: the file lock proves that the earlier process
    has ended.

    Args:
        database: Database that holds the leases.
        slots: Lease of this process.
        place: This machine's name and directory.
    """

    def __init__(self, database: PostgresDatabase, slots: HostSlots, place: Place) -> None:
        self._database = database
        self._slots = slots
        self._node = place.node
        self._path = place.path
        self._locks = SiteLocks(place.path)

    def acquire(self, site: str, job: str) -> None:
        """Take the lease of a site until it is released or expires.

        Raises:
            SiteBusyError: another run has it, on this or another node.
            StoreError: the name of this node belongs to another data directory.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._check_name()
        try:
            self._locks.acquire(site, job)
        except SiteBusyError:
            raise self._busy(site) from None
        self._slots.register(site)
        clock = self._database.clock
        before = self._database.execute(
            "SELECT node, job FROM site_leases WHERE site = ? AND owner IS NOT NULL",
            (site,),
        ).fetchone()
        if before and before[0] != self._node and self._is_alive(site):
            # Asked for first, as the row may be locked by a transaction of the other run.
            self._locks.release()
            raise self._busy(site)
        taken = self._database.execute(
            f"""
            INSERT INTO site_leases VALUES (:site, :owner, 1, :node, :job)
            ON CONFLICT (site) DO UPDATE SET owner = excluded.owner, node = excluded.node,
                job = excluded.job, epoch = site_leases.epoch + 1
            WHERE site_leases.owner IS NULL OR site_leases.node = excluded.node
                OR NOT EXISTS (SELECT 1 FROM processes WHERE lease_until > {clock}
                               AND processes.owner = site_leases.owner)
            RETURNING epoch
            """,  # noqa: S608 - a literal
            {"site": site, "owner": self._slots.owner, "node": self._node, "job": job},
            fenced=False,
        ).fetchone()
        if taken is None:
            self._locks.release()
            raise self._busy(site)
        self._database.owner = self._slots.owner
        self._database.epochs[site] = int(taken[0])
        if before and before[0] != self._node:
            self._close_killed(*before)

    def _is_alive(self, site: str) -> bool:
        """Return whether the lease of a site's owner is not over."""
        row = self._database.execute(
            "SELECT 1 FROM site_leases JOIN processes USING (owner)"  # noqa: S608 - a literal
            f" WHERE site_leases.site = ? AND lease_until > {self._database.clock}",
            (site,),
        ).fetchone()
        return row is not None

    def _close_killed(self, node: str, job: str) -> None:
        """Mark the run of another node as killed in the shared reports."""
        end = {"state": "killed", "outcome": "failed", "errors": ["its lease ended"]}
        self._database.execute(
            f"UPDATE runs SET written = {self._database.clock},"  # noqa: S608 - a literal
            " report = (report::jsonb || ?::jsonb)::text"
            " WHERE job = ? AND node = ? AND report::json->>'state' = 'running'",
            (json.dumps(end), job, node),
            fenced=False,
        )

    def _busy(self, site: str) -> SiteBusyError:
        """Return the error that names the node that is crawling a site."""
        row = self._database.execute("SELECT node, job FROM site_leases WHERE site = ?", (site,))
        node, job = row.fetchone() or (self._node, "unknown")
        return SiteBusyError(
            f"another run of {site} is under way on node {node} (job {job}); wait for it or stop it"
        )

    def _check_name(self) -> None:
        """Check that no other data directory uses this node's name."""
        file = self._path.with_name("node")
        if not file.exists():
            file.write_text(uuid4().hex)
        own = file.read_text().strip()
        self._database.execute(
            "INSERT INTO nodes VALUES (?, ?, ?) ON CONFLICT (name) DO NOTHING",
            (self._node, own, f"{platform.node()}:{self._path.parent.parent}"),
            fenced=False,
        )
        (known, machine) = self._database.execute(
            "SELECT id, machine FROM nodes WHERE name = ?", (self._node,)
        ).fetchone()
        if known != own:
            raise StoreError(
                f"the node name {self._node} belongs to the data directory {machine}; set "
                "NEWSCRAWL_NODE to another name. If that disk is lost, run: "
                f"scrapy ledger lost-node {self._node}"
            )

    def check(self) -> None:
        """Check that this process still has its leases.

        Raises:
            LeaseLostError: another process has taken one.
        """
        rows = self._database.execute(
            "SELECT site, epoch FROM site_leases WHERE owner = ?", (self._slots.owner,)
        )
        if dict(rows.fetchall()) != self._database.epochs:
            raise LeaseLostError(
                f"the lease of {', '.join(self._database.epochs)} is over and another run has "
                "taken it; nothing more is fetched"
            )

    def release(self) -> None:
        """Release all leases of this process."""
        self._database.epochs.clear()
        try:
            self._database.execute(
                "UPDATE site_leases SET owner = NULL WHERE owner = ?",
                (self._slots.owner,),
                fenced=False,
            )
        except StoreError:
            pass  # the lease expires
        finally:
            self._locks.release()
