"""``scrapy crawl``: Scrapy's command with a meaningful exit code."""

import argparse
import logging
import sys
from typing import TYPE_CHECKING, Any

from scrapy.commands.crawl import Command as ScrapyCrawl

from newscrawl.aggregator.sites import SITES
from newscrawl.articles.garbage_collection import collect_less_often
from newscrawl.errors import ArgumentError, SettingError, SiteBusyError, StoreError

if TYPE_CHECKING:
    from newscrawl.state.run_reports import Outcome

logger = logging.getLogger(__name__)


class Command(ScrapyCrawl):
    """Exits 0 after a good run, 1 after a bad one, 3 on an alarm, 75 if the site is busy."""

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add ``--json`` to Scrapy's options."""
        super().add_options(parser)
        parser.add_argument(
            "--json", action="store_true", help="log one JSON object a line, for machines"
        )

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        """Turn options into settings."""
        super().process_options(args, opts)
        assert self.settings
        if opts.json:
            self.settings.set("LOG_JSON", True, priority="cmdline")
        if self.settings.getbool("LOG_JSON"):
            from newscrawl.operations.json_log import install

            self.settings.set("LOG_INSTALL_ROOT_HANDLER", False, priority="cmdline")
            install(self.settings)

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Check the arguments, crawl, and set the exit code."""
        name = args[0] if len(args) == 1 else ""
        if name not in SITES:
            super().run(args, opts)
            return
        # Imported late: Scrapy imports every command at every start.
        from newscrawl.spiders.arguments import Arguments
        from newscrawl.state.compression import packing_of
        from newscrawl.state.run import Run, data_of, job_name, now
        from newscrawl.state.run_reports import EXIT_CODES, read_report, report_head

        assert self.crawler_process
        crawler = self.crawler_process.create_crawler(name)
        job = job_name(name, opts.spargs.get("_job"))
        try:
            Arguments.parse(SITES[name], opts.spargs)
            packing_of(crawler.settings["FEED_COMPRESSION"])
            Run.of(crawler, job)
        except (ArgumentError, SettingError, StoreError) as error:
            busy = isinstance(error, SiteBusyError)
            self._end_early(name, job, opts.spargs, "skipped" if busy else "failed", str(error))
            return
        collect_less_often()
        self.crawler_process.crawl(crawler, **opts.spargs)
        self.crawler_process.start()
        outcome = crawler.stats.get_value("run/outcome") if crawler.stats else None
        if outcome is None or self.crawler_process.bootstrap_failed:
            outcome = "failed"
        self.exitcode = EXIT_CODES[outcome]
        if self.exitcode:
            head = report_head(name, job, now(), opts.spargs) | {"outcome": "failed"}
            self._tell(head | read_report(data_of(crawler.settings), job))

    def _end_early(
        self, site: str, job: str, arguments: dict[str, str], outcome: "Outcome", reason: str
    ) -> None:
        """Report and notify of a run that could not start."""
        from newscrawl.state.run import data_of
        from newscrawl.state.run_reports import EXIT_CODES, write_not_started

        assert self.settings
        if outcome == "skipped":
            self._say(f"scrapy crawl {site}: skipped: {reason}")
            reason = "site is busy"
        else:
            self._say(f"scrapy crawl {site}: {reason}")
        self.exitcode = EXIT_CODES[outcome]
        report = {"spider": site, "job": job, "outcome": outcome, "errors": [reason]}
        try:
            report = write_not_started(
                data_of(self.settings), site, job, arguments, outcome, reason
            )
        except StoreError as error:
            self._say(f"no run report: {error}")
        if outcome == "failed":
            self._tell(report)

    def _tell(self, report: dict[str, Any]) -> None:
        """Notify the operator of an unsuccessful run."""
        from newscrawl.operations.notifications import notify

        assert self.settings
        for trouble in notify(report, self.settings):
            self._say(trouble)

    def _say(self, text: str) -> None:
        """Log a message outside of the run."""
        assert self.settings
        if self.settings.getbool("LOG_JSON"):
            logger.error(text)
        else:
            sys.stderr.write(f"{text}\n")
