"""``scrapy crawl``: Scrapy's command with a meaningful exit code."""

import argparse
import logging
import sys
from typing import TYPE_CHECKING, Any, cast

from scrapy.commands.crawl import Command as ScrapyCrawl
from scrapy.exceptions import UsageError

from newscrawl.aggregator.sites import SITES, Site
from newscrawl.articles.garbage_collection import collect_less_often
from newscrawl.errors import ArgumentError, SettingError, SiteBusyError, StoreError

if TYPE_CHECKING:
    from newscrawl.spiders.base import AggregatorSpider
    from newscrawl.state.run_reports import Outcome

logger = logging.getLogger(__name__)


class Command(ScrapyCrawl):
    """Exits 0 after a good run, 1 after a bad one, 3 on an alarm, 75 if the site is busy."""

    spidercls: "type[AggregatorSpider]"
    fault = ""
    """What is wrong with the settings, the spider arguments or the ledger, if anything."""

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add ``--json`` to Scrapy's options."""
        super().add_options(parser)
        parser.add_argument(
            "--json", action="store_true", help="log one JSON object a line, for machines"
        )

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        """Turn options into settings; check them, the spider's arguments and the ledger.

        Raises:
            UsageError: the spider does not exist or has no site, or an option has a wrong form.
        """
        # Imported late: Scrapy imports every command at every start.
        from newscrawl.operations.setting_checks import check_options, check_settings
        from newscrawl.spiders.arguments import Arguments
        from newscrawl.state import Ledger
        from newscrawl.state.place import place_of

        try:
            check_options(opts.set)
        except SettingError as error:
            raise UsageError(str(error), print_help=False) from None
        super().process_options(args, opts)
        assert self.settings
        if opts.json:
            self.settings.set("LOG_JSON", True, priority="cmdline")
        if len(args) != 1:
            raise UsageError("give one spider; 'scrapy list' names them", print_help=False)
        self.spidercls = self._load(args[0])
        try:
            check_settings(self.settings)
            Arguments.parse(self.spidercls.site, opts.spargs)
            Ledger(place_of(self.settings)).close()  # fails before Scrapy logs anything
        except (ArgumentError, SettingError, StoreError) as error:
            self.fault = str(error)
            self.requires_crawler_process = False
            return
        if self.settings.getbool("LOG_JSON"):
            from newscrawl.operations.json_log import install

            self.settings.set("LOG_INSTALL_ROOT_HANDLER", False, priority="cmdline")
            install(self.settings)

    def _load(self, name: str) -> "type[AggregatorSpider]":
        """Return the class of a spider.

        Raises:
            UsageError: there is none of that name, or it has no site.
        """
        from scrapy.spiderloader import get_spider_loader

        assert self.settings
        loader = get_spider_loader(self.settings)
        if name not in loader.list():
            known = ", ".join(sorted(loader.list()))
            raise UsageError(f"no spider named {name}; allowed: {known}", print_help=False)
        spidercls = loader.load(name)
        if not isinstance(getattr(spidercls, "site", None), Site):
            raise UsageError(
                f"spider {name} has no site: derive {spidercls.__name__} from "
                f"newscrawl.spiders.base.AggregatorSpider and set its attribute site to one of "
                f"{', '.join(SITES)}",
                print_help=False,
            )
        return cast("type[AggregatorSpider]", spidercls)

    def run(self, args: list[str], opts: argparse.Namespace) -> None:  # noqa: ARG002 - Scrapy's
        """Crawl, and set the exit code."""
        from newscrawl.operations.setting_checks import check_settings
        from newscrawl.state.run import Run, data_of, job_name, now
        from newscrawl.state.run_reports import EXIT_CODES, read_report, report_head

        name, site = self.spidercls.name, self.spidercls.site.name
        job = job_name(name, opts.spargs.get("_job"))
        if self.fault:
            self._end_early(site, job, opts.spargs, "failed", self.fault)
            return
        crawler = self._create_crawler(self.spidercls)
        try:
            check_settings(crawler.settings)  # with the spider's own
            Run.of(crawler, job)
        except (SettingError, StoreError) as error:
            busy = isinstance(error, SiteBusyError)
            self._end_early(site, job, opts.spargs, "skipped" if busy else "failed", str(error))
            return
        assert self.crawler_process
        collect_less_often()
        self.crawler_process.crawl(crawler, **opts.spargs)
        self.crawler_process.start()
        outcome = crawler.stats.get_value("run/outcome") if crawler.stats else None
        if outcome is None or self.crawler_process.bootstrap_failed:
            outcome = "failed"
        self.exitcode = EXIT_CODES[outcome]
        if self.exitcode:
            head = report_head(site, job, now(), opts.spargs) | {"outcome": "failed"}
            self._notify(head | read_report(data_of(crawler.settings), job))

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
            self._notify(report)

    def _notify(self, report: dict[str, Any]) -> None:
        """Notify the operator of an unsuccessful run."""
        from newscrawl.operations.notifications import notify

        assert self.settings
        for trouble in notify(report, self.settings):
            self._say(trouble)

    def _say(self, text: str) -> None:
        """Log a message outside of the run."""
        assert self.settings
        if self.settings["LOG_JSON"] in (True, "1", "True", "true"):
            logger.error(text)
        else:
            sys.stderr.write(f"{text}\n")
