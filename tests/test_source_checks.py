"""Source checks: old sources are fetched again, and each check is stored."""

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import pytest

from newscrawl.demo.proxy import Reply
from newscrawl.export.survival import Checks, source_life
from newscrawl.items import Source
from tests.support import BASE, SOURCE, TEXT, TITLE, article, reextract, scrapy
from tests.web import HTML, Outcome, Web, aggregator_page, crawl, outlet_page

OTHER_TITLE = "Le tramway de Salé roule désormais jusqu'à minuit"
OTHER = outlet_page(
    OTHER_TITLE,
    [
        f"Les voyageurs du soir saluent la rame numéro {n} et ses horaires élargis."
        for n in range(9)
    ],
    published="2026-01-02T10:00:00+01:00",
    author="Hiba Sefrioui",
)
SHORT = outlet_page(TITLE, TEXT[:1], published="2024-03-29T08:00:00+01:00", author="R. N.")
LATER = {
    1: (SOURCE, "alive"),
    2: (Reply(404, HTML, b"<p>404</p>"), "gone"),
    3: (OTHER, "replaced"),
    4: (Reply(403, HTML, b"<p>403</p>"), "walled"),
    5: (Reply(500, HTML, b"<p>500</p>"), "away"),
    6: (SHORT, "emptied"),
}


def link(number: int) -> str:
    return f"https://host{number}.example/article"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A crawl of articles whose sources are all alive, and one without a source."""
    directory = tmp_path_factory.mktemp("data")
    web = Web()
    for number in LATER:
        web.pages[f"{BASE}/{number}"] = aggregator_page(TITLE, TEXT, link=link(number))
        web.pages[link(number)] = SOURCE
    web.pages[f"{BASE}/7"] = aggregator_page(TITLE, TEXT, link=None)
    urls = ",".join(f"{BASE}/{number}" for number in range(1, 8))
    outcome = crawl(web, directory, settings={"FEED_COMPRESSION": "gzip"}, urls=urls)
    assert outcome.report["exported"] == 7, outcome.stderr
    return directory


def check(data: Path, count: str, **settings: str) -> Outcome:
    web = Web({link(number): page for number, (page, _) in LATER.items()})
    return crawl(web, data, settings=settings, check=count)


def test_sources_are_not_checked_before_their_time(data: Path) -> None:
    outcome = check(data, "10")
    assert outcome.code == 0, outcome.stderr
    assert outcome.requests == []
    assert outcome.lines("checks") == []


def test_each_check_is_kept_and_no_record_is_written(data: Path) -> None:
    feeds = sorted((data / "feeds").rglob("*.jsonl*"))
    first = check(data, "2", SOURCE_CHECK_DAYS="0")
    assert first.code == 0, first.stderr
    assert sum(first.report["source_checks"].values()) == 2
    second = check(data, "10", SOURCE_CHECK_DAYS="0.00001")
    assert second.code == 0, second.stderr
    checks = {int(line["link"][12]): line for line in second.lines("checks")}
    assert {number: line["state"] for number, line in checks.items()} == {
        number: state for number, (_, state) in LATER.items()
    }
    assert checks[2]["http"] == 404
    assert checks[1]["agreement"] == 1
    assert (second.report["found"], second.report["outcome"]) == (0, "ok")
    assert sorted((data / "feeds").rglob("*.jsonl*")) == feeds
    assert "checked" in second.stderr


def test_a_record_that_cannot_be_read_is_counted_and_logged(tmp_path: Path) -> None:
    web = Web({f"{BASE}/1": aggregator_page(TITLE, TEXT, link=link(1)), link(1): SOURCE})
    (feed,) = crawl(web, tmp_path, urls=f"{BASE}/1").report["files"].values()
    (tmp_path / feed).unlink()
    outcome = check(tmp_path, "10", SOURCE_CHECK_DAYS="0")
    assert outcome.report["source_checks"] == {"unreadable record": 1}
    assert f"the record cannot be read from {tmp_path / feed}" in outcome.stderr


MODIFIED = "Fri, 29 Mar 2024 08:00:00 GMT"
CHANGED = outlet_page(
    TITLE, TEXT[:-1], published="2024-03-29T08:00:00+01:00", author="Salma Idrissi"
)


@dataclass
class Caching(Web):
    """Servers that respond to conditional requests."""

    sent: list[tuple[str, int]] = field(default_factory=list)
    """URL and status of each response."""

    def reply(self, method: str, url: str, headers: Mapping[str, str]) -> Reply:
        reply = super().reply(method, url, headers)
        given = {"ETag": "if-none-match", "Last-Modified": "if-modified-since"}
        for name, condition in given.items():
            if reply.headers.get(name) and headers.get(condition) == reply.headers[name]:
                reply = Reply(304, {name: reply.headers[name]})
        if method != "CONNECT":
            self.sent.append((url, reply.status))
        return reply


def page(reply: Reply, **headers: str) -> Reply:
    """A page with other headers."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return replace(reply, headers={**reply.headers, **named})


def test_a_page_with_validators_is_requested_conditionally(tmp_path: Path) -> None:
    moved = "https://host3.example/new"
    web = Caching({link(1): page(SOURCE, ETag='"a"'), link(4): SOURCE})
    web.pages[link(2)] = page(SOURCE, Last_Modified=MODIFIED)
    web.pages[link(3)] = Reply(301, {"Location": moved})
    web.pages[moved] = page(SOURCE, ETag='"c"')
    for number in range(1, 5):
        web.pages[f"{BASE}/{number}"] = aggregator_page(TITLE, TEXT, link=link(number))
    archived = {"ARCHIVE": "1", "SOURCE_CHECK_DAYS": "0"}
    urls = ",".join(f"{BASE}/{number}" for number in range(1, 5))
    crawl(web, tmp_path, settings=archived, urls=urls)

    def checks() -> tuple[list[tuple[str, int]], dict[int, dict[str, object]]]:
        web.sent.clear()
        outcome = crawl(web, tmp_path, settings=archived, check="10")
        assert outcome.code == 0, outcome.stderr
        sent = [(url, status) for url, status in web.sent if not url.endswith("/robots.txt")]
        lines = outcome.lines("checks")[-4:]
        return sorted(sent), {int(str(line["link"])[12]): line for line in lines}

    plain = [(link(1), 200), (link(2), 200), (link(3), 301), (moved, 200), (link(4), 200)]
    assert checks()[0] == sorted(plain)
    first = [(link(1), 304), (link(2), 304), (link(3), 301), (moved, 304), (link(4), 200)]
    sent, found = checks()
    assert sent == sorted(first)
    assert {line["state"] for line in found.values()} == {"alive"}
    assert (found[1]["http"], found[3]["http"], found[4]["http"]) == (304, 304, 200)
    assert found[3]["url"] == moved
    for name in ("agreement", "words"):
        assert found[1][name] == found[4][name]
        assert found[1][name] is not None

    # A page that was changed is sent; so is one to which the validators do not belong.
    other = "https://host3.example/other"
    web.pages[link(1)] = page(CHANGED, ETag='"b"')
    web.pages[link(2)] = Reply(404, HTML, b"<p>404</p>")
    web.pages[link(3)] = Reply(301, {"Location": other})
    web.pages[other] = page(OTHER, ETag='"c"')
    sent, found = checks()
    assert {number: line["state"] for number, line in found.items()} == {
        1: "alive", 2: "gone", 3: "replaced", 4: "alive"
    }  # fmt: skip
    assert [status for url, status in sent if url == other] == [200, 304]
    assert found[1]["words"] != found[4]["words"]
    assert checks()[0][0] == (link(1), 304)
    # A 304 in the archive does not hide the page before it.
    done = reextract(tmp_path / "archive", tmp_path / "again.jsonl")
    assert done.returncode == 0, done.stderr
    records = map(json.loads, (tmp_path / "again.jsonl").read_text("utf-8").splitlines())
    assert {record["source"]["link"]: record["source"]["status"] for record in records} == {
        link(1): "ok", link(2): "ok", link(3): "mismatch", link(4): "ok"
    }  # fmt: skip


def test_checks_exclude_arguments_of_a_crawl(tmp_path: Path) -> None:
    outcome = crawl(Web(), tmp_path, check="5", since="7d")
    assert outcome.code == 1
    assert "leave out since" in outcome.stderr


def test_the_survival_of_sources_is_exported(data: Path, tmp_path: Path) -> None:
    code, told = scrapy("export", "--format", "survival", "-o", tmp_path / "out", data=data)
    assert code == 0, told
    with (tmp_path / "out" / "articles.csv").open(encoding="utf-8", newline="") as file:
        rows = {int(row["link"][12]): row for row in csv.DictReader(file)}
    assert set(rows) == set(LATER)
    for number, (_, state) in LATER.items():
        assert rows[number]["state"] == state
        assert int(rows[number]["observations"]) >= 2
        assert (rows[number]["lost"] == "true") == (state not in ("alive", "walled"))
        assert bool(rows[number]["lost_since"]) == (rows[number]["lost"] == "true")
        assert rows[number]["last_alive"]


def test_a_source_is_lost_since_the_first_of_the_last_observations(tmp_path: Path) -> None:
    checks = tmp_path / "checks.jsonl"
    states = [("2025-01-01", "gone"), ("2026-01-01", "alive"), ("2027-01-01", "away")]
    states.append(("2028-01-01", "gone"))
    checks.write_text(
        "".join(
            json.dumps(
                {
                    "id": "maghress:fr/lopinion/36897",
                    "link": "https://a.example/1",
                    "published": "2024-03-29T00:00:00+00:00",
                    "checked": f"{day}T00:00:00+00:00",
                    "state": state,
                    "status": "ok",
                    "reason": None,
                    "http": None,
                    "url": None,
                    "agreement": None,
                    "words": None,
                }
            )
            + "\n"
            for day, state in states
        )
        + '{"id":"maghress:fr/lopinion/36897","link":'  # of a run that was killed
    )
    source = Source(link="https://a.example/1", status="ok", fetched="2024-03-30T00:00:00+00:00")
    life = source_life(article(source=source), "maghress/fr/lopinion", Checks([checks]))
    assert life is not None
    assert (life.last_alive or "")[:10] == "2026-01-01"
    assert (life.lost_since or "")[:10] == "2027-01-01"
    assert (life.lost, life.observations, life.state) == (True, 5, "gone")
    assert life.days == (date(2027, 1, 1) - date(2024, 3, 29)).days
