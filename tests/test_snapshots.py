"""Lost sources taken from a web archive, if they agree with their copies."""

import json
import time
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from newscrawl.demo.proxy import Reply
from tests.support import SOURCE, TEXT, TITLE, reextract, replay
from tests.web import HTML, Outcome, Web, aggregator_page, crawl, outlet_page

BASE = "https://www.maghress.com/fr/courrier"
ARCHIVE = "https://wayback.example"
OTHER = outlet_page(
    "Le port accueille un navire-école",
    ["Un trois-mâts a jeté l'ancre mardi et se visite jusqu'à dimanche, sur réservation. " * 5],
    published="2024-03-29T10:15:00+00:00",
    author="R. N.",
)
GONE = Reply(404, HTML, b"<p>404")

# What each host answers, the snapshots there are of it, and what the record then says.
CASES: dict[str, tuple[Reply, dict[str, Reply], str, str | None]] = {
    "gone": (
        GONE,
        {"20150101000000": OTHER, "20240402101112": SOURCE, "20260101000000": OTHER},
        "ok", "2024-04-02T10:11:12+00:00",
    ),
    "moved": (
        Reply(302, {"Location": "/"}), {"20240329230000": SOURCE}, "ok",
        "2024-03-29T23:00:00+00:00",
    ),
    "other": (GONE, {"20240330000000": OTHER}, "gone", None),
    "never": (GONE, {}, "gone", None),
    "torn": (GONE, {"20240330000000": Reply(404, HTML, b"<p>lost")}, "gone", None),
    "closed": (
        Reply(action="refuse"), {"20240331000000": SOURCE}, "ok", "2024-03-31T00:00:00+00:00",
    ),
    "forbidden": (Reply(403, HTML, b"<p>403"), {"20240330000000": SOURCE}, "refused", None),
    "well": (SOURCE, {"20240330000000": OTHER}, "ok", None),
}  # fmt: skip


class Wayback(Web):
    """The outlets, and an archive that lists its snapshots in order of time."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[float, str]] = []
        for number, (name, (answer, _, _, _)) in enumerate(CASES.items(), start=1):
            link = f"https://{name}.example/article/{number}?a=1&b=2"
            self.pages[f"{BASE}/{number}"] = aggregator_page(TITLE, TEXT, link=link)
            self.pages[f"https://{name}.example/"] = Reply(200, HTML, b"<h1>Accueil</h1>")
            self.pages[link] = answer
        self.pages["host closed.example"] = Reply(action="refuse")
        self.urls = ",".join(f"{BASE}/{n}" for n in range(1, len(CASES) + 1))

    def reply(self, method: str, url: str, headers: Mapping[str, str]) -> Reply:
        if method != "GET" or not url.startswith(ARCHIVE) or url.endswith("/robots.txt"):
            return super().reply(method, url, headers)
        self.asked.append((time.monotonic(), url))
        parts = urlsplit(url)
        if parts.path == "/cdx/search/cdx":
            link = parse_qs(parts.query)["url"][0]
            name = (urlsplit(link).hostname or "").removesuffix(".example")
            rows = [[timestamp, link, "200"] for timestamp in CASES[name][1]]
            head = [["timestamp", "original", "statuscode"]] if rows else []
            body = json.dumps(head + rows).encode()
            return Reply(200, {"Content-Type": "application/json"}, body)
        timestamp, link = url.removeprefix(f"{ARCHIVE}/web/").split("id_/", 1)
        name = (urlsplit(link).hostname or "").removesuffix(".example")
        return CASES[name][1][timestamp]


ON = {
    "WEB_ARCHIVE": ARCHIVE,
    "WEB_ARCHIVE_STATUSES": "gone,moved,unreachable",
    "WEB_ARCHIVE_DELAY": "0.3",
    "MONITORS": "0",
}


def told(outcome: Outcome) -> dict[str, tuple[str, str | None]]:
    assert outcome.code == 0, outcome.stderr
    return {
        urlsplit(r["source"]["link"]).hostname.removesuffix(".example"): (
            r["source"]["status"],
            r["source"]["snapshot"],
        )
        for r in outcome.lines("feeds")
    }


def test_a_lost_source_is_read_from_its_nearest_snapshot(tmp_path: Path) -> None:
    small = Wayback()
    outcome = crawl(small, tmp_path, settings=ON | {"ARCHIVE": "1"}, urls=small.urls)
    assert told(outcome) == {name: (case[2], case[3]) for name, case in CASES.items()}
    records = {r["id"]: r for r in outcome.lines("feeds")}
    record = records["maghress:fr/courrier/1"]
    source = record["source"]
    assert (source["via"], source["reason"]) == ("archive", "gone: HTTP 404")
    assert source["url"] == f"{ARCHIVE}/web/20240402101112id_/{source['link']}"
    assert (record["origin"], record["authors"]) == ("source", ["Salma Idrissi"])
    assert record["agreement"]["text"] == 1.0
    lost = records["maghress:fr/courrier/3"]
    assert (lost["source"]["reason"], lost["source"]["text"]) == ("HTTP 404", None)
    assert {name for name in CASES if any(f"{name}.example" in url for _, url in small.asked)} == (
        set(CASES) - {"forbidden", "well"}
    )
    times = sorted(timestamp for timestamp, _ in small.asked)
    assert min(after - before for before, after in pairwise(times)) >= 0.3
    assert outcome.report["waiting"] == 0
    again = replay(tmp_path / "archive", tmp_path / "again", ON, urls=small.urls)
    assert told(again) == told(outcome)
    options = [part for name in ON for part in ("-s", f"{name}={ON[name]}")]
    anew = tmp_path / "anew" / "feeds" / "anew.jsonl"
    anew.parent.mkdir(parents=True)
    done = reextract(tmp_path / "archive", anew, *options)
    assert told(Outcome(done.returncode, done.stderr, anew.parent.parent, [])) == told(outcome)


def test_a_disabled_or_forbidding_web_archive_is_not_requested(tmp_path: Path) -> None:
    small = Wayback()
    crawl(small, tmp_path / "off", settings={"MONITORS": "0"}, urls=small.urls)
    small.pages[f"{ARCHIVE}/robots.txt"] = Reply(
        200, {"Content-Type": "text/plain"}, b"User-agent: *\nDisallow: /\n"
    )
    outcome = crawl(small, tmp_path / "forbidden", settings=ON, urls=small.urls)
    assert told(outcome)["gone"] == ("gone", None)
    assert small.asked == []
