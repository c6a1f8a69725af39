"""Model of what the feeds must contain, checked with random crawls, kills and changes.

``docs/state.md`` describes the states of an article. ``benchmarks/states.py`` runs the same machine
for hours.
"""

import contextlib
import itertools
import json
import os
import signal
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any, ClassVar, cast

import pytest
from hypothesis import HealthCheck, Phase, note, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from newscrawl.demo.proxy import DemoProxy
from newscrawl.state import Ledger, Scope
from newscrawl.state.place import Place
from tests.changing_network import NEWEST, OUTLETS, TODAY, Network, Piece
from tests.postgres import Server
from tests.preloaded import SCRAPY, Running, start
from tests.web import FAST, environment

SITES = ("maghress", "djazairess")
SECONDS = 24 * 3600

SEED = int(os.environ.get("STATES_SEED", "19"))
EXAMPLES = int(os.environ.get("STATES_EXAMPLES", "3"))

SETTINGS = FAST | {
    "ARTICLE_MAX_ATTEMPTS": "1000",  # failures must not end what the network serves later
    "CONCURRENT_REQUESTS_PER_DOMAIN": "1",
    "FEED_BATCH": "2",
    "FEED_FSYNC": "0",
    "HOST_FAILURES": "0",
    "MONITORS": "0",
    "PARSE_WORKERS": "0",
    "RECHECK_DAYS": "36500",
    "RETRY_TIMES": "0",
}

Arguments = dict[str, str]


class ArticleStates(RuleBasedStateMachine):
    """Two changing sites, and one data directory that crawls of them write to."""

    ledgers: ClassVar[Iterator[str]] = itertools.repeat("")
    """URLs of empty PostgreSQL databases, one for each sequence; empty texts for SQLite."""

    def __init__(self) -> None:
        super().__init__()
        self.network = Network()
        self.days = 0.0
        """How far the clock is ahead of this machine's."""
        self.forgotten: set[tuple[str, int]] = set()
        """Articles and versions at which the ledger forgot them."""
        self.begun: dict[str, set[str]] = {}
        """Lists of URLs that were stopped, with what was requested since; they are continued."""
        self.runs = 0
        self._stack = contextlib.ExitStack()
        self.data = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="states-")))
        url = next(self.ledgers)
        self.place = Place(self.data, url, "one" if url else "")
        self._proxy = self._stack.enter_context(DemoProxy(self.network.reply))

    # --- The network changes ---------------------------------------------------------------------

    @initialize(ages=st.lists(st.integers(0, 15), min_size=6, max_size=14))
    def begin(self, ages: list[int]) -> None:
        for count, age in enumerate(sorted(ages, reverse=True)):
            self.network.publish(SITES[count % 7 == 3], OUTLETS[count % 5 == 2], age)

    def change(self, kind: str, which: int, count: int) -> None:
        """Change the network, or let days pass."""
        pieces = list(self.network.pieces.values())
        piece = pieces[which % len(pieces)]
        note(f"{kind} {piece.key.id} {count}")
        match kind:
            case "publish":
                for _ in range(count):
                    self.network.publish(piece.site, piece.outlet, 0)
            case "edit":
                piece.edits += 1
                piece.source_edits += count > 1
            case "vanish":
                for other in (pieces + pieces)[which % len(pieces) :][:count]:
                    other.listed = False
            case "recover":
                for other in pieces:
                    other.page = other.source = 200
            case "wait":
                self.days += (1, 3, 7, 30)[count - 1]
            case "page" | "source":
                setattr(piece, kind, (200, 404, 503, 503)[count - 1])

    # --- Crawls ----------------------------------------------------------------------------------

    @rule(
        changes=st.lists(
            st.tuples(
                st.sampled_from(
                    ["publish", "edit", "vanish", "recover", "wait", "page", "page", "source"]
                ),
                st.integers(0, 19),
                st.integers(1, 4),
            ),
            max_size=4,
        ),
        site=st.sampled_from([SITES[0], *SITES, SITES[0]]),
        arguments=st.one_of(
            st.just({}),
            st.just({"revisit": "only"}),
            st.just({"revisit": "no"}),
            st.just({"limit": "2"}),
            st.just({"follow": "no"}),
            st.just({"since": (TODAY - timedelta(days=5)).isoformat()}),
            st.just({"outlets": "courrier"}),
            st.just({"outlets": "courrier", "limit": "4"}),
            st.just({"outlets": "courrier,gazette"}),
            st.builds(
                lambda ago: {
                    "outlets": "courrier,gazette",
                    "since": (TODAY - timedelta(days=ago)).isoformat(),
                },
                st.integers(1, 12),
            ),
            st.just({"outlets": "courrier", "until": (TODAY - timedelta(days=3)).isoformat()}),
            st.just({"urls": "all"}),
        ),
        stop=st.one_of(
            st.none(),
            st.tuples(st.integers(1, 14), st.sampled_from(["KILL", "TERM", "INT", "budget"])),
        ),
        wrong_clock=st.sampled_from([0, 0, 0, 0, 0, 0, -5000, 400]),
    )
    def crawl(
        self,
        changes: list[tuple[str, int, int]],
        site: str,
        arguments: Arguments,
        stop: tuple[int, str] | None,
        wrong_clock: int,
    ) -> None:
        for kind, which, count in changes:
            self.change(kind, which, count)
        if arguments.get("urls"):
            urls = [p.key.url for p in self.network.pieces.values() if p.site == site]
            arguments = {"urls": ",".join(urls)} if urls else {}
        listed = arguments.get("urls")
        if listed:
            self.begun.setdefault(listed, set())
        report = self._crawl(site, arguments, stop, wrong_clock)
        finished = report and report["reason"] == "finished"
        for requested in self.begun.values():
            requested.update(self.network.requests)
        if finished and not wrong_clock and arguments.get("revisit") in (None, "yes"):
            self._check_covered(site, arguments)
        if finished and listed:
            del self.begun[listed]

    @precondition(lambda self: self.runs)
    @rule(site=st.sampled_from(SITES), verb=st.sampled_from(["retry", "forget"]))
    def change_ledger(self, site: str, verb: str) -> None:
        if verb == "forget":
            self.forgotten |= {
                (article, len(versions))
                for article, versions in self._records().items()
                if self.network.pieces[article].site == site
            }
        self._ledger(verb, "--site", site, "--yes")

    def teardown(self) -> None:
        """Let all recover: what is listed or known must be in the feeds, in its last state."""
        try:
            if self.runs:
                self._check_end()
        finally:
            self._stack.close()

    def _check_end(self) -> None:
        self.change("recover", 0, 1)
        self.days += 40
        everything = {"outlets": "courrier,gazette"}
        for site in SITES:
            self._crawl(site, everything)
            self._check_covered(site, everything)
            unfinished = [row for row in self._census(site) if row[3] != "done"]
            assert not unfinished, unfinished
            if self._census(site):
                self._ledger("retry", "--site", site, "--yes")
            self._crawl(site, everything)
        for article, versions in self._records().items():
            piece = self.network.pieces[article]
            # What was forgotten and is not listed any more is known to nobody.
            if piece.listed or (article, versions[-1]["version"]) not in self.forgotten:
                self._check_state(piece, versions[-1])
        stale = [r["job"] for r in self._reports() if r["state"] == "running"]
        assert not stale, stale

    # --- Invariants ------------------------------------------------------------------------------

    def _check_report(self, report: dict[str, Any]) -> None:
        parts = ("exported", "rejected", "failed", "unchanged", "left")
        assert report["found"] == sum(report[part] for part in parts), report
        assert "spider_exceptions" not in str(report["errors"]), report

    def _check_feeds(self) -> None:
        """Each version stands once, says what changed, and never loses the source's text."""
        for article, versions in self._records().items():
            assert [r["version"] for r in versions] == list(range(1, len(versions) + 1)), article
            for before, after in itertools.pairwise(versions):
                if (article, before["version"]) not in self.forgotten:
                    assert after["changed"], article
                    assert (before["origin"], after["origin"]) != ("source", "aggregator"), article

    def _check_covered(self, site: str, arguments: Arguments) -> None:
        """Check that everything a finished run covers is exported."""
        since = date.fromisoformat(arguments.get("since", "1990-01-01"))
        until = date.fromisoformat(arguments.get("until", "2999-01-01"))
        if "limit" in arguments:
            return
        covered: list[Piece] = []
        if "urls" in arguments:
            covered = [p for p in self.network.pieces.values() if p.site == site]
        elif "outlets" in arguments:
            for outlet in arguments["outlets"].split(","):
                covered += self.network.listed(site, outlet)
        else:
            covered = self.network.listed(site)[:NEWEST]
        records = self._records()
        for piece in covered:
            if piece.page == 200 and since <= piece.day <= until:
                assert piece.key.id in records, f"{piece.key.id} is missing"
                if "urls" in arguments:
                    assert piece.key.url in self.begun[arguments["urls"]], piece
                    if piece.source == 200 and piece.key.url in self.network.requests:
                        self._check_state(piece, records[piece.key.id][-1])

    def _check_state(self, piece: Piece, record: dict[str, Any]) -> None:
        """A record is that of the present pages."""
        assert record["copy"]["title"] == piece.title, (piece, record)
        assert record["source"]["status"] == "ok", (piece, record)
        assert record["source"]["text"].endswith(piece.ending), (piece, record)

    # --- How it is done --------------------------------------------------------------------------

    def _any(self, chance: Any) -> Piece:
        return cast("Piece", chance.choice(list(self.network.pieces.values())))

    def _crawl(
        self,
        site: str,
        arguments: Arguments,
        stop: tuple[int, str] | None = None,
        wrong_clock: int = 0,
    ) -> dict[str, Any] | None:
        """Crawl, and return the report of a run that was not killed."""
        self.runs += 1
        job = f"run-{self.runs}"
        options = SETTINGS | self._located()
        if stop and stop[1] == "budget":
            options["CLOSESPIDER_PAGECOUNT"] = str(stop[0])
        argv = ["crawl", site, "-a", "editions=fr", "-a", f"_job={job}"]
        argv += [f"--set={name}={value}" for name, value in options.items()]
        argv += [part for given in arguments.items() for part in ("-a", "=".join(given))]
        self.network.requests.clear()
        log = self.data / f"{job}.log"
        process = self._start(argv, environment(self._proxy, self.data), log, wrong_clock)
        if stop and stop[1] != "budget":
            requests, name = stop

            def kill(count: int) -> None:
                if count == requests:
                    process.send_signal(signal.Signals[f"SIG{name}"])

            self.network.on_request = kill
        code = process.wait()
        self.network.on_request = lambda _: None
        self._check_feeds()
        if code == -signal.SIGKILL:
            return None
        text = log.read_text(errors="replace")
        note(f"{job}: exit code {code}")
        assert "Traceback" not in text, text
        assert code in (0, 1), text
        report = json.loads((self.data / "runs" / f"{job}.json").read_text())
        assert report["state"] in ("finished", "interrupted"), report
        self._check_report(report)
        requested = [url for url in self.network.requests if url in self._urls()]
        assert len(requested) == len(set(requested)), "a page was requested twice"
        return cast("dict[str, Any]", report)

    def _urls(self) -> set[str]:
        return {piece.key.url for piece in self.network.pieces.values()}

    def _located(self) -> dict[str, str]:
        """Settings that name the data directory and the ledger."""
        place = self.place
        return {"NEWSCRAWL_DATA": str(place.data), "LEDGER": place.url, "NODE": place.node}

    def _ledger(self, *arguments: str) -> None:
        log = self.data / "ledger.log"
        located = [f"--set={name}={value}" for name, value in self._located().items()]
        process = self._start(["ledger", *arguments, *located], os.environ, log)
        assert process.wait() == 0, log.read_text()

    def _start(
        self, arguments: list[str], variables: Mapping[str, str], log: Path, wrong_clock: int = 0
    ) -> Running:
        """Start a command whose output is added to a log.

        Each begins in another second: timestamps of the ledger have whole ones.
        """
        days = self.days + wrong_clock + self.runs / SECONDS
        with log.open("a") as file:
            return start(
                [*SCRAPY, *arguments],
                env=variables,
                stdout=file,
                stderr=file,
                days=days,
            )

    def _census(self, site: str) -> list[tuple[str, str, str, str, int]]:
        ledger = Ledger(self.place)
        try:
            return ledger.articles.count_by_outlet(Scope(site=site))
        finally:
            ledger.close()

    def _records(self) -> dict[str, list[dict[str, Any]]]:
        """Records of each article in the order of their versions, as far as they are committed."""
        found: dict[str, list[dict[str, Any]]] = defaultdict(list)
        lengths: dict[str, int] = {}
        if self.place.exists:
            ledger = Ledger(self.place)
            for site in SITES:
                lengths |= dict(ledger.files.committed(site))
            ledger.close()
        for feed in (self.data / "feeds").rglob("*.jsonl"):
            name = feed.relative_to(self.data).as_posix()
            for line in feed.read_bytes()[: lengths.get(name)].splitlines():
                record = json.loads(line)
                found[record["id"]].append(record)
        for versions in found.values():
            versions.sort(key=lambda record: int(record["version"]))
        return found

    def _reports(self) -> list[dict[str, Any]]:
        return [json.loads(path.read_bytes()) for path in (self.data / "runs").glob("*.json")]


def run(number: int, examples: int, steps: int) -> None:
    """Run random sequences; the same number gives the same ones."""
    sys.stdout.write(f"STATES_SEED={number} STATES_EXAMPLES={examples}, {steps} steps each\n")
    machine = seed(number)(ArticleStates)
    run_state_machine_as_test(
        machine,
        settings=settings(
            database=None,
            deadline=None,
            max_examples=examples,
            stateful_step_count=steps,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_all_served_articles_are_in_the_feeds_once_in_their_last_state() -> None:
    run(SEED, EXAMPLES, 8)


def test_the_same_holds_with_the_ledger_on_postgresql(
    postgres: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ArticleStates, "ledgers", iter(postgres.create, ""))
    run(SEED, 1, 4)
