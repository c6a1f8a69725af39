"""Learned extraction rules: how soon, how well, and what a redesign does to them."""

from argparse import Namespace
from collections import Counter, defaultdict
from functools import cache
from itertools import pairwise

import pytest

from newscrawl.demo.network import DemoNetwork, build
from newscrawl.demo.truth import Truth
from newscrawl.extraction import RuleBook, SourcePage, extract
from newscrawl.text.cleaning import words

TRUSTED_AFTER = 5
"""Pages of an outlet that teach its rule."""


@cache
def network() -> DemoNetwork:
    return build(browser=False)


@cache
def readable() -> dict[str, list[Truth]]:
    """Articles whose source can be extracted as it is served, by outlet domain, oldest first."""
    found: dict[str, list[Truth]] = defaultdict(list)
    for truth in network().truth.values():
        if truth.source.status == "ok" and truth.fault is None and truth.copy.link:
            found[truth.copy.link.split("/")[2]].append(truth)
    for truths in found.values():
        truths.sort(key=lambda truth: truth.source.published)
    return dict(found)


def read(truth: Truth, book: RuleBook, *, guided: bool) -> SourcePage:
    """An article's page, by the rules and, if guided, with its copy."""
    link = truth.copy.link
    assert link
    answer = network().reply("GET", link, {})
    while 300 <= answer.status < 400:
        link = answer.headers["Location"]
        answer = network().reply("GET", link, {})
    copy = Namespace(title=truth.copy.title, text=truth.copy.text, published=None)
    content_type = answer.headers.get("Content-Type")
    return extract(answer.body, link, copy if guided else None, book, content_type=content_type)


def f1(truth: str, read: str | None) -> float:
    """Likeness of two texts over runs of four words."""
    one, other = (
        Counter(tuple(w[i : i + 4]) for i in range(len(w) - 3))
        for w in (words(truth), words(read or ""))
    )
    common = (one & other).total()
    return 2 * common / max(1, one.total() + other.total())


STEADY = sorted(
    domain
    for domain, truths in readable().items()
    if len(truths) > TRUSTED_AFTER + 4 and len({truth.source.system for truth in truths}) == 1
)
REDESIGNED = sorted(
    domain
    for domain, truths in readable().items()
    if len({truth.source.system for truth in truths}) == 2
)


def test_the_data_is_large_enough_to_learn_from() -> None:
    assert len(STEADY) >= 12
    assert len(REDESIGNED) >= 2


@pytest.mark.parametrize("domain", STEADY)
def test_after_five_pages_the_rule_extracts_the_rest_without_copies(domain: str) -> None:
    book = RuleBook()
    truths = readable()[domain]
    for truth in truths[:TRUSTED_AFTER]:
        read(truth, book, guided=True)
    assert [rule.state for rule in book][:1] == ["trusted"]
    likeness = []
    for truth in truths[TRUSTED_AFTER:]:
        page = read(truth, book, guided=False)
        assert page.rule
        assert "#" in page.rule, "a learned rule is named after its outlet"
        likeness.append(f1(truth.source.text, page.text))
    assert sum(likeness) / len(likeness) >= 0.99


@pytest.mark.parametrize("domain", REDESIGNED)
def test_a_redesign_is_noticed_and_learned_from_three_pages(domain: str) -> None:
    book = RuleBook()
    slow: Counter[str] = Counter()
    for truth in readable()[domain]:
        page = read(truth, book, guided=True)
        assert f1(truth.source.text, page.text) >= 0.95, f"{truth.id} is read wrong"
        slow[truth.source.system] += "#" not in (page.rule or "")
    old, new = slow
    assert slow[old] <= TRUSTED_AFTER
    assert slow[new] <= 3


def test_nothing_is_learned_from_a_page_that_disagrees() -> None:
    book = RuleBook()
    truths = readable()[STEADY[0]]
    for truth, other in pairwise(truths):
        answer = network().reply("GET", other.copy.link or "", {})
        copy = Namespace(title=truth.copy.title, text=truth.copy.text, published=None)
        page = extract(answer.body, other.copy.link or "", copy, book)
        assert (page.agreement.text or 0) < 0.5
    assert not list(book)
