"""Load the shipped CSV lists of known outlets (names, domains) and of extraction seeds."""

import csv
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal, cast

from newscrawl.items import Country, Edition

SlugCertainty = Literal["verified", "reported", "recalled", "guessed"]
"""``verified``: seen in a URL of the network; ``guessed``: made from the outlet's domain."""

DomainCertainty = Literal["evidenced", "listed", "known", "uncertain"]
"""``evidenced``: seen with the outlet's own pages; ``listed``: from a list of newspapers."""

SeedField = Literal["title", "body", "date", "authors"]
"""Field that a seed locates."""


@dataclass(frozen=True, slots=True)
class OutletFacts:
    """Name, slug and domains of an outlet in one edition of an aggregator."""

    country: Country
    """Country of the aggregator."""
    edition: Edition
    """Language branch."""
    slug: str
    """Name in the aggregator's URLs."""
    name: str
    """Name as printed, or the slug if only that is known."""
    domains: tuple[str, ...]
    """The outlet's own domains, the current one first; empty if none is known."""
    slug_certainty: SlugCertainty
    """Whether the aggregator is known to use this slug."""
    domain_certainty: DomainCertainty
    """Whether the domains are known to be the outlet's."""
    note: str
    """Remark, such as ``defunct``."""


@dataclass(frozen=True, slots=True)
class Seed:
    """CSS selector where an outlet's field was once seen; unverified until a page confirms it."""

    domain: str
    """The outlet's domain."""
    field: SeedField
    """Field that the selector locates."""
    css: str
    """CSS selector."""
    certainty: str
    """When and how it was seen."""


@cache
def known_outlets() -> dict[tuple[str, str, str], OutletFacts]:
    """Return every outlet of the registry, by country, edition and slug."""
    facts = [
        OutletFacts(
            country=row["country"],
            edition=cast("Edition", row["edition"]),
            slug=row["slug"],
            name=row["name"],
            domains=tuple(row["domains"].split()),
            slug_certainty=cast("SlugCertainty", row["slug_certainty"]),
            domain_certainty=cast("DomainCertainty", row["domain_certainty"]),
            note=row["note"],
        )
        for row in _rows("outlets.csv")
    ]
    return {(fact.country, fact.edition, fact.slug): fact for fact in facts}


def known_outlet(country: str, edition: str, slug: str) -> OutletFacts | None:
    """Return the registry's entry for one outlet.

    >>> known_outlet("MA", "fr", "lopinion").domains
    ('lopinion.ma',)
    >>> known_outlet("MA", "fr", "nobody")
    """
    return known_outlets().get((country, edition, slug))


def first_domain(country: str, edition: str, slug: str) -> str | None:
    """Return the main domain of an outlet.

    >>> first_domain("MA", "fr", "lopinion")
    'lopinion.ma'
    >>> first_domain("MA", "fr", "nobody")
    """
    facts = known_outlet(country, edition, slug)
    return next(iter(facts.domains), None) if facts else None


@cache
def seeds() -> tuple[Seed, ...]:
    """Return every seed, in the order in which they are tried."""
    return tuple(
        Seed(row["domain"], cast("SeedField", row["field"]), row["css"], row["certainty"])
        for row in _rows("seeds.csv")
    )


def _rows(name: str) -> list[dict[str, str]]:
    """Return the rows of a CSV file of this package."""
    text = (resources.files("newscrawl.outlets") / name).read_text("utf-8")
    return list(csv.DictReader(text.splitlines()))
