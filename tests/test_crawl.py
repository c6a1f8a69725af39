"""End to end: the real command in its own process, on a small web of real URLs."""

import json
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from newscrawl import __version__
from newscrawl.articles.validation import schema_faults
from newscrawl.demo.proxy import DemoProxy, Reply
from tests import preloaded
from tests.support import (
    LINK,
    SOURCE,
    TEXT,
    TITLE,
    URL,
    listing,
    walked,
    web,
)
from tests.web import HTML, XML, Web, aggregator_page, command, crawl, environment


def test_an_article_becomes_a_complete_record(tmp_path: Path) -> None:
    outcome = crawl(web(), tmp_path, urls=URL)
    assert outcome.code == 0, outcome.stderr
    (record,) = outcome.lines("feeds")
    assert schema_faults(record) == []
    assert record["id"] == "maghress:fr/courrier/101"
    assert record["url"] == URL
    assert record["outlet"] == {
        "slug": "courrier",
        "name": "Le Courrier du Souss",
        "domain": "courrierdusouss.example",
    }
    assert record["title"] == TITLE
    assert record["text"] == "\n\n".join(TEXT)
    assert record["authors"] == ["Salma Idrissi"]
    assert record["section"] == "Économie"
    assert record["published"] == "2024-03-29T10:15:00+00:00"
    assert record["published_precision"] == "second"
    assert record["language"] == "fr"
    assert record["origin"] == "source"
    assert record["copy"]["published"] == "2024-03-29T00:00:00+00:00"
    assert record["copy"]["text"] == "\n\n".join(TEXT)
    assert record["source"]["status"] == "ok"
    assert record["source"]["http"] == 200
    assert record["source"]["link"] == record["source"]["url"] == LINK
    assert record["agreement"] == {"title": 1.0, "text": 1.0, "contained": 1.0, "days": 0}
    assert record["flags"] == []
    assert record["crawl"]["job"] == outcome.report["job"]
    report = outcome.report
    assert (report["found"], report["exported"], report["sources"]) == (1, 1, {"ok": 1})
    assert (report["state"], report["outcome"]) == ("finished", "ok")
    assert "found 1 = exported 1 + rejected 0 + failed 0" in outcome.stderr
    assert "Traceback" not in outcome.stderr


@pytest.mark.parametrize(
    ("spider", "url", "edition", "outlet", "title", "text"),
    [
        (
            "masress",
            "https://www.masress.com/nileobserver/24504",
            "ar",
            "مرصد النيل",
            "افتتاح مكتبة عائمة في أسوان",
            (
                "افتتحت محافظة أسوان صباح أمس مكتبة عائمة على مركب قديم، تضم أكثر من ثلاثة آلاف "
                "كتاب للأطفال واليافعين، وقال مدير المشروع إن الرحلات ستنطلق كل جمعة."
            ),
        ),
        (
            "masress",
            "https://www.masress.com/en/nileobserver/24505",
            "en",
            "Nile Observer",
            "Floating library opens in Aswan",
            (
                "A floating library with more than three thousand books for children opened in "
                "Aswan yesterday on board an old boat, and trips will leave every Friday."
            ),
        ),
    ],
)
def test_arabic_and_english_pages(
    tmp_path: Path, spider: str, url: str, edition: str, outlet: str, title: str, text: str
) -> None:
    page = aggregator_page(title, [text], edition=edition, outlet=outlet, date="05 - 11 - 2019")
    outcome = crawl(Web({url: page}), tmp_path, spider, urls=url)
    (record,) = outcome.lines("feeds")
    assert (record["title"], record["text"]) == (title, text)
    assert (record["outlet"]["name"], record["edition"]) == (outlet, edition)
    assert record["language"] == edition
    assert record["published"] == "2019-11-05T00:00:00+02:00"
    assert record["source"]["link"] == LINK
    assert record["source"]["status"] == "gone"


BINARY = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n" + bytes(range(256)) * 8
FRONT = "https://www.courrierdusouss.example/"

TROUBLES: dict[str, tuple[Reply, str, str]] = {
    "not found": (Reply(404, HTML, b"<p>404"), "gone", "HTTP 404"),
    "withdrawn": (Reply(410, HTML, b"<p>410"), "gone", "HTTP 410"),
    "forbidden": (Reply(403, HTML, b"<p>403"), "refused", "HTTP 403"),
    "legal": (Reply(451, HTML, b"<p>451"), "refused", "HTTP 451"),
    "too many": (Reply(429, HTML | {"Retry-After": "900"}, b""), "refused", "HTTP 429"),
    "to be paid": (Reply(402, HTML, b"<p>402"), "paywalled", "HTTP 402"),
    "broken": (Reply(500, HTML, b"<p>500"), "unreachable", "HTTP 500"),
    "pdf": (Reply(200, {"Content-Type": "application/pdf"}, BINARY), "not_html", "pdf"),
    "pdf as html": (Reply(200, HTML, BINARY), "not_html", ""),
    "empty": (Reply(200, HTML, b""), "unreadable", ""),
    "no text": (Reply(200, HTML, b"<html><body><nav>x</nav></body></html>"), "unreadable", ""),
    "too large": (Reply(200, HTML, b"<p>a</p>" * 800_000), "too_large", "DOWNLOAD_MAXSIZE"),
    "to the front page": (Reply(302, {"Location": FRONT}), "moved", "front page"),
    "in a circle": (Reply(302, {"Location": LINK}), "unreachable", "without end"),
    "to a file": (Reply(302, {"Location": "file:///etc/passwd"}), "unsafe", "scheme file"),
    "cut connection": (Reply(200, HTML, b"<p>x" * 99, action="drop"), "unreachable", ""),
    "no such host": (Reply(action="refuse"), "unreachable", ""),
}


@pytest.mark.parametrize("name", TROUBLES)
def test_a_failing_source_still_gives_a_record(tmp_path: Path, name: str) -> None:
    answer, status, reason = TROUBLES[name]
    small = web(source=answer)
    small.pages[FRONT] = Reply(200, HTML, b"<html><body><h1>Accueil</h1><p>x</p></body></html>")
    if answer.action == "refuse":
        small.pages["host www.courrierdusouss.example"] = answer
    outcome = crawl(small, tmp_path, urls=URL)
    assert outcome.code == 0, outcome.stderr
    (record,) = outcome.lines("feeds")
    assert record["source"]["status"] == status
    assert reason in record["source"]["reason"]
    assert record["origin"] == "aggregator"
    assert record["title"] == TITLE
    assert record["text"] == "\n\n".join(TEXT)
    assert outcome.report["sources"] == {status: 1}
    assert "Traceback" not in outcome.stderr


def test_user_agent_and_job_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    agents = set()

    class Asked(Web):
        def reply(self, method: str, url: str, headers: Mapping[str, str]) -> Reply:
            if method == "GET":
                agents.add(headers["user-agent"])
            return super().reply(method, url, headers)

    nobody = crawl(Asked(web().pages), tmp_path, urls=URL)
    assert "NEWSCRAWL_CONTACT" in nobody.stderr
    monkeypatch.setenv("NEWSCRAWL_CONTACT", "desk@university.example")
    monkeypatch.setenv("SCRAPY_JOB", "../night/1")
    outcome = crawl(Asked(web().pages), tmp_path / "named", urls=URL)
    assert "NEWSCRAWL_CONTACT" not in outcome.stderr
    assert agents == {
        f"newscrawl/{__version__} (research crawler)",
        f"newscrawl/{__version__} (research crawler; desk@university.example)",
    }
    assert (tmp_path / "named" / "feeds" / "maghress" / "__night_1.jsonl").exists()
    assert outcome.lines("feeds")[-1]["crawl"]["job"] == "__night_1"


def test_a_cut_copy_is_flagged_and_its_source_completes_it(tmp_path: Path) -> None:
    small = web()
    small.pages[URL] = aggregator_page(TITLE, [TEXT[0], TEXT[1][:60] + " (...)"])
    (record,) = crawl(small, tmp_path, urls=URL).lines("feeds")
    assert record["copy"]["truncated"] is True
    assert record["flags"] == ["truncated_copy"]
    assert record["text"] == "\n\n".join(TEXT)
    assert record["agreement"]["contained"] > 0.9


def test_redirects_are_kept_and_followed_to_the_article(tmp_path: Path) -> None:
    small = web(source=Reply(301, {"Location": "/new/1"}))
    new = "https://www.courrierdusouss.example/new/2"
    onward = '<html><head><meta http-equiv="Refresh" content="0; url=/new/2"></head></html>'
    wide = Reply(headers={"Content-Type": "text/html"}, body=onward.encode("utf-16"))
    small.pages["https://www.courrierdusouss.example/new/1"] = wide
    small.pages[new] = SOURCE
    (record,) = crawl(small, tmp_path, urls=URL).lines("feeds")
    assert record["source"]["status"] == "ok"
    assert record["source"]["redirects"] == [LINK, "https://www.courrierdusouss.example/new/1"]
    assert record["source"]["url"] == new


def test_robots_of_the_outlet_are_obeyed(tmp_path: Path) -> None:
    small = web()
    small.pages["https://www.courrierdusouss.example/robots.txt"] = Reply(
        200, {"Content-Type": "text/plain"}, b"User-agent: newscrawl\nDisallow: /article/\n"
    )
    outcome = crawl(small, tmp_path, urls=URL)
    (record,) = outcome.lines("feeds")
    assert (record["source"]["status"], record["source"]["reason"]) == ("refused", "robots.txt")
    assert LINK not in outcome.requests


def test_retry_after_is_respected(tmp_path: Path) -> None:
    times: list[float] = []

    class Busy(Web):
        def reply(self, method: str, url: str, headers: Mapping[str, str]) -> Reply:
            if url == LINK and method == "GET":
                times.append(time.monotonic())
                if len(times) == 1:
                    return Reply(429, HTML | {"Retry-After": "2"}, b"")
            return super().reply(method, url, headers)

    (record,) = crawl(Busy(web().pages), tmp_path, urls=URL).lines("feeds")
    assert record["source"]["status"] == "ok"
    assert len(times) == 2
    assert times[1] - times[0] >= 2


def test_an_article_without_link_and_one_that_is_not_followed(tmp_path: Path) -> None:
    unlinked = Web({URL: aggregator_page(TITLE, TEXT, link=None)})
    (record,) = crawl(unlinked, tmp_path / "a", urls=URL).lines("feeds")
    assert (record["source"]["status"], record["source"]["link"]) == ("no_link", None)
    outcome = crawl(web(), tmp_path / "b", urls=URL, follow="no")
    (record,) = outcome.lines("feeds")
    assert (record["source"]["status"], record["source"]["link"]) == ("not_followed", LINK)
    assert LINK not in outcome.requests


def test_pages_without_an_article_fail_the_run(tmp_path: Path) -> None:
    gone = "https://www.maghress.com/fr/courrier/102"
    small = Web({URL: Reply(200, HTML, b"<html><body><p>Maintenance</p></body></html>")})
    outcome = crawl(small, tmp_path, urls=f"{URL},{gone}")
    report = outcome.report
    assert outcome.code == 1
    assert (report["found"], report["exported"], report["failed"]) == (2, 0, 2)
    assert report["errors"] == ["nothing was exported"]
    assert report["failures"]["maghress:fr/courrier/102"] == "HTTP 404"
    assert "expected" in report["failures"]["maghress:fr/courrier/101"]


def test_one_failed_article_among_known_ones_does_not_fail_the_run(tmp_path: Path) -> None:
    small = walked(1, 3, 4)
    assert crawl(small, tmp_path, outlets="courrier", editions="fr").report["exported"] == 3
    small.pages["https://www.maghress.com/fr/courrier"] = listing(range(4, 0, -1))
    outcome = crawl(small, tmp_path, outlets="courrier", editions="fr")
    report = outcome.report
    assert (report["found"], report["failed"], report["known"]) == (1, 1, 3)
    assert (outcome.code, report["outcome"]) == (0, "ok")


def test_an_invalid_record_goes_to_the_rejects(tmp_path: Path) -> None:
    small = Web({URL: aggregator_page(TITLE, TEXT, date="29 - 03 - 2089", link=None)})
    outcome = crawl(small, tmp_path, urls=URL)
    assert outcome.code == 1
    assert outcome.lines("feeds") == []
    (reject,) = outcome.lines("rejects")
    assert reject["reasons"] == ["published: 2089-03-29T00:00:00+01:00 is in the future"]
    assert reject["record"]["copy"]["text"] == "\n\n".join(TEXT)
    assert outcome.report["rejected"] == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("limit", "many"),
        ("outlets", "L'Opinion"),
        ("urls", "https://example.com/"),
        ("edition", "fr"),
    ],
)
def test_a_wrong_argument_ends_the_run_before_any_request(
    tmp_path: Path, name: str, value: str
) -> None:
    outcome = crawl(web(), tmp_path, "maghress", settings=None, **{name: value})
    assert outcome.code == 1
    assert outcome.requests == []
    assert f"scrapy crawl maghress: {name}={value}: " in outcome.stderr or value in outcome.stderr
    assert "Traceback" not in outcome.stderr


def test_a_run_that_finds_nothing_fails(tmp_path: Path) -> None:
    outcome = crawl(Web(), tmp_path)
    assert outcome.code == 1
    assert outcome.report["errors"] == [
        "no page that leads to articles could be read (4 asked for)"
    ]


def test_an_outlet_is_walked_back_to_its_first_page(tmp_path: Path) -> None:
    outcome = crawl(walked(1, 12, 4), tmp_path, outlets="courrier", editions="fr")
    numbers = [int(record["id"].rsplit("/", 1)[1]) for record in outcome.lines("feeds")]
    assert sorted(numbers) == list(range(1, 13))


def test_a_walk_ends_at_since(tmp_path: Path) -> None:
    small = walked(1, 40, 4)
    outcome = crawl(
        small, tmp_path, outlets="courrier", editions="fr", since="2024-02-27", until="2024-02-27"
    )
    days = {record["published"][:10] for record in outcome.lines("feeds")}
    assert days == {"2024-02-27"}
    assert outcome.report["exported"] == 4
    assert outcome.report["outside"] >= 4
    asked = sum("?page=" in url for url in outcome.requests)
    assert asked <= 4, "the walk went on past the first page that is all too old"


def test_a_walk_of_undated_listings_waits_for_the_dates_of_its_articles(tmp_path: Path) -> None:
    small = walked(1, 40, 4)
    wanted = {"outlets": "courrier", "editions": "fr", "since": "2024-02-27"}
    outcome = crawl(small, tmp_path, settings={}, **wanted)
    assert outcome.report["exported"] == 8
    asked = [url for url in outcome.requests if "?page=" in url]
    assert asked == [f"https://www.maghress.com/fr/courrier?page={n}" for n in (1, 2)]


def test_a_walk_continues_past_failed_articles(tmp_path: Path) -> None:
    small = walked(1, 12, 4)
    for number in range(9, 13):
        del small.pages[f"https://www.maghress.com/fr/courrier/{number}"]
    wanted = {"outlets": "courrier", "editions": "fr", "since": "2024-02-01"}
    outcome = crawl(small, tmp_path, settings={"MONITORS": "0"}, **wanted)
    numbers = {int(record["id"].rsplit("/", 1)[1]) for record in outcome.lines("feeds")}
    assert numbers == set(range(1, 9))


def test_a_spider_outside_the_package_names_its_site(tmp_path: Path) -> None:
    module = tmp_path / "own" / "own_spiders.py"
    module.parent.mkdir()
    module.write_text(
        "from newscrawl.spiders.base import AggregatorSpider\n\n\n"
        "class Press(AggregatorSpider):\n    name = 'press'\n    site = 'maghress'\n\n\n"
        "class Nameless(AggregatorSpider):\n    name = 'nameless'\n"
    )
    settings = {"SPIDER_MODULES": "newscrawl.spiders,own_spiders"}
    with DemoProxy(web().reply) as proxy:
        variables = environment(proxy, tmp_path)
        variables["PYTHONPATH"] = str(module.parent)
        done, wrong = (
            preloaded.run(command(spider, settings, {"urls": URL}), env=variables)
            for spider in ("press", "nameless")
        )
    assert done.returncode == 0, done.stderr
    (feed,) = (tmp_path / "feeds" / "maghress").iterdir()
    assert json.loads(feed.read_text())["id"] == "maghress:fr/courrier/101"
    assert "Nameless from" in wrong.stderr
    assert "set its attribute site to one of maghress, " in wrong.stderr
    assert wrong.returncode != 0


def test_no_article_between_two_dates_is_no_failure(tmp_path: Path) -> None:
    wanted = {"outlets": "courrier", "editions": "fr", "until": "2024-01-31"}
    outcome = crawl(walked(1, 8, 4), tmp_path, settings={}, since="2024-01-01", **wanted)
    report = outcome.report
    assert (report["found"], report["outside"]) == (0, 8)
    assert (outcome.code, report["outcome"]) == (0, "ok")


def test_limit_is_exact(tmp_path: Path) -> None:
    outcome = crawl(walked(1, 12, 4), tmp_path, outlets="courrier", editions="fr", limit="5")
    assert len(outcome.lines("feeds")) == 5
    assert outcome.report["found"] == 5


def test_missing_ids_are_absent_not_failed(tmp_path: Path) -> None:
    small = walked(1, 12, 4)
    del small.pages["https://www.maghress.com/fr/courrier/7"]
    outcome = crawl(small, tmp_path, ids="courrier:5-9", editions="fr")
    assert outcome.code == 0, outcome.stderr
    numbers = {int(record["id"].rsplit("/", 1)[1]) for record in outcome.lines("feeds")}
    assert numbers == {5, 6, 8, 9}
    report = outcome.report
    assert (report["found"], report["exported"], report["absent"]) == (4, 4, 1)


def test_without_arguments_new_articles_are_discovered(tmp_path: Path) -> None:
    base = "https://www.maghress.com"
    small = web()
    small.pages[f"{base}/fr"] = Reply(
        200,
        HTML,
        f'<html><body><div><a href="{URL}">{TITLE}</a></div></body></html>'.encode(),
    )
    small.pages[URL] = aggregator_page(
        TITLE, TEXT, ticker=(("Un titre du bandeau, ailleurs", f"{base}/fr/autre/7"),)
    )
    small.pages[f"{base}/fr/autre/7"] = aggregator_page("Un titre du bandeau, ailleurs", TEXT)
    small.pages[f"{base}/fr/autre/rss"] = Reply(
        200,
        XML,
        f"""<?xml version="1.0"?><rss version="2.0"><channel><title>x</title><item>
        <title>Du flux</title><link>{base}/fr/autre/8</link>
        <pubDate>Fri, 29 Mar 2024 10:00:00 GMT</pubDate></item></channel></rss>""".encode(),
    )
    small.pages[f"{base}/fr/autre/8"] = aggregator_page("Du flux", TEXT)
    outcome = crawl(small, tmp_path, editions="fr")
    assert {record["id"] for record in outcome.lines("feeds")} == {
        "maghress:fr/courrier/101",
        "maghress:fr/autre/7",
        "maghress:fr/autre/8",
    }
    (headline,) = outcome.lines("headlines")
    assert headline["title"] == "Un titre du bandeau, ailleurs"
    assert headline["url"] == f"{base}/fr/autre/7"
    assert headline["first_seen"] <= headline["last_seen"]

    again = crawl(small, tmp_path, editions="fr")
    assert again.code == 0, again.stderr
    assert again.report["found"] == 0
    assert URL not in again.requests
    assert len(again.lines("feeds")) == 3
