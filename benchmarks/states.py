"""Run the model-based test of article states for hours.

    python -m benchmarks.states [--hours 2] [--seed 1] [--steps 25] [--postgres]

Each round has a seed of its own, which is printed. Exits 1 at the first sequence after which the
feeds are not what the network serves; the sequence is printed.
"""

import argparse
import sys
import time
import traceback

from tests.postgres import server
from tests.test_article_states import ArticleStates, run


def main() -> int:
    """Run rounds until the time is over, on the chosen database."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hours", type=float, default=2)
    parser.add_argument("--seed", type=int, default=1, help="of the first round")
    parser.add_argument("--examples", type=int, default=5, help="sequences in a round")
    parser.add_argument("--steps", type=int, default=15, help="steps of a sequence")
    parser.add_argument("--postgres", action="store_true", help="with the ledger on PostgreSQL")
    options = parser.parse_args()
    if not options.postgres:
        return rounds(options)
    with server() as postgres:
        ArticleStates.ledgers = iter(postgres.create, "")
        return rounds(options)


def rounds(options: argparse.Namespace) -> int:
    """Run rounds and return the exit code."""
    end = time.monotonic() + 3600 * options.hours
    seed = options.seed
    while time.monotonic() < end:
        began = time.monotonic()
        try:
            run(seed, options.examples, options.steps)
        except BaseException:  # noqa: BLE001 - printed with the sequence that led to it
            traceback.print_exc()
            return 1
        print(f"  {time.monotonic() - began:.0f} s", flush=True)
        seed += 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
