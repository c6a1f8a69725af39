"""Politeness: requests of hosts are respected, and hosts in trouble are backed off from."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from scrapy.http import Response

from newscrawl.demo.proxy import Reply
from newscrawl.middlewares.retry import retry_after
from tests.support import BASE, PATIENT, TITLE, Troubled, listing, sources
from tests.web import HTML, crawl


def busy(status: int, wait: str) -> Reply:
    return Reply(status, HTML | {"Retry-After": wait}, b"<p>later")


def test_each_host_is_requested_at_its_own_pace(tmp_path: Path) -> None:
    small = Troubled(
        {
            "delayed.example": 3,
            "rated.example": 2,
            "endless.example": 2,
            "busy.example": 3,
            "dated.example": 2,
            "hiccup.example": 1,
            "broken.example": 4,
            "closed.example": 4,
            "large.example": 11,
        }
    )
    small.robots("delayed.example", "Crawl-delay: 1.2")
    small.robots("rated.example", "Request-rate: 2/3")
    small.robots("endless.example", "Crawl-delay: 86400")
    small.first["busy.example"] = [busy(429, "2")]
    small.first["hiccup.example"] = [Reply(500, HTML, b"<p>500")] * 2
    small.always["broken.example"] = Reply(503, HTML, b"<p>503")
    small.always["closed.example"] = busy(429, "900")
    soon = datetime.now(UTC) + timedelta(minutes=2)
    small.first["dated.example"] = [busy(503, format_datetime(soon, usegmt=True))]
    settings = PATIENT | {"CRAWL_DELAY_MAX": "2", "HOST_MAX_PAGES": "9"}
    outcome = crawl(small, tmp_path, settings=settings, urls=small.urls)
    assert outcome.code == 0, outcome.stderr
    assert len(outcome.lines("feeds")) == 32, "no trouble costs a record"
    ok: tuple[str, str | None] = ("ok", None)

    for host, pause in (("delayed", 1.2), ("rated", 1.5), ("endless", 2)):
        assert sources(outcome, f"{host}.example") == [ok] * len(small.asked[f"{host}.example"])
        assert min(small.gaps(f"{host}.example")) >= pause, host

    assert sources(outcome, "busy.example") == [ok] * 3
    assert len(small.asked["busy.example"]) == 4
    assert small.gaps("busy.example")[0] >= 2, "every request to the host waits, not one alone"

    assert len(small.asked["dated.example"]) == 1
    (first, second) = sources(outcome, "dated.example")
    assert first == ("unreachable", "HTTP 503")
    assert second[0] == "unreachable"
    assert "it asked for" in (second[1] or "")

    assert sources(outcome, "hiccup.example") == [ok]
    assert small.gaps("hiccup.example")[0] >= 0.2
    assert small.gaps("hiccup.example")[1] >= 0.4, "twice as long, however chance varies it"

    assert len(small.asked["broken.example"]) == 5
    assert {status for status, _ in sources(outcome, "broken.example")} == {"unreachable"}
    (*_, last) = sources(outcome, "broken.example")
    assert "5 failures in a row, the last: HTTP 503" in (last[1] or "")

    assert len(small.asked["closed.example"]) == 1
    assert sources(outcome, "closed.example")[0] == ("refused", "HTTP 429")

    assert len(small.asked["large.example"]) == 8, "robots.txt is the ninth page"
    over = ("not_followed", "over budget: HOST_MAX_PAGES")
    assert sorted(sources(outcome, "large.example")) == sorted([over] * 3 + [ok] * 8)

    report = outcome.report
    assert report["waiting"] == 2 + 4 + 4 + 3
    assert set(report["left_alone"]) == {"dated.example", "broken.example", "closed.example"}

    small.always.clear()
    again = crawl(small, tmp_path, settings=PATIENT, editions="fr")
    assert again.report["found"] == 13, "what waits is asked for by the next run"
    assert again.report["sources"] == {"ok": 13}


@pytest.mark.parametrize(
    "value",
    ["", "soon", "-5", "1.5", "Fri, 31 Dec 9999 23:59:59 -2359", "Mon, 1 Jan 99999999999999 0:0:0"],
)
def test_an_invalid_retry_after_is_ignored(value: str) -> None:
    assert retry_after(Response("https://a.example", headers={"Retry-After": value})) is None


def test_a_host_that_recovers_is_requested_again_after_its_back_off(tmp_path: Path) -> None:
    # Enough articles that the last come after the back-off on a busy machine as well.
    small = Troubled({"recovers.example": 16})
    small.first["recovers.example"] = [Reply(500, HTML, b"<p>500")] * 3
    settings = PATIENT | {
        "RETRY_TIMES": "0",
        "HOST_FAILURES": "2",
        "HOST_REST": "0.7",
        "DOWNLOAD_DELAY": "0.6",
    }
    outcome = crawl(small, tmp_path, settings=settings, urls=small.urls)
    assert outcome.code == 0, outcome.stderr
    gaps = small.gaps("recovers.example")
    assert gaps[1] >= 0.7
    assert gaps[2] >= 1.4, "a trial that fails doubles the rest"
    statuses = [status for status, _ in sources(outcome, "recovers.example")]
    assert statuses[-1] == "ok"
    assert statuses.count("unreachable") >= 3
    assert len(statuses) == 16


def test_an_unchanged_rss_feed_is_not_downloaded_again(tmp_path: Path) -> None:
    home, feed = "https://www.maghress.com/fr", f"{BASE}/rss"
    links: dict[int, str] = {1: f"{BASE}/1"}

    class Feed(Troubled):
        sent = 0

        def reply(self, method: str, url: str, headers: Mapping[str, str]) -> Reply:
            if url == home:
                return Reply(200, HTML, f'<div><a href="{BASE}/1">{TITLE}</a></div>'.encode())
            if url != feed or method != "GET":
                return super().reply(method, url, headers)
            tag = f'"{len(links)}"'
            if headers.get("if-none-match") == tag:
                return Reply(304, {"ETag": tag})
            self.sent += 1
            items = "".join(
                f"<item><title>{n}</title><link>{u}</link></item>" for n, u in links.items()
            )
            text = f'<?xml version="1.0"?><rss version="2.0"><channel>{items}</channel></rss>'
            return Reply(200, {"Content-Type": "application/rss+xml", "ETag": tag}, text.encode())

    small = Feed({"outlet.example": 2})
    sent: list[int] = []
    found: list[int] = []
    for limit in ("1", "", "", ""):
        if len(sent) == 3:
            links[2] = f"{BASE}/2"
        arguments = {"editions": "fr"} | ({"limit": limit} if limit else {})
        outcome = crawl(small, tmp_path, "maghress", settings=PATIENT, **arguments)
        assert outcome.code == 0, outcome.stderr
        sent.append(small.sent)
        found.append(outcome.report["found"])
    assert sent == [1, 2, 2, 3], "what a run had to leave out is asked for again"
    assert found == [1, 0, 0, 1]


CHALLENGE = b"<html><title>Just a moment...</title><script>window._cf_chl_opt={}</script></html>"
AWAY = {
    "down": (Reply(503, HTML, b"<p>503"), "HTTP 503"),
    "forbidden": (Reply(403, HTML, b"<p>403"), "HTTP 403"),
    "challenge": (
        Reply(403, HTML | {"cf-mitigated": "challenge"}, CHALLENGE),
        "HTTP 403, challenge page: Cloudflare",
    ),
    "quiet challenge": (Reply(200, HTML, CHALLENGE), "challenge page: Cloudflare"),
}


@pytest.mark.parametrize("trouble", AWAY)
def test_an_unreachable_site_ends_the_run_and_loses_no_article(
    tmp_path: Path, trouble: str
) -> None:
    answer, reason = AWAY[trouble]
    small = Troubled({"outlet.example": 30})
    small.pages[BASE] = listing(range(30, 0, -1))
    small.first["www.maghress.com"] = [listing(range(30, 0, -1))]
    small.always["www.maghress.com"] = answer
    arguments = {"outlets": "courrier", "editions": "fr"}
    away = crawl(small, tmp_path, "maghress", settings=PATIENT, **arguments)
    assert away.code == 1
    report = away.report
    assert (report["state"], report["reason"]) == ("interrupted", "site_away")
    assert f"the last: {reason}" in report["errors"][0]
    assert report["found"] == report["failed"] + report["left"] == 30
    assert report["left"] >= 20
    # The listing and five failures; the one that shows no sign in its headers is read later.
    assert 6 <= len(small.asked["www.maghress.com"]) <= (10 if answer.status == 200 else 6)
    small.always.clear()
    back = crawl(small, tmp_path, "maghress", settings=PATIENT, **arguments)
    assert back.code == 0, back.stderr
    assert len({record["id"] for record in back.lines("feeds")}) == 30


def test_a_site_that_refuses_its_first_pages_is_reported_as_refusing(tmp_path: Path) -> None:
    small = Troubled({})
    small.always["www.maghress.com"] = Reply(403, HTML, b"<p>403")
    outcome = crawl(small, tmp_path, settings=PATIENT, editions="fr")
    assert outcome.code == 1
    assert outcome.report["errors"] == [
        "no page that leads to articles could be read (2 asked for)"
    ]
    assert "No discovery from https://www.maghress.com/fr: HTTP 403" in outcome.stderr
