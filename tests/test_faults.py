"""Faults of the demo's fault server: the right status for each, and no lost record."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest

from newscrawl.demo.faults import FAULTS, Fault, FaultServer, LoggedVisit, article_id, copies
from newscrawl.demo.faults.pages import TEXT, TITLE
from newscrawl.demo.faults.server import ROBOTS
from tests.web import Outcome, Web, crawl

SETTINGS = {"RETRY_TIMES": "2", "RETRY_BACKOFF": "0.2", "DOWNLOAD_TIMEOUT": "7"}


class Crawl:
    """One crawl of articles that lead to every fault."""

    def __init__(self, outcome: Outcome, asked: dict[str, list[LoggedVisit]]) -> None:
        self.outcome = outcome
        self.asked = asked
        self.records: dict[str, dict[str, Any]] = {r["id"]: r for r in outcome.lines("feeds")}

    def of(self, fault: Fault) -> list[dict[str, Any]]:
        """A fault's records."""
        return [self.records[article_id(fault, n)] for n in range(len(fault.paths))]


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crawl]:
    data = tmp_path_factory.mktemp("faults")
    with FaultServer(FAULTS) as server:
        web = Web(dict(copies(server, FAULTS)), direct=",".join(server.hosts))
        (data / "urls.txt").write_text("\n".join(web.pages))
        outcome = crawl(
            web,
            data,
            urls=str(data / "urls.txt"),
            settings=SETTINGS | server.settings,
        )
        yield Crawl(outcome, {fault.name: server.asked(fault) for fault in FAULTS})


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_each_fault_gives_its_expected_record(crawled: Crawl, fault: Fault) -> None:
    records = crawled.of(fault)
    for record in records:
        assert record["source"]["status"] == fault.status, record["source"]["reason"]
        assert fault.reason in (record["source"]["reason"] or "")
        assert record["copy"]["text"] == "\n\n".join(TEXT[fault.language])
        assert record["copy"]["title"] == TITLE[fault.language]
    asked = crawled.asked[fault.name]
    pages = [logged.at for logged in asked if logged.path != ROBOTS]
    assert (len(asked) - len(pages), len(pages)) == (fault.asks_robots, fault.requests)
    assert all(later - earlier >= fault.pause for earlier, later in pairwise(pages))


def test_the_run_ends_well(crawled: Crawl) -> None:
    report = crawled.outcome.report
    assert crawled.outcome.code == 0, crawled.outcome.stderr
    assert "Traceback" not in crawled.outcome.stderr
    assert report["found"] == report["exported"] == sum(len(fault.paths) for fault in FAULTS)
    assert report["errors"] == []
