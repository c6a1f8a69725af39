"""Draw stratified random samples of articles, reproducible by their seed."""

import hashlib
import heapq
from collections.abc import Iterable, Mapping
from fractions import Fraction


def order_key(seed: int, name: str) -> int:
    """Return a pseudo-random sort key of an article that depends only on the seed."""
    return int.from_bytes(hashlib.sha256(f"{seed} {name}".encode()).digest()[:8])


def draw(
    sizes: Mapping[str, int], articles: Iterable[tuple[str, str]], count: int, seed: int
) -> list[str]:
    """Draw articles without replacement, in proportion to the sizes of their strata.

    Args:
        sizes: number of articles of each stratum.
        articles: identifiers, each with the name of its stratum.
        count: how many to draw; if there are fewer, all are drawn.
        seed: equal seeds draw equal samples of equal articles.
    """
    quotas = _quotas(sizes, count, seed)
    drawn: dict[str, list[tuple[int, str]]] = {stratum: [] for stratum in quotas}
    for article, stratum in articles:
        # A heap of negated keys: the greatest key kept is the first to be dropped.
        heapq.heappush(drawn[stratum], (-order_key(seed, article), article))
        if len(drawn[stratum]) > quotas[stratum]:
            heapq.heappop(drawn[stratum])
    return [article for kept in drawn.values() for _, article in kept]


def _quotas(sizes: Mapping[str, int], count: int, seed: int) -> dict[str, int]:
    """Divide a sample among strata: each its share rounded down, the largest remainders one more.

    >>> _quotas({"a": 6, "b": 3, "c": 1}, 5, seed=1)
    {'a': 3, 'b': 1, 'c': 1}
    """
    total = sum(sizes.values())
    if count >= total:
        return dict(sizes)
    exact = {stratum: Fraction(count * size, total) for stratum, size in sizes.items()}
    quotas = {stratum: int(share) for stratum, share in exact.items()}
    by_remainder = sorted(
        quotas, key=lambda stratum: (quotas[stratum] - exact[stratum], order_key(seed, stratum))
    )
    for stratum in by_remainder[: count - sum(quotas.values())]:
        quotas[stratum] += 1
    return quotas
