"""``scrapy crawl``: Scrapy's own, with an exit code that tells the truth."""

import argparse
import sys

from scrapy.commands.crawl import Command as ScrapyCrawl

from newscrawl.errors import ArgumentError, StoreError
from newscrawl.network.sites import SITES


class Command(ScrapyCrawl):
    """Exits 1 if an argument is wrong, a store cannot be used, or the run was not good."""

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Check what can be checked before the engine starts, crawl, and judge."""
        name = args[0] if len(args) == 1 else ""
        if name not in SITES:
            super().run(args, opts)
            return
        # Scrapy imports every command at every start, whichever is asked for.
        from newscrawl.arguments import Arguments
        from newscrawl.rulestore import RuleStore
        from newscrawl.run import Run

        assert self.crawler_process
        crawler = self.crawler_process.create_crawler(name)
        try:
            Arguments.parse(SITES[name], opts.spargs)
            RuleStore(Run.of(crawler).data, name)
        except (ArgumentError, StoreError) as error:
            sys.stderr.write(f"scrapy crawl {name}: {error}\n")
            self.exitcode = 1
            return
        self.crawler_process.crawl(crawler, **opts.spargs)
        self.crawler_process.start()
        outcome = crawler.stats.get_value("run/outcome") if crawler.stats else None
        self.exitcode = 0 if outcome == "ok" else 1
