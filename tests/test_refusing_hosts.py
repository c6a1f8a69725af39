"""Hosts that refuse everything back off; one that restricts some pages does not."""

from pathlib import Path

from newscrawl.demo.proxy import Reply
from tests.support import PATIENT, Troubled, sources
from tests.web import HTML, crawl


def test_a_host_that_refuses_everything_backs_off(tmp_path: Path) -> None:
    small = Troubled({"closed.example": 8, "partly.example": 8})
    refusal = Reply(403, HTML, b"<p>Forbidden")
    small.always["closed.example"] = refusal
    settings = PATIENT | {"HOST_FAILURES": "3", "CONCURRENT_REQUESTS_PER_DOMAIN": "1"}
    pages = [url for url in small.pages if "partly.example" in url]
    for url in pages[1:6]:
        small.pages[url] = refusal
    outcome = crawl(small, tmp_path, settings=settings, urls=small.urls)
    assert outcome.code == 0, outcome.stderr
    closed = [status for status, _ in sources(outcome, "closed.example")]
    assert len(small.asked["closed.example"]) == 3
    assert closed.count("refused") == 3
    assert closed.count("unreachable") == 5  # asked for again by a later run
    assert "HTTP 403" in outcome.report["left_alone"]["closed.example"]
    assert len(small.asked["partly.example"]) == 8
    assert "partly.example" not in outcome.report["left_alone"]
