"""``scrapy schedule``: print the schedule of all runs, or post due runs to Scrapyd."""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from newscrawl.aggregator.sites import SITES
from newscrawl.errors import NewscrawlError

_FORMS = ("crontab", "systemd", "json")


class Command(ScrapyCommand):
    """Command that prints the schedule, posts due runs, or names the next back-fill."""

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        """Return the usage text."""
        return "[options]"

    def short_desc(self) -> str:
        """Return the one-line description."""
        return "Print the schedule of all runs, or post what is due to Scrapyd"

    def long_desc(self) -> str:
        """Return the usage text."""
        return (
            "Each site is crawled for new articles every hour and for sources after transient "
            "failures once a night; in the other quiet hours one month of one outlet is "
            "back-filled, and old sources are checked if SOURCE_CHECKS_A_NIGHT asks for it. "
            "All times are UTC and staggered. Posting twice queues nothing twice. "
            "A run that was killed is reported and notified."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the options."""
        super().add_options(parser)
        parser.add_argument("--as", dest="form", default="crontab", help="crontab, systemd or json")
        parser.add_argument("--directory", type=Path, help="write the systemd units there")
        parser.add_argument("--user", help="user of the systemd units; the current user if omitted")
        parser.add_argument(
            "--post",
            metavar="URL",
            action="append",
            help="post what is due now to this Scrapyd; repeated, to the least busy of several",
        )
        parser.add_argument(
            "--setting",
            metavar="NAME=VALUE",
            action="append",
            default=[],
            help="setting of the posted runs; may be repeated",
        )
        parser.add_argument(
            "--next", metavar="SITE", help="print the arguments of a site's next back-fill, if any"
        )

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Print, write or post."""
        if args:
            raise UsageError("takes no arguments")
        if opts.form not in _FORMS:
            raise UsageError(f"--as={opts.form}: allowed: {', '.join(_FORMS)}")
        if opts.next and opts.next not in SITES:
            raise UsageError(f"--next={opts.next}: allowed: {', '.join(SITES)}")
        # Scrapy imports every command at every start.
        from newscrawl.operations import cron
        from newscrawl.operations.schedule import next_backfill, plan
        from newscrawl.state.place import place_of
        from newscrawl.state.run import data_of
        from newscrawl.state.shared_reports import exchange

        assert self.settings
        data, months = data_of(self.settings), self.settings.getint("BACKFILL_MONTHS")
        slots = plan(
            [int(hour) for hour in self.settings.getlist("QUIET_HOURS")],
            self.settings.getint("SOURCE_CHECKS_A_NIGHT"),
        )
        now = datetime.now(UTC)
        settings = self._run_settings(opts.setting)
        try:
            place = place_of(self.settings)
            if opts.post or opts.next:
                exchange(place)
            if opts.post:
                from newscrawl.operations.scrapyd import post

                self._report_killed(data)
                for line in post(opts.post, slots, place, months, now, settings):
                    print(line)
            elif opts.next:
                print(cron.options(next_backfill(place, opts.next, months, now.date()) or {}))
            elif opts.form == "systemd":
                self._units(cron.systemd(slots, opts.user), opts.directory)
            else:
                print(
                    "\n".join(cron.crontab(slots) if opts.form == "crontab" else cron.json(slots))
                )
        except NewscrawlError as error:
            sys.stderr.write(f"scrapy schedule: {error}\n")
            self.exitcode = 1

    def _report_killed(self, data: Path) -> None:
        """Report and notify of runs that were killed."""
        from newscrawl.operations.notifications import notify
        from newscrawl.state.running import killed_runs

        assert self.settings
        for report in killed_runs(data):
            sys.stderr.write(f"scrapy schedule: run {report['job']} was killed\n")
            for failure in notify(report, self.settings):
                sys.stderr.write(f"scrapy schedule: {failure}\n")

    def _units(self, units: dict[str, str], directory: Path | None) -> None:
        """Print systemd units, or write them into a directory."""
        for name, text in units.items():
            if directory is None:
                print(f"# {name}\n{text}")
            else:
                directory.mkdir(parents=True, exist_ok=True)
                (directory / name).write_text(text, "utf-8")
                print(directory / name)

    def _run_settings(self, given: list[str]) -> dict[str, str]:
        """Return the settings of posted runs by name.

        Raises:
            UsageError: one of them is no ``NAME=VALUE``, or no setting has this name.
        """
        assert self.settings
        settings = {}
        for pair in given:
            name, equals, settings[name] = pair.partition("=")
            if not equals or name not in self.settings:
                raise UsageError(f"--setting={pair}: allowed: NAME=VALUE, NAME being a setting")
        return settings
