"""The registry of outlets: contents of its columns."""

import re
from importlib import resources
from typing import get_args

import pytest
from selectolax.lexbor import LexborHTMLParser

from newscrawl.aggregator.sites import SITES
from newscrawl.aggregator.urls import is_slug
from newscrawl.outlets import known_outlet, known_outlets, seeds
from newscrawl.outlets.registry import DomainCertainty, SeedField, SlugCertainty

COUNTRIES = {site.country: site for site in SITES.values()}


@pytest.mark.parametrize("facts", known_outlets().values(), ids=lambda f: f"{f.country}-{f.slug}")
def test_each_outlet_belongs_to_an_edition_of_the_network(facts) -> None:  # type: ignore[no-untyped-def]
    assert facts.country in COUNTRIES
    assert is_slug(facts.slug)
    assert facts.name.strip() == facts.name != ""
    assert facts.slug_certainty in get_args(SlugCertainty)
    assert facts.domain_certainty in get_args(DomainCertainty)
    for domain in facts.domains:
        assert re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", domain)


def test_outlets_are_unique_and_found_by_slug() -> None:
    registry = resources.files("newscrawl.outlets") / "outlets.csv"
    assert len(known_outlets()) == len(registry.read_text("utf-8").splitlines()) - 1 >= 298
    lopinion = known_outlet("MA", "fr", "lopinion")
    assert lopinion is not None
    assert lopinion.slug_certainty == "reported"


@pytest.mark.parametrize("seed", seeds(), ids=lambda s: f"{s.domain} {s.css}")
def test_each_seed_is_a_selector_the_parser_understands(seed) -> None:  # type: ignore[no-untyped-def]
    assert seed.field in get_args(SeedField)
    assert seed.certainty
    LexborHTMLParser("<p>x</p>").css(seed.css)
