"""``scrapy demo``: crawl the embedded demo network with the real spiders, score the result."""

import argparse
from pathlib import Path

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

_LARGEST = 1000
"""Largest scale; the network is built in memory."""


class Command(ScrapyCommand):
    """Command that crawls the demo network and scores the records; exits 1 below a target."""

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        """Return the usage text."""
        return "[options]"

    def short_desc(self) -> str:
        """Return the one-line description."""
        return "Crawl the embedded demo network and score the result"

    def long_desc(self) -> str:
        """Return the usage text."""
        return (
            "Start the demo network behind a local proxy, run the real spiders on it, and "
            "compare the records with the ground truth. Nothing leaves this machine."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the options."""
        super().add_options(parser)
        parser.add_argument("--seed", type=int, default=1, help="seed of the generated network")
        parser.add_argument(
            "--scale", type=float, default=1.0, help="multiplies the number of articles"
        )
        parser.add_argument(
            "--keep", action="store_true", help="keep the output of earlier demo runs"
        )
        parser.add_argument(
            "--serve", action="store_true", help="only serve the network, until interrupted"
        )

        parser.add_argument(
            "-v",
            "--verbose",
            action="store_true",
            help="print the crawls' output, the whole score, a record and the files too",
        )

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Serve the demo network, or crawl it and score the records."""
        if args:
            raise UsageError("takes no arguments")
        if not 0 < opts.scale <= _LARGEST:
            raise UsageError(
                f"--scale {opts.scale}: expected a number above 0, at most {_LARGEST}",
                print_help=False,
            )
        assert self.settings
        # The demo is large, and Scrapy imports every command at every start.
        from newscrawl.demo.showing import show

        good = show(
            Path(self.settings["NEWSCRAWL_DATA"]).resolve() / "demo",
            opts.set,
            seed=opts.seed,
            scale=opts.scale,
            keep=opts.keep,
            serve=opts.serve,
            verbose=opts.verbose,
        )
        self.exitcode = 0 if good else 1
