"""Source checks: old sources are fetched again, and each check is kept."""

from pathlib import Path

import pytest

from newscrawl.demo.proxy import Answer
from tests.support import BASE, SOURCE, TEXT, TITLE
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
    2: (Answer(404, HTML, b"<p>404</p>"), "gone"),
    3: (OTHER, "replaced"),
    4: (Answer(403, HTML, b"<p>403</p>"), "walled"),
    5: (Answer(500, HTML, b"<p>500</p>"), "away"),
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


def test_checks_exclude_arguments_of_a_crawl(tmp_path: Path) -> None:
    outcome = crawl(Web(), tmp_path, check="5", since="7d")
    assert outcome.code == 1
    assert "leave out since" in outcome.stderr
