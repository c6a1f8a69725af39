"""Concurrent runs of several sites: shared pauses of the hosts they have in common."""

import json
import os
import signal
import time
from collections.abc import Mapping
from itertools import combinations, pairwise
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from newscrawl.demo.proxy import DemoProxy, Reply
from tests import preloaded
from tests.support import TEXT, TITLE
from tests.web import HTML, Web, aggregator_page, command, environment, outlet_page

SITES = {"maghress": "fr", "turess": "fr", "masress": "en"}
CHANGES = [set(pair) for pair in combinations(SITES, 2)]
SHARED, ARCHIVE = "outlet.example", "wayback.example"
PAUSE = 0.3
LATENCY = 0.1
ARTICLES = 4
SETTINGS = {
    "CONCURRENT_REQUESTS_PER_DOMAIN": "1",
    "DOWNLOAD_DELAY": str(PAUSE),
    "WEB_ARCHIVE": f"https://{ARCHIVE}",
    "WEB_ARCHIVE_DELAY": str(PAUSE),
    "LEASE_SECONDS": "2",
    "MONITORS": "0",
    "FEED_BATCH": "1",
    # Until all three runs are under way.
    "RETRY_TIMES": "1000",
    "HOST_FAILURES": "0",
}


class Shared(Web):
    """Three sites whose sources are all at one host, some of them lost and in the archive."""

    def __init__(self) -> None:
        super().__init__()
        page = outlet_page(TITLE, TEXT, published="2024-03-29T10:15:00+00:00", author="Salma")
        self.urls: dict[str, str] = {}
        self._begun: set[str] = set()
        for site, edition in SITES.items():
            urls = [f"https://www.{site}.com/{edition}/courrier/{n}" for n in range(ARTICLES)]
            self.urls[site] = ",".join(urls)
            for number, url in enumerate(urls):
                link = f"https://{SHARED}/{site}/{number}"
                self.pages[url] = aggregator_page(TITLE, TEXT, edition=edition, link=link)
                if number % 2:
                    self.pages[link] = page

    def reply(self, method: str, url: str, headers: Mapping[str, str]) -> Reply:
        answer = super().reply(method, url, headers)
        host = urlsplit(url).hostname
        if method == "GET" and url in self.pages and host not in (SHARED, ARCHIVE):
            self._begun.add(str(host))
            return answer if len(self._begun) == len(SITES) else Reply(action="drop")
        if method != "GET" or host not in (SHARED, ARCHIVE):
            return answer
        if url.startswith(f"https://{ARCHIVE}/cdx"):
            return Reply(200, {"Content-Type": "application/json"}, b"[]", delay=LATENCY)
        return Reply(answer.status, HTML, answer.body, delay=LATENCY)


def start(
    proxy: DemoProxy, web: Shared, data: Path, site: str, node: Mapping[str, str]
) -> preloaded.Running:
    return preloaded.start(
        command(site, SETTINGS, {"urls": web.urls[site]}),
        env=environment(proxy, data) | dict(node),
        stderr=(data / f"{site}.log").open("ab"),
    )


def check_gaps(proxy: DemoProxy) -> None:
    """One request at a time to each of the shared hosts, and a pause before each.

    The pause begins with the response where the next request is that of another run, else with the
    sending of the earlier one, which may arrive late on a busy machine.
    """
    for host in (SHARED, ARCHIVE):
        asked = sorted(
            (request.at, request.url)
            for request in proxy.requests
            if request.method == "GET" and urlsplit(request.url).hostname == host
        )
        changes = 0
        for (earlier, one), (later, other) in pairwise(asked):
            changed = {site_of(one), site_of(other)} in CHANGES
            changes += changed
            least = PAUSE + LATENCY if changed else PAUSE - LATENCY
            assert later - earlier >= least, (host, one, other, later - earlier)
        assert changes or host == ARCHIVE, asked


def site_of(url: str) -> str | None:
    """The site whose run sent a request; ``None`` for a robots.txt."""
    return next((site for site in SITES if site in url), None)


def wait_for(proxy: DemoProxy, requests: int) -> None:
    """Wait until the shared host has had some requests."""
    while sum(urlsplit(request.url).hostname == SHARED for request in proxy.requests) < requests:
        time.sleep(0.05)


def exported(*directories: Path) -> list[str]:
    """Ids of all records."""
    feeds = [path for data in directories for path in (data / "feeds").rglob("*.jsonl")]
    return [json.loads(line)["id"] for feed in feeds for line in feed.read_text().splitlines()]


@pytest.mark.parametrize("nodes", [False, True], ids=["one ledger file", "three nodes"])
def test_three_runs_send_one_request_at_a_time_even_if_one_is_killed(
    tmp_path: Path, request: pytest.FixtureRequest, nodes: bool
) -> None:
    web = Shared()
    url = request.getfixturevalue("url") if nodes else ""
    places = {site: tmp_path / site if nodes else tmp_path for site in SITES}
    with DemoProxy(web.reply) as proxy:

        def begin(site: str) -> preloaded.Running:
            places[site].mkdir(exist_ok=True)
            node = {"NEWSCRAWL_LEDGER": url, "NEWSCRAWL_NODE": f"node-of-{site}"}
            return start(proxy, web, places[site], site, node)

        runs = {site: begin(site) for site in SITES}
        wait_for(proxy, 4)
        os.kill(runs["turess"].pid, signal.SIGKILL)
        runs["turess"].wait()
        time.sleep(0.5)
        runs["turess"] = begin("turess")
        codes = {site: run.wait(120) for site, run in runs.items()}
    logs = {site: (places[site] / f"{site}.log").read_text()[-3000:] for site in SITES}
    assert codes == dict.fromkeys(SITES, 0), logs
    check_gaps(proxy)
    ids = exported(*{*places.values()})
    assert len(ids) == len(set(ids)) == len(SITES) * ARTICLES
    feeds = [feed.name for feed in (places["turess"] / "feeds" / "turess").iterdir()]
    assert all(name.endswith("@node-of-turess.jsonl") == nodes for name in feeds)
