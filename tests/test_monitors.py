"""Monitors: an alarm for each anomaly, and none for a good crawl."""

import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest
from scrapy.utils.project import get_project_settings

from newscrawl.demo.proxy import DemoProxy, Reply
from newscrawl.operations.monitors import MONITORS, alarms, check
from tests import preloaded
from tests.test_notifications import Hook, servers
from tests.web import HTML, Outcome, Web, aggregator_page, command, crawl, environment, outlet_page

__all__ = ["servers"]  # a fixture

SENTENCES = [
    "Le conseil communal a voté jeudi le budget des ruelles de la vieille ville.",
    "Les artisans du cuir demandent un hangar plus proche du port de pêche.",
    "Une exposition de tapis anciens attire chaque soir des familles entières.",
    "La route de la vallée sera coupée trois jours pour refaire deux ponts.",
    "Le club de handball a gagné son quatrième match de suite devant son public.",
    "Les pluies d'automne ont rempli le barrage au-delà de la moyenne décennale.",
    "Un atelier de lecture s'ouvre dans la maison des jeunes du quartier nord.",
    "La coopérative laitière promet de payer les éleveurs à la fin du mois.",
]
OTHER = [
    "Aux échecs, la jeune championne a surpris le tenant du titre en vingt coups.",
    "Des astronomes amateurs ont suivi la comète depuis les hauteurs du plateau.",
    "La recette des cornes de gazelle se transmet ici de tante en nièce.",
    "Un luthier raconte comment il choisit le bois de ses instruments.",
]
ARABIC = [
    "صادق المجلس الجماعي يوم الخميس على ميزانية أزقة المدينة القديمة بعد نقاش طويل.",
    "يطالب صناع الجلد بمستودع أقرب إلى ميناء الصيد حسب ما صرح به رئيس الجمعية.",
]


class Site:
    """An outlet's articles on the aggregator and on its own site, with given faults."""

    def __init__(self) -> None:
        self.web = Web()
        self.urls: list[str] = []

    def add(self, number: int, outlet: str = "courrier", **wrong: Any) -> None:
        """An article; ``wrong`` is its fault."""
        link = f"https://www.{outlet}.example/article/{number}"
        url = f"https://www.maghress.com/fr/{outlet}/{number}"
        chance = Random(number)
        title = f"Chronique {number} : " + chance.choice(SENTENCES)[:40]
        text = wrong.get("text") or chance.sample(SENTENCES, 5)
        date = wrong.get("date", "29 - 03 - 2024")
        own = (title, text) if not wrong.get("other") else (OTHER[0][:50], OTHER)
        source = outlet_page(*own, published="2024-03-29T10:15:00+00:00", author="Salma Idrissi")
        if wrong.get("redesign"):
            teaser = f'<div class="entry-content"><p>{"</p><p>".join(OTHER)}</p></div>'.encode()
            body = source.body.replace(b"entry-content", b"corps")
            source = Reply(headers=HTML, body=body.replace(b"</article>", b"</article>" + teaser))
        copy = aggregator_page(title, text, date=date, link=link)
        self.web.pages[url] = wrong.get("copy", copy)
        if not wrong.get("gone"):
            self.web.pages[link] = source
        self.urls.append(url)

    def ask(self, directory: Path) -> str:
        """The file that names the articles: the same name at each run, so that runs compare."""
        file = directory / "urls.txt"
        file.write_text("\n".join(self.urls))
        return str(file)


class Late(Web):
    """Servers whose clocks are an hour behind."""

    def reply(self, method: str, url: str, headers: Mapping[str, str]) -> Reply:
        answer = super().reply(method, url, headers)
        date = format_datetime(datetime.now(UTC) - timedelta(hours=1), usegmt=True)
        return Reply(answer.status, {**answer.headers, "Date": date}, answer.body)


def good() -> Site:
    site = Site()
    for number in range(100, 140):
        site.add(number, "tribune" if number % 4 == 0 else "courrier")
    return site


def bad() -> Site:
    site = Site()
    for number in range(200, 205):
        site.add(number, redesign=True)
    for number in range(205, 225):
        site.add(number, gone=True)
    for number in range(225, 245):
        site.add(number, other=True)
    for number in range(245, 265):
        site.add(number, text=ARABIC)
        site.web.pages[f"https://www.courrier.example/article/{number}"] = Reply(
            headers=HTML,
            body=f"<html><h1>x</h1><article><p>{'</p><p>'.join(ARABIC)}</p></article>".encode(),
        )
    for number in range(265, 275):
        site.add(number, date="29 - 03 - 2089")
    for number in range(275, 285):
        site.add(number, copy=Reply(200, HTML, b"<html><body><p>Maintenance</p></body></html>"))
    return site


def make_history(data: Path, report: dict[str, Any], *, idle: bool = False) -> None:
    """Ten days of hourly runs like one that was made; in the last days one outlet is silent.

    With ``idle`` those of the last day have found nothing.
    """
    now = datetime.now(UTC)
    for hours in range(1, 240):
        run = dict(report)
        written = now - timedelta(hours=hours)
        run["job"], run["written"] = f"earlier-{hours:03}", written.isoformat(timespec="seconds")
        if hours < 120:
            run["outlets"] = {"fr/courrier": 40}
        if idle and hours < 24:
            run |= {"exported": 0, "filled": {}, "sources": {}, "outlets": {}}
        path = data / "runs" / f"{run['job']}.json"
        path.write_text(json.dumps(run))
        os.utime(path, (written.timestamp(), written.timestamp()))


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The report of a good run of 40 articles."""
    site, data = good(), tmp_path_factory.mktemp("usual")
    report = crawl(site.web, data, urls=site.ask(data)).report
    assert report["outcome"] == "ok"
    return report


# Of each monitor: what it says, what makes it say so, and what is just not enough for that.
BRANCHES: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    (
        "rejects: 5 of 40 are rejected or failed",
        {"rejected": 3, "failed": 2},
        {"rejected": 2, "failed": 2},
    ),
    (
        "sources: 33 of 40 are unreachable or refused",
        {"sources": {"ok": 7, "unreachable": 20, "refused": 13}},
        {"sources": {"ok": 8, "unreachable": 20, "refused": 12}},
    ),
    (
        "agreement: copies and sources agree by 0.79 in the mean, expected 0.80 or more",
        {"agreement": 0.79},
        {"agreement": 0.8},
    ),
    (
        "agreement: 11 of 51 are another story",
        {"sources": {"ok": 40, "mismatch": 11}},
        {"sources": {"ok": 40, "mismatch": 10}},
    ),
    (
        "rules: 3 withdrawn: a#1, b#1, b#2",
        {"rules_withdrawn": ["a#1", "b#1", "b#2"]},
        {"rules_withdrawn": ["b#1", "b#2"]},
    ),
    (
        "layout: 3 of 40 article pages lack the published-in line, title or text",
        {"unreadable": 3},
        {"unreadable": 2},
    ),
    (
        "clock: this machine's clock is 301 s behind the site's",
        {"clock_offset": -301},
        {"clock_offset": -300},
    ),
    (
        "clock: 13 of 40 are date_conflict",
        {"flags": {"date_conflict": 13}},
        {"flags": {"date_conflict": 12}},
    ),
    (
        "language: 13 of 40 are language_mismatch",
        {"flags": {"language_mismatch": 13}},
        {"flags": {"language_mismatch": 12}},
    ),
    (
        "language: 13 of 40 are mojibake",
        {"flags": {"mojibake": 13}},
        {"flags": {"mojibake": 12}},
    ),
    (
        "nothing: the run found no article, neither new nor known",
        {"found": 0, "exported": 0},
        {"found": 0, "exported": 0, "known": 1},
    ),
]


def said(report: dict[str, Any], *earlier: dict[str, Any]) -> list[str]:
    """Messages of the monitors about a report."""
    return alarms({"monitors": check(report, earlier, get_project_settings())})


@pytest.mark.parametrize(("message", "much", "little"), BRANCHES, ids=[b[0] for b in BRANCHES])
def test_each_monitor_has_its_threshold(
    message: str, much: dict[str, Any], little: dict[str, Any], usual: dict[str, Any]
) -> None:
    assert said(usual | {"known": 0} | much) == [message]
    assert said(usual | {"known": 0} | little) == []


def test_small_runs_are_judged_together_with_recent_ones(usual: dict[str, Any]) -> None:
    end = datetime.fromisoformat(usual["written"])

    def hourly(hours: int, **figures: Any) -> dict[str, Any]:
        """A run of ten articles, so many hours ago."""
        ten = {"found": 10, "exported": 10, "compared": 10, "article_pages": 10}
        told = {"job": f"{hours}", "written": (end - timedelta(hours=hours)).isoformat()}
        filled = dict.fromkeys(usual["filled"], 10)
        return usual | ten | told | {"filled": filled, "sources": {"ok": 10}} | figures

    poor = {"filled": dict.fromkeys(usual["filled"], 10) | {"authors": 0}, "unreadable": 1}
    before = [hourly(hours) for hours in range(3, 300)]
    assert said(hourly(0), hourly(1), hourly(2), *before) == []
    assert said(hourly(0, **poor), hourly(1), hourly(2), *before) == [
        "fields: authors 50%, usually 100%"
    ]
    assert said(hourly(0, **poor), hourly(1, **poor), hourly(2), *before) == [
        "fields: authors 0%, usually 100%",
        "layout: 2 of 20 article pages lack the published-in line, title or text",
    ]
    assert said(hourly(0), hourly(1), hourly(2, **poor), *before) == []  # it is over


def test_failed_runs_are_notified_and_good_ones_are_not(
    tmp_path: Path, servers: tuple[int, int]
) -> None:
    well = good()
    outcome = crawl(well.web, tmp_path, urls=well.ask(tmp_path))
    report = outcome.report
    assert (outcome.code, report["outcome"]) == (0, "ok"), outcome.stderr
    assert len(report["monitors"]) == len(MONITORS)
    assert not any(report["monitors"].values()), report["monitors"]
    make_history(tmp_path, report)

    # The same again with that history: still quiet, though one outlet of the two has little.
    well.web.seconds_ahead = 2
    again = crawl(well.web, tmp_path, urls=well.ask(tmp_path))
    assert (again.code, again.report["outcome"]) == (0, "ok"), again.stderr

    # Now everything goes wrong at once; the history's outlet has been silent for five days.
    # The runs of the last day brought nothing.
    for file in (tmp_path / "runs").glob("20*.json"):
        file.unlink()
    make_history(tmp_path, report, idle=True)
    ill = bad()
    settings = {
        "MONITOR_RULES_WITHDRAWN": "1",
        "NOTIFY_URLS": f"json://127.0.0.1:{servers[0]}/hook",
        "RETRY_TIMES": "0",
        # So that what a rule reads is not sometimes guided: one page at a time.
        "CONCURRENT_REQUESTS": "1",
    }
    with DemoProxy(Late(ill.web.pages).reply) as proxy:
        done = preloaded.run(
            command("maghress", settings, {"urls": ill.ask(tmp_path)}),
            env=environment(proxy, tmp_path) | {"no_proxy": "127.0.0.1", "NO_PROXY": "127.0.0.1"},
        )
    report = Outcome(0, "", tmp_path, []).report
    told = report["monitors"]
    assert (done.returncode, report["outcome"]) == (3, "alarm"), done.stderr
    heard = {name for name, message in told.items() if message}
    expected = {"items", "outlets", "fields", "rejects", "sources", "agreement", "rules", "layout"}
    assert heard == expected | {"clock", "language"}, told
    assert told["items"].startswith("65 records in a day, usually")
    assert told["outlets"] == "nothing in 4 days from fr/tribune"
    assert "authors 8%, usually 100%" in told["fields"]
    assert told["rejects"] == "20 of 85 are rejected or failed"
    assert told["rules"].startswith("1 withdrawn: courrier.example#")
    assert told["layout"].startswith("10 of 85 article pages lack")
    assert told["clock"].endswith("s ahead of the site's")
    for name in heard:
        assert f"ALARM     {name}: " in done.stderr
    ((_, posted),) = Hook.got
    assert all(name in json.loads(posted)["message"] for name in heard)

    # The figures for machines are those of the last run.
    figures = (tmp_path / "metrics" / "maghress-manual.prom").read_text()
    run = 'site="maghress",run="manual"'
    assert f'newscrawl_run_articles{{{run},kind="exported"}} 65\n' in figures
    assert f'newscrawl_run_monitor{{{run},monitor="layout"}} 1\n' in figures
    assert f'newscrawl_run_outcome{{{run},outcome="alarm"}} 1\n' in figures
    assert f'newscrawl_run_outcome{{{run},outcome="ok"}} 0\n' in figures

    # A run that meets nothing at all; nobody listens to the hook, which is said. It is of another
    # kind, and replaces no metrics; those of a spider that is no more are removed.
    stale = tmp_path / "metrics" / "formersite-new.prom"
    stale.write_text("")
    nothing = crawl(
        Web(), tmp_path, settings={"NOTIFY_URLS": "json://127.0.0.1:1/hook"}, revisit="no"
    )
    assert (nothing.code, nothing.report["outcome"]) == (1, "failed")
    assert nothing.report["monitors"]["nothing"].startswith("the run found no article")
    assert "NOTIFY_URLS: json://127.0.0.1:1: " in nothing.stderr
    assert (tmp_path / "metrics" / "maghress-manual.prom").read_text() == figures
    assert (tmp_path / "metrics" / "maghress-new.prom").exists()
    assert not stale.exists()
