"""``scrapy rebuild``: rebuild a corpus from a list of identifiers and the user's own feeds.

The export itself is imported late, as Scrapy imports every command at every start.
"""

import argparse
import shlex
import sys
from collections import Counter
from pathlib import Path

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from newscrawl.errors import ExportError, StoreError
from newscrawl.text.terminal import say


class Command(ScrapyCommand):
    """Command that exports listed articles; exits 1 if one is missing or its text differs."""

    requires_crawler_process = False

    def syntax(self) -> str:
        """Return the usage text."""
        return "-o DIR|FILE [options] IDENTIFIERS.csv [FEED|DIR ...]"

    def short_desc(self) -> str:
        """Return the one-line description."""
        return "Rebuild a corpus from a list of identifiers, and report missing articles"

    def long_desc(self) -> str:
        """Return the usage text."""
        return (
            "Export the articles of a list that scrapy export --identifiers wrote, from the feeds "
            "of the data directory or those given. Of each article the version with the listed "
            "text is taken, else the latest. Articles that are missing or have another text are "
            "listed in missing.csv; missing-urls.txt is a list for scrapy crawl SITE -a urls=FILE."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the output options."""
        super().add_options(parser)
        parser.add_argument(
            "-o", "--output", metavar="DIR|FILE", help="directory, or file.jsonl/.csv/.parquet"
        )
        parser.add_argument(
            "--overwrite", action="store_true", help="replace an earlier export at that place"
        )
        parser.add_argument(
            "--skip-damaged", action="store_true", help="leave out lines that cannot be parsed"
        )

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Rebuild the corpus and print the result."""
        from newscrawl.export import Order, Selection, export, find_feeds, format_of
        from newscrawl.export.rebuild import MISSING, read_identifiers

        assert self.settings
        if not opts.output or not args:
            raise UsageError("needs -o and a list of identifiers", print_help=False)
        output = Path(opts.output)
        try:
            listed = read_identifiers(Path(args[0]))
            summary = export(
                Order(
                    feeds=find_feeds(
                        Path(self.settings["NEWSCRAWL_DATA"]), [Path(arg) for arg in args[1:]]
                    ),
                    output=output,
                    format=format_of(output) or "jsonl",
                    selection=Selection(ids=listed),
                    overwrite=opts.overwrite,
                    skip_damaged=opts.skip_damaged,
                    command=shlex.join(["scrapy", "rebuild", *sys.argv[1:]]),
                )
            )
        except (ExportError, StoreError) as error:
            say(f"scrapy rebuild: {error}", sys.stderr)
            self.exitcode = 1
            return
        kinds = Counter(gap.reason for gap in summary.gaps)
        same = len(listed) - kinds.total()
        print(
            f"listed {len(listed)} = as listed {same} + changed {kinds['changed']} "
            f"+ missing {kinds['missing']}"
        )
        if summary.gaps:
            print(f"named in {summary.package.parent / MISSING}")
        print(f"corpus {summary.facts.corpus}, described in {summary.package}")
        self.exitcode = 1 if summary.gaps else 0
