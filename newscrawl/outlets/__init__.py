"""What is known of single outlets, as data.

``outlets.csv`` lists the outlets the network carries, ``seeds.csv`` where some of them were seen to
keep their fields. Both say how certain each line is: outlets are first told from what their pages
and links show, and a seed serves only once a page has confirmed it.
"""

from newscrawl.outlets.registry import (
    OutletFacts,
    Seed,
    first_domain,
    known_outlet,
    known_outlets,
    seeds,
)

__all__ = ["OutletFacts", "Seed", "first_domain", "known_outlet", "known_outlets", "seeds"]
