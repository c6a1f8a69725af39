"""``scrapy ledger``, on the output of a real crawl."""

import json
import re
from pathlib import Path

import pytest

from newscrawl.state import Ledger, ledger_path
from tests import preloaded
from tests.support import URL, listing, web
from tests.web import Web, crawl

LISTING = "https://www.maghress.com/fr/courrier"


def ledger(data: Path, *arguments: str) -> tuple[int, str]:
    """Exit code and output of the command."""
    done = preloaded.run(
        [*preloaded.SCRAPY, "ledger", *arguments, "-s", f"NEWSCRAWL_DATA={data}"],
    )
    return done.returncode, done.stdout + done.stderr


def crawled(data: Path) -> Web:
    """An outlet of two articles, one of which cannot be read."""
    small = web()
    small.pages[LISTING] = listing(range(102, 100, -1))
    crawl(small, data, outlets="courrier", editions="fr")
    return small


def test_articles_are_counted_by_site_outlet_and_state(tmp_path: Path) -> None:
    crawled(tmp_path)
    code, told = ledger(tmp_path)
    assert code == 0
    rows = [line.split() for line in told.splitlines()[1:]]
    assert rows == [
        ["maghress", "fr", "courrier", "done", "1"],
        ["maghress", "fr", "courrier", "failed", "1"],
        ["all", "2"],
    ]
    assert ledger(tmp_path, "--state", "failed")[1].splitlines()[-1].split() == ["all", "1"]


def test_an_article_is_shown_with_the_place_of_its_record(tmp_path: Path) -> None:
    crawled(tmp_path)
    code, told = ledger(tmp_path, "show", "maghress:fr/courrier/101", "maghress:fr/courrier/102")
    assert code == 0
    done, failed = (
        dict(line.split(maxsplit=1) for line in part.splitlines()) for part in _blocks(told)
    )
    assert (done["state"], done["version"]) == ("done", "1")
    with (tmp_path / done["file"]).open("rb") as feed:
        feed.seek(int(done["position"]))
        assert json.loads(feed.readline())["id"] == done["id"] == "maghress:fr/courrier/101"
    assert (failed["state"], failed["reason"], failed["file"]) == ("failed", "HTTP 404", "-")
    code, told = ledger(tmp_path, "show", "maghress:fr/courrier/7")
    assert (code, told.strip()) == (1, "maghress:fr/courrier/7: not in the ledger")


def _blocks(told: str) -> list[str]:
    """Lines about each article."""
    return [f"id {part}" for part in re.split(r"^id +", told, flags=re.MULTILINE)[1:]]


def test_nothing_is_changed_without_yes(tmp_path: Path) -> None:
    crawled(tmp_path)
    before = ledger(tmp_path)[1]
    for verb in ("retry", "forget"):
        code, told = ledger(tmp_path, verb)
        assert code == 0
        assert "2 articles would be" in told
    assert ledger(tmp_path)[1] == before


def test_articles_to_retry_are_fetched_by_the_next_run(tmp_path: Path) -> None:
    small = crawled(tmp_path)
    small.pages[f"{LISTING}/102"] = small.pages[URL]
    assert (
        "1 articles are to be read again"
        in ledger(tmp_path, "retry", "--state", "failed", "--yes")[1]
    )
    outcome = crawl(small, tmp_path, outlets="courrier", editions="fr")
    assert outcome.report["exported"] == 1
    assert len(outcome.lines("feeds")) == 2


def test_forgotten_articles_are_new_again(tmp_path: Path) -> None:
    small = crawled(tmp_path)
    ledger(tmp_path, "forget", "--site", "maghress", "--yes")
    assert ledger(tmp_path)[1].splitlines()[-1].split() == ["all", "0"]
    outcome = crawl(small, tmp_path, outlets="courrier", editions="fr")
    records = outcome.lines("feeds")
    assert [record["version"] for record in records] == [1, 2], "no version appears twice"
    assert records[1]["changed"] == []
    assert [record["duplicate_of"] for record in records] == [None, None]


def test_commands_without_a_ledger_and_with_unknown_arguments_fail_clearly(tmp_path: Path) -> None:
    code, told = ledger(tmp_path)
    assert (code, "there is no ledger yet" in told) == (1, True)
    code, told = ledger(tmp_path, "destroy")
    assert code != 0
    assert "retry or forget" in told


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["retry", "--state", "lost"], "--state lost: is no state; allowed: found, waiting"),
        (["forget", "--site", "nosuch"], "--site nosuch: is no site; allowed: maghress"),
        (["--outlet", "nosuch"], "--outlet nosuch: the ledger has no article of it"),
    ],
)
def test_a_filter_without_matches_is_an_error(
    tmp_path: Path, arguments: list[str], told: str
) -> None:
    Ledger(ledger_path(tmp_path)).close()
    code, output = ledger(tmp_path, *arguments)
    assert code == 2
    assert told in output
