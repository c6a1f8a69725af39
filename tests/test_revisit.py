"""Articles that are fetched again, and texts that were seen before."""

from pathlib import Path

import pytest

from newscrawl.demo.network import build
from newscrawl.demo.proxy import Reply
from newscrawl.text.signatures import bands, likeness, signature
from tests.support import LINK, SOURCE, TEXT, TITLE, URL, listing, web
from tests.web import HTML, Outcome, Web, aggregator_page, crawl

BROKEN = Reply(500, HTML, b"<p>500")
LISTING = "https://www.maghress.com/fr/courrier"


def visit(small: Web, data: Path, **settings: str) -> Outcome:
    """A scheduled run over the outlet's listing."""
    small.pages.setdefault(LISTING, listing(range(101, 100, -1)))
    return crawl(small, data, settings=settings, outlets="courrier", editions="fr")


def test_a_recovered_source_is_exported_as_a_new_version(tmp_path: Path) -> None:
    first = visit(web(BROKEN), tmp_path, SOURCE_RETRY_HOURS="0,500")
    assert first.report["waiting"] == 1
    second = visit(web(SOURCE), tmp_path, SOURCE_RETRY_HOURS="0,500")
    assert second.code == 0, second.stderr
    old, new = second.lines("feeds")
    assert old["id"] == new["id"]
    assert (old["version"], old["changed"], old["origin"]) == (1, [], "aggregator")
    assert (new["version"], new["origin"], new["source"]["status"]) == (2, "source", "ok")
    assert {"authors", "section", "origin", "source.status"} <= set(new["changed"])
    assert "title" not in new["changed"]
    third = visit(web(SOURCE), tmp_path, SOURCE_RETRY_HOURS="0,500")
    assert third.code == 0, third.stderr
    assert third.report["found"] == 0
    assert URL not in third.requests


def test_a_source_that_stays_unavailable_is_not_exported_again_and_becomes_final(
    tmp_path: Path,
) -> None:
    for reads in range(4):
        outcome = visit(web(BROKEN), tmp_path, SOURCE_RETRY_HOURS="0,0")
        assert outcome.code == 0, outcome.stderr
        assert len(outcome.lines("feeds")) == 1
        report = outcome.report
        assert report["waiting"] == (1 if reads < 2 else 0)
        assert (report["exported"], report["unchanged"]) == [(1, 0), (0, 1), (0, 1), (0, 0)][reads]
    assert URL not in outcome.requests


def test_waiting_articles_are_not_requested_before_they_are_due(tmp_path: Path) -> None:
    visit(web(BROKEN), tmp_path, SOURCE_RETRY_HOURS="5")
    again = visit(web(SOURCE), tmp_path)
    assert again.report["found"] == 0
    assert LINK not in again.requests


def test_a_new_article_is_checked_once_more_and_an_old_one_is_not(tmp_path: Path) -> None:
    changed = web()
    changed.pages[URL] = aggregator_page(TITLE + " (rectifié)", TEXT)
    recheck = {"RECHECK_HOURS": "0", "RECHECK_DAYS": "36500"}
    visit(web(), tmp_path / "new", **recheck)
    outcome = visit(changed, tmp_path / "new", **recheck)
    assert [record["changed"] for record in outcome.lines("feeds")] == [[], ["copy.title"]]
    visit(web(), tmp_path / "old", RECHECK_HOURS="0", RECHECK_DAYS="7")
    assert visit(changed, tmp_path / "old").report["found"] == 0


def test_an_interrupted_walk_resumes_where_it_stopped(tmp_path: Path) -> None:
    small = Web()
    for page in range(6):
        numbers = range(60 - 10 * page, 50 - 10 * page, -1)
        url = LISTING + (f"?page={page}" if page else "")
        following = f'<link rel="next" href="/fr/courrier?page={page + 1}">' if page < 5 else ""
        small.pages[url] = listing(numbers, following=following)
        for number in numbers:
            small.pages[f"{LISTING}/{number}"] = aggregator_page(f"{TITLE} {number}", TEXT)
    arguments = {"outlets": "courrier", "editions": "fr"}
    crawl(small, tmp_path, "maghress", settings=None, limit="35", **arguments)
    second = crawl(small, tmp_path, "maghress", settings=None, **arguments)
    assert len({record["id"] for record in second.lines("feeds")}) == 60
    assert len(second.lines("feeds")) == 60
    assert f"{LISTING}?page=1" not in second.requests, "what was walked is not walked again"


def test_agency_dispatches_are_marked_and_kept(tmp_path: Path) -> None:
    base = "https://www.maghress.com/fr"
    shorter = aggregator_page("Arganes : bonne saison", TEXT[:2], link=None)
    other = "Le tribunal de commerce a ouvert une salle d'audience où l'on plaide à distance. " * 4
    small = Web(
        {
            f"{base}/courrier/1": aggregator_page(TITLE, TEXT, link=None),
            f"{base}/depeche/2": shorter,
            f"{base}/depeche/3": aggregator_page("Justice", [other], link=None),
        }
    )
    for number, path in enumerate(("courrier/1", "depeche/2", "depeche/3"), start=1):
        outcome = crawl(small, tmp_path, urls=f"{base}/{path}")
        assert len(outcome.lines("feeds")) == number
    marks = {record["id"]: record["duplicate_of"] for record in outcome.lines("feeds")}
    assert marks == {
        "maghress:fr/courrier/1": None,
        "maghress:fr/depeche/2": "maghress:fr/courrier/1",
        "maghress:fr/depeche/3": None,
    }


def test_urls_that_are_requested_again_are_exported_only_if_changed(tmp_path: Path) -> None:
    crawl(web(), tmp_path, urls=URL)
    unchanged = web()
    unchanged.seconds_ahead = 2
    again = crawl(unchanged, tmp_path, urls=URL)
    assert again.code == 0, again.stderr
    assert URL in again.requests
    assert (again.report["found"], again.report["unchanged"]) == (1, 1)
    changed = web()
    changed.pages[URL] = aggregator_page(TITLE + " (rectifié)", TEXT)
    changed.seconds_ahead = 4
    last = crawl(changed, tmp_path, urls=URL)
    assert [(r["version"], r["changed"]) for r in last.lines("feeds")] == [
        (1, []),
        (2, ["copy.title"]),
    ]


def test_duplicates_are_found_with_the_stated_precision_and_recall() -> None:
    found: dict[int, list[tuple[str, bytes]]] = {}
    right = wrong = missed = 0
    for truth in build().truth.values():
        sign = signature(truth.source.text)
        if sign is None:
            continue
        near = {(name, other) for band in bands(sign) for name, other in found.get(band, ())}
        alike = any(likeness(sign, other) >= 0.5 for _, other in near)
        right += alike and truth.duplicate_of is not None
        wrong += alike and truth.duplicate_of is None
        missed += not alike and truth.duplicate_of is not None
        for band in bands(sign):
            found.setdefault(band, []).append((truth.id, sign))
    assert right >= 10, "the demo network has duplicates to be found"
    assert right / (right + wrong) >= 0.99
    assert right / (right + missed) >= 0.95


@pytest.mark.parametrize("text", ["", "Trop court.", "قصير جدا"])
def test_a_short_text_has_no_signature(text: str) -> None:
    assert signature(text) is None
