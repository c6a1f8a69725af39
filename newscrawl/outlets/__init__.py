"""Shipped knowledge of single outlets: registry, extraction seeds, overrides.

``outlets.csv`` lists the outlets of the network, ``seeds.csv`` CSS selectors of fields that were
once seen on outlets' pages. Both state how certain each line is: an outlet is primarily identified
by its pages and links, and a seed is used only once a page has confirmed it. ``overrides/`` has
hand-written selectors for outlets that are not extracted correctly.
"""

from newscrawl.outlets.override import Override, check_override, load_overrides, shipped_overrides
from newscrawl.outlets.registry import (
    OutletFacts,
    Seed,
    first_domain,
    known_outlet,
    known_outlets,
    seeds,
)

__all__ = [
    "OutletFacts",
    "Override",
    "Seed",
    "check_override",
    "first_domain",
    "known_outlet",
    "known_outlets",
    "load_overrides",
    "seeds",
    "shipped_overrides",
]
