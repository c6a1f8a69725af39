"""``scrapy crawl``: crawl a site, report the run, and exit by its outcome."""

import argparse
import signal
import sys
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from scrapy.commands.crawl import Command as ScrapyCrawl
from scrapy.exceptions import UsageError
from scrapy.utils.log import configure_logging

from newscrawl.aggregator.sites import SITES, Site
from newscrawl.articles.garbage_collection import collect_less_often
from newscrawl.errors import ArgumentError, NewscrawlError, SettingError, StoreError

if TYPE_CHECKING:
    from scrapy import Spider

    from newscrawl.spiders.base import AggregatorSpider


class Command(ScrapyCrawl):
    """Crawl command; exits 0 after a good run, 1 after a bad one, 3 on an alarm, 75 if busy."""

    spidercls: "type[AggregatorSpider]"
    fault: NewscrawlError | None = None
    """Error in the settings, the spider arguments or the ledger."""

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add ``--json`` to Scrapy's options."""
        super().add_options(parser)
        parser.add_argument(
            "--json", action="store_true", help="log one JSON object per line, for log collectors"
        )

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        """Turn options into settings; check them, the spider's arguments and the ledger.

        Raises:
            UsageError: the spider does not exist or has no site, or an option is malformed.
        """
        # Scrapy's handlers inspect the call stack on import, which is slow within the engine.
        import_module("newscrawl.fetching.handler")
        # Imported late: Scrapy imports every command at every start.
        from newscrawl import settings as defaults
        from newscrawl.configuration.checks import check_options, check_settings
        from newscrawl.operations.json_log import install
        from newscrawl.operations.ownership import check_user
        from newscrawl.operations.supervisor import check_environment
        from newscrawl.spiders.arguments import Arguments
        from newscrawl.state import Ledger
        from newscrawl.state.place import place_of
        from newscrawl.state.run import data_of

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
            check_user(data_of(self.settings))
        except StoreError as error:  # a run report could be such a file, too
            raise UsageError(str(error), print_help=False) from None
        try:
            check_environment(self.settings)
            check_settings(self.settings, defaults)
            Arguments.parse(self.spidercls.site, opts.spargs)
            Ledger(place_of(self.settings)).close()  # fails before Scrapy logs anything
        except (ArgumentError, SettingError, StoreError) as error:
            self.fault = error
            self.requires_crawler_process = False
        with suppress(ValueError):  # the error may be in these settings
            if self.settings.getbool("LOG_JSON"):
                self.settings.set("LOG_INSTALL_ROOT_HANDLER", False, priority="cmdline")
                install(self.settings)
            elif self.fault and self.settings["LOG_FILE"]:
                configure_logging(self.settings)  # so that the reason is in the job's log

    def _load(self, name: str) -> "type[AggregatorSpider]":
        """Return the class of a spider.

        Raises:
            UsageError: there is no spider of that name, or it has no site.
        """
        spidercls = self._find(name)
        if not isinstance(getattr(spidercls, "site", None), Site):
            raise UsageError(
                f"spider {name} has no site: derive {spidercls.__name__} from "
                f"newscrawl.spiders.base.AggregatorSpider and set its attribute site to one of "
                f"{', '.join(SITES)}",
                print_help=False,
            )
        return cast("type[AggregatorSpider]", spidercls)

    def _find(self, name: str) -> "type[Spider]":
        """Return the class of a spider of the project.

        Raises:
            UsageError: there is no spider of that name.
        """
        from scrapy.spiderloader import get_spider_loader

        assert self.settings
        loader = get_spider_loader(self.settings)
        if name not in loader.list():
            known = ", ".join(sorted(loader.list()))
            raise UsageError(f"no spider named {name}; allowed: {known}", print_help=False)
        return loader.load(name)

    def run(self, args: list[str], opts: argparse.Namespace) -> None:  # noqa: ARG002 - Scrapy's
        """Crawl, report, and set the exit code."""
        from newscrawl import settings as defaults
        from newscrawl.configuration.checks import check_settings
        from newscrawl.operations.supervisor import Supervisor
        from newscrawl.state.run import Run, job_name

        assert self.settings
        site = self.spidercls.site.name
        job = job_name(self.spidercls.name, opts.spargs.get("_job"))
        supervisor = Supervisor(self.settings, site, job, opts.spargs)
        if self.fault:
            self.exitcode = supervisor.refuse(self.fault)
            return
        crawler = self._create_crawler(self.spidercls)
        try:
            check_settings(crawler.settings, defaults)  # with the spider's own
            Run.of(crawler, job)
            supervisor.begin()
        except (SettingError, StoreError) as error:
            self.exitcode = supervisor.refuse(error)
            return
        assert self.crawler_process
        collect_less_often()
        _ignore_second_signal(self.crawler_process)
        self.crawler_process.crawl(crawler, **opts.spargs)
        self.crawler_process.start()
        outcome = crawler.stats.get_value("run/outcome") if crawler.stats else None
        failed = self.crawler_process.bootstrap_failed
        self.exitcode = supervisor.end(None if failed else outcome)
        supervisor.upload()


def _ignore_second_signal(process: Any) -> None:
    """Ignore a second signal; Scrapy would end the run at once.

    A job may be cancelled twice, or just before its node is stopped. On a terminal a second Ctrl-C
    still ends the run.
    """
    kill = process._signal_kill

    def handle(number: int, frame: Any) -> None:
        if number == signal.SIGINT and sys.stderr.isatty():
            kill(number, frame)

    process._signal_kill = handle
