"""``scrapy status``: show the state of all sites on one screen."""

import argparse
import dataclasses
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from newscrawl.aggregator.sites import SITES
from newscrawl.errors import StoreError
from newscrawl.text.terminal import say

if TYPE_CHECKING:
    from newscrawl.operations.overview import Overview

_COLUMNS = "{:<12}{:<9}{:<12}{:>10}{:>12}{:>9}{:>7}{:>7}  {}"


class Command(ScrapyCommand):
    """Command that prints runs, backlog and problems of all sites; exits 1 on a problem."""

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        """Return the usage text."""
        return "[options]"

    def short_desc(self) -> str:
        """Return the one-line description."""
        return "Show the last runs, backlog and next runs of all sites; exit 1 on a problem"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the options."""
        super().add_options(parser)
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        parser.add_argument(
            "--site", action="append", default=[], help="only this site; may be repeated"
        )

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Print the overview."""
        if args:
            raise UsageError("takes no arguments")
        for site in opts.site:
            if site not in SITES:
                raise UsageError(f"--site={site}: allowed: {', '.join(SITES)}")
        # Scrapy imports every command at every start.
        from newscrawl.operations.overview import overview
        from newscrawl.operations.schedule import plan
        from newscrawl.state.place import place_of
        from newscrawl.state.shared_reports import exchange

        assert self.settings
        place = place_of(self.settings)
        failure = ""
        try:
            exchange(place)
        except StoreError as error:
            failure = str(error)
        alive = [site.name for site in SITES.values() if site.alive]
        found = overview(
            place,
            opts.site or alive,
            plan(
                [int(hour) for hour in self.settings.getlist("QUIET_HOURS")],
                self.settings.getint("SOURCE_CHECKS_A_NIGHT"),
            ),
            datetime.now(UTC),
            stale_hours=self.settings.getfloat("STALE_HOURS"),
            history_days=self.settings.getfloat("MONITOR_HISTORY_DAYS"),
        )
        if failure not in ("", *found.problems):
            found.problems.append(f"run reports are not exchanged with other nodes: {failure}")
        if opts.json:
            print(json.dumps(dataclasses.asdict(found), indent=2, ensure_ascii=False))
        else:
            _show(found)
        self.exitcode = 1 if found.problems else 0


def _show(found: "Overview") -> None:
    """Print a table, then the problems."""
    from newscrawl.operations.overview import age

    now = datetime.fromisoformat(found.time)
    say(f"{found.time}  {found.data}  {found.disk_free / 1e9:.0f} GB free")
    heads = (
        "site",
        "outcome",
        "ended",
        "last good",
        "unfinished",
        "waiting",
        "due",
        "hosts",
        "next",
    )
    say(_COLUMNS.format(*heads))
    for row in found.sites:
        last = "killed" if row.is_killed else "running" if row.running else row.last_outcome or "-"
        coming = f"{row.next_kind} in {age(row.next_run, now)}" if row.next_run else "-"
        say(
            _COLUMNS.format(
                row.site,
                last,
                f"{age(row.last_run, now)} ago" if row.last_run else "never",
                age(row.last_good, now),
                row.unfinished,
                row.waiting,
                row.due,
                row.failing_hosts,
                coming,
            )
        )
    for row in found.sites:
        if row.last_error:
            say(f"{row.site}: {row.last_error}")
    if found.waiting_files:
        say(f"{found.waiting_files} files wait to be uploaded, {found.waiting_bytes / 1e6:.1f} MB")
    for problem in found.problems:
        say(f"PROBLEM  {problem}")
