"""``scrapy crawl``: Scrapy's command with a meaningful exit code."""

import argparse
import logging
import signal
from typing import Any

from scrapy.commands.crawl import Command as ScrapyCrawl

from newscrawl.aggregator.sites import SITES
from newscrawl.articles.garbage_collection import collect_less_often
from newscrawl.errors import ArgumentError, SettingError, StoreError


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
        """Check the arguments, crawl, report, and set the exit code."""
        name = args[0] if len(args) == 1 else ""
        if name not in SITES:
            super().run(args, opts)
            return
        # Imported late: Scrapy imports every command at every start.
        from newscrawl.operations.announcements import announce
        from newscrawl.operations.ownership import check_user
        from newscrawl.operations.supervisor import Supervisor, check_environment
        from newscrawl.spiders.arguments import Arguments
        from newscrawl.state.compression import packing_of
        from newscrawl.state.run import Run, data_of, job_name

        assert self.crawler_process
        crawler = self.crawler_process.create_crawler(name)
        settings = crawler.settings
        try:
            check_user(data_of(settings))
        except StoreError as error:  # a report would be such a file, too
            announce(f"scrapy crawl {name}: {error}", settings, logging.ERROR)
            self.exitcode = 1
            return
        job = job_name(name, opts.spargs.get("_job"))
        supervisor = Supervisor(settings, name, job, opts.spargs)
        try:
            check_environment(settings)
            Arguments.parse(SITES[name], opts.spargs)
            packing_of(settings["FEED_COMPRESSION"])
            Run.of(crawler, job)
            supervisor.begin()
        except (ArgumentError, SettingError, StoreError) as error:
            self.exitcode = supervisor.refuse(error)
            return
        collect_less_often()
        _ignore_second_sigterm(self.crawler_process)
        self.crawler_process.crawl(crawler, **opts.spargs)
        self.crawler_process.start()
        outcome = crawler.stats.get_value("run/outcome") if crawler.stats else None
        failed = self.crawler_process.bootstrap_failed
        self.exitcode = supervisor.end(None if failed else outcome)


def _ignore_second_sigterm(process: Any) -> None:
    """Have a second SIGTERM change nothing; Scrapy would end the run at once.

    A job may be cancelled twice, or just before its node is stopped. A second Ctrl-C still ends it.
    """
    kill = process._signal_kill

    def handle(number: int, frame: Any) -> None:
        if number != signal.SIGTERM:
            kill(number, frame)

    process._signal_kill = handle
