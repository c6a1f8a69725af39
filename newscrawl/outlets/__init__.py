"""Shipped knowledge of single outlets: registry, extraction seeds, overrides.

``outlets.csv`` lists the outlets the network carries, ``seeds.csv`` where some of them were seen to
keep their fields. Both say how certain each line is: an outlet is first identified by its pages and
links, and a seed is used only once a page has confirmed it. ``overrides/`` holds what is stated by
hand for outlets that are not parsed right.
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
