"""``scrapy doctor``: check that this installation can crawl."""

import argparse

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from newscrawl.text.terminal import say


class Command(ScrapyCommand):
    """Command that diagnoses the installation; exits 1 if a finding is a failure."""

    requires_crawler_process = False

    def syntax(self) -> str:
        """Return the usage text."""
        return "[--offline]"

    def short_desc(self) -> str:
        """Return the one-line description."""
        return "Check Python, packages, browser, disk, clock, data directory, ledger and sites"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add ``--offline``."""
        super().add_options(parser)
        parser.add_argument("--offline", action="store_true", help="do not contact the sites")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Print a line for each finding."""
        if args:
            raise UsageError("takes no arguments")
        # Imported late: Scrapy imports every command at every start.
        from newscrawl.operations.doctor import examine_all

        assert self.settings
        failed = 0
        for finding in examine_all(self.settings, network=not opts.offline):
            failed += finding.state == "fail"
            remedy = f"  -> {finding.remedy}" if finding.remedy else ""
            say(f"{finding.state:<6}{finding.name:<14}{finding.found}{remedy}")
        self.exitcode = 1 if failed else 0
