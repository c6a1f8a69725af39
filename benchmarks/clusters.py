"""Duplicate clusters of millions of articles on one machine: time and memory.

    python -m benchmarks.clusters [--articles 3000000]

Every tenth article is a dispatch that eight newspapers print, four of them with another word in
between. Signatures are invented, so that no feeds are needed; the texts of candidates, which are
compared word by word, are generated on request. Exits 1 if the clusters are not the expected
result.
"""

import argparse
import random
import resource
import sys
import time

import numpy as np

from newscrawl.export.clusters import Clusters, ClusterText, Fingerprint
from newscrawl.text.signatures import PERMUTATIONS

COPIES = 8
SHARE = 10
WORDS = 150
CHANGED = 3
"""Values of a signature that another word in between changes."""


def text(number: int, dispatches: int) -> str:
    """Return the text of a dispatch as the newspaper of an article prints it."""
    copy, dispatch = divmod(number // SHARE, dispatches)
    told = random.Random(dispatch)
    words = [str(told.randrange(10**6)) for _ in range(WORDS)]
    if copy % 2:
        words.insert(20 * copy, f"inserted{copy}")
    return " ".join(words)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--articles", type=int, default=3_000_000)
    count = parser.parse_args().articles // (SHARE * COPIES) * SHARE * COPIES
    dispatches = count // (SHARE * COPIES)
    chance = np.random.default_rng(3)
    printed = chance.integers(0, 1 << 16, (dispatches, PERMUTATIONS), np.uint16)
    clusters = Clusters(count, lambda number: text(number, dispatches))
    began = time.process_time()
    for number in range(count):
        digest, beginning = number + 1, 2 * count + number
        if number % 1000 == 0:
            signs = chance.integers(0, 1 << 16, (1000, PERMUTATIONS), np.uint16)
        sign = signs[number % 1000]
        if number % SHARE == 0:
            copy, dispatch = divmod(number // SHARE, dispatches)
            digest = digest if copy % 2 else count + 1 + dispatch
            start = CHANGED * (copy % 2)
            sign[start:] = printed[dispatch, start:]
            beginning = dispatch + 1
        fingerprint = Fingerprint(WORDS, digest.to_bytes(8), beginning, sign.tobytes())
        clusters.add(ClusterText(fingerprint, 60.0 * number, precise=True))
    added = time.process_time() - began
    placed = wrong = 0
    for place in clusters.places():
        placed += 1
        wrong += place.size != COPIES
    seconds = time.process_time() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{count} articles: clusters in {seconds:.0f} s of processor time, {added:.0f} s of it to "
        f"add them; {placed} articles in clusters; peak memory {peak:.0f} MB"
    )
    sys.exit(wrong > 0 or placed != count // SHARE)


if __name__ == "__main__":
    main()
