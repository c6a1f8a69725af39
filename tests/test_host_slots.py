"""Host slots: pauses and health of hosts, shared by processes."""

import asyncio
import multiprocessing
import os
import signal
import time
from contextlib import closing
from itertools import pairwise
from multiprocessing.context import ForkProcess
from pathlib import Path

import pytest

from newscrawl.fetching.hosts import Hosts
from newscrawl.state import Ledger
from newscrawl.state.host_slots import HostHealth
from newscrawl.state.place import Place

fork = multiprocessing.get_context("fork")

HOST = "https://outlet.example/"
PAUSE = 0.2
LEASE = 1.0


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path, lease=LEASE)


def hosts_of(ledger: Ledger, site: str) -> Hosts:
    hosts = Hosts(pause=PAUSE)
    ledger.host_slots.register(site)
    hosts.share(ledger)
    return hosts


async def request(hosts: Hosts, log: Path, name: str) -> None:
    """Do what the politeness middleware does, with a request of 50 ms."""
    host = hosts.at(HOST)
    await hosts.enter(host)
    while (pause := host.free_at - time.monotonic()) > 0:
        await asyncio.sleep(pause)
        await hosts.secure(host)
    note(log, name, "sent")
    await asyncio.sleep(0.05)
    note(log, name, "done")
    host.hold(PAUSE)
    hosts.leave(host)


def run(place: Place, name: str, log: Path, requests: int) -> None:
    """A process that sends requests to one host."""

    async def crawl() -> None:
        hosts = hosts_of(ledger, name)

        async def keep() -> None:
            while True:
                await asyncio.sleep(0.1)
                hosts.renew()

        keeper = asyncio.ensure_future(keep())
        for _ in range(requests):
            await request(hosts, log, name)
        keeper.cancel()
        hosts.leave_all()

    with closing(Ledger(place)) as ledger:
        asyncio.run(crawl())


def start(place: Place, log: Path, requests: int, *names: str) -> list[ForkProcess]:
    processes = [fork.Process(target=run, args=(place, name, log, requests)) for name in names]
    for process in processes:
        process.start()
    return processes


def note(log: Path, name: str, what: str) -> None:
    with log.open("a") as file:
        file.write(f"{name} {what} {time.monotonic()}\n")


def read(log: Path) -> list[tuple[str, str, float]]:
    lines = log.read_text().splitlines() if log.exists() else []
    return [(name, what, float(at)) for name, what, at in map(str.split, lines)]


def check(events: list[tuple[str, str, float]]) -> None:
    """One request at a time, and a pause after each."""
    events.sort(key=lambda event: event[2])
    for (name, what, at), (following, then, later) in pairwise(events):
        if what == "sent" and then == "sent":
            # The process that sent the first one was killed.
            assert later - at >= PAUSE
        elif what == "sent":
            assert (then, following) == ("done", name)
        else:
            assert (then, later - at >= PAUSE) == ("sent", True)


def test_three_processes_send_one_request_at_a_time_in_turn(place: Place) -> None:
    log = place.data / "log"
    processes = start(place, log, 4, "a", "b", "c")
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0, 0]
    events = read(log)
    assert len(events) == 24
    check(events)
    sent = [name for name, what, _ in events if what == "sent"]
    assert sum(one != other for one, other in pairwise(sent)) >= 4, "nobody is kept waiting"


@pytest.mark.parametrize("kind", [signal.SIGKILL, signal.SIGSTOP])
def test_hosts_of_a_killed_or_stopped_process_are_free_after_its_lease(
    place: Place, kind: signal.Signals
) -> None:
    log = place.data / "log"
    (holder,) = start(place, log, 100, "a")
    while not read(log):
        time.sleep(0.01)
    assert holder.pid
    os.kill(holder.pid, kind)
    began = time.monotonic()
    (other,) = start(place, log, 3, "b")
    other.join(60)
    assert other.exitcode == 0
    first = min(at for name, _, at in read(log) if name == "b")
    assert PAUSE <= first - began <= 20
    before = len(read(log))
    if kind == signal.SIGSTOP:
        os.kill(holder.pid, signal.SIGCONT)
        while len(read(log)) < before + 3:
            time.sleep(0.01)
    holder.kill()
    holder.join()
    # When the holder's request ended is not known to anybody else.
    check([event for event in read(log) if event[:2] != ("a", "done")])


def test_a_clock_set_back_delays_no_host(place: Place) -> None:
    with closing(Ledger(place)) as ledger:
        slots = ledger.host_slots
        slots.register("maghress")
        assert slots.take(HOST, PAUSE)
        slots.give_back(HOST, HostHealth(free_in=PAUSE))
        # What an hour makes of the stored times.
        ledger.articles._database.execute(
            "UPDATE host_slots SET free_at = free_at + 3600,"
            " rests_until = CASE WHEN rests_until > 0 THEN rests_until + 3600 ELSE 0 END"
        )
        health = slots.take(HOST, PAUSE)
    assert health
    assert (health.free_in, health.rests_for) == (PAUSE, 0)


def test_a_slot_without_waiting_processes_is_kept_between_requests(place: Place) -> None:
    with closing(Ledger(place)) as ledger:
        hosts = hosts_of(ledger, "maghress")
        host = hosts.at(HOST)
        asyncio.run(hosts.enter(host))
        hosts.leave(host)
        assert host.owned
