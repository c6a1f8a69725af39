"""``scrapy report``: write the HTML report page of feeds and runs."""

import argparse
import sys
from pathlib import Path

from scrapy.commands import ScrapyCommand

from newscrawl.errors import ExportError, SettingError, StoreError


class Command(ScrapyCommand):
    """Command that writes the report page and prints its URL; exits 1 if that fails."""

    requires_crawler_process = False

    def syntax(self) -> str:
        """Return the usage text."""
        return "[-o FILE] [FEED|DIR ...]"

    def short_desc(self) -> str:
        """Return the one-line description."""
        return "Write a page about the feeds and the runs"

    def long_desc(self) -> str:
        """Return the usage text."""
        return (
            "Summarise the feeds of the data directory, or the feeds given, in one HTML file that "
            "needs no network: articles, sources, agreement, outlets, recent records with both "
            "versions, runs, hosts, rejects and rules."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the output option."""
        super().add_options(parser)
        parser.add_argument(
            "-o", "--output", metavar="FILE", help="report/index.html in the data directory"
        )

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Write the page and print its URL."""
        # Imported late: Scrapy imports every command at every start.
        from newscrawl.export import find_feeds
        from newscrawl.report import write_page
        from newscrawl.state.place import place_of
        from newscrawl.state.shared_reports import exchange

        assert self.settings
        data = Path(self.settings["NEWSCRAWL_DATA"])
        output = Path(opts.output) if opts.output else data / "report" / "index.html"
        try:
            place = place_of(self.settings)
            exchange(place)
            size = write_page(place, find_feeds(place, [Path(arg) for arg in args]), output)
        except (ExportError, SettingError, StoreError) as error:
            sys.stderr.write(f"scrapy report: {error}\n")
            self.exitcode = 1
            return
        print(f"report    {output.resolve().as_uri()} ({size / 1e6:.1f} MB)")
