"""``scrapy rules``, on the rules of a real crawl."""

import json
import shutil
from pathlib import Path

import pytest

from newscrawl.demo.network import build
from tests import preloaded
from tests.web import Outcome, Web, crawl

SITE, OUTLET, DOMAIN = "maghress", "lecourrierdusouss", "lecourrierdusouss.example"


class Network(Web):
    """The demo network with the interface of a test web."""

    def __init__(self) -> None:
        super().__init__()
        self.reply = build().reply  # type: ignore[method-assign]


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    data = tmp_path_factory.mktemp("data")
    # What the first run learns is used by the second.
    first = crawl(Network(), data, SITE, outlets=OUTLET, editions="fr", limit="12")
    assert first.code == 0, first.stderr
    return crawl(Network(), data, SITE, outlets=OUTLET, editions="fr")


def rules(data: Path, *arguments: str) -> tuple[int, str]:
    """Return exit code and output of the command."""
    done = preloaded.run(
        [*preloaded.SCRAPY, "rules", *arguments, "-s", f"NEWSCRAWL_DATA={data}"],
    )
    return done.returncode, done.stdout + done.stderr


def test_a_rule_is_learned_and_used_without_a_copy(crawled: Outcome) -> None:
    assert crawled.code == 0, crawled.stderr
    read_by = [record["source"]["rule"] for record in crawled.lines("feeds")]
    assert f"{DOMAIN}#1" in read_by
    code, listed = rules(crawled.data)
    assert code == 0
    (line,) = [line for line in listed.splitlines() if line.startswith(f"{DOMAIN}#1")]
    assert "trusted" in line
    assert SITE in line


def test_a_rule_is_shown_and_exported(crawled: Outcome) -> None:
    code, shown = rules(crawled.data, "show", f"https://www.{DOMAIN}/page")
    assert code == 0
    assert "state           trusted" in shown
    code, exported = rules(crawled.data, "export", DOMAIN)
    assert code == 0
    rule = json.loads(exported.splitlines()[0])
    assert (rule["domain"], rule["state"]) == (DOMAIN, "trusted")
    assert rule["body"] in shown
    assert rules(crawled.data, "export")[1].splitlines()[0] == exported.splitlines()[0]


def test_an_outlet_without_rules(crawled: Outcome) -> None:
    for verb in ("show", "export", "forget"):
        code, told = rules(crawled.data, verb, "nobody.example")
        assert code == 1
        assert "no rules of nobody.example" in told


def test_forgotten_rules_are_deleted(crawled: Outcome, tmp_path: Path) -> None:
    shutil.copytree(crawled.data / "ledger", tmp_path / "ledger")
    code, told = rules(tmp_path, "forget", DOMAIN)
    assert code == 0
    assert f"of {DOMAIN} forgotten" in told
    assert rules(tmp_path, "show", DOMAIN)[0] == 1


def test_unknown_arguments_show_the_usage(crawled: Outcome) -> None:
    code, told = rules(crawled.data, "remember", DOMAIN)
    assert code != 0
    assert "forget DOMAIN" in told
