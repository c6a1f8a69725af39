"""``scrapy schedule``: the schedule of all runs, for cron, systemd or Scrapyd."""

import argparse
import json
import os
import shlex
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from newscrawl.aggregator.sites import SITES
from newscrawl.errors import NewscrawlError

if TYPE_CHECKING:
    from newscrawl.operations.schedule import Slot

_FORMS = ("crontab", "systemd", "json")
_KEPT = ("NEWSCRAWL_DATA", "NEWSCRAWL_CONTACT")
"""Variables that a timer's environment has to have as the present one."""


class Command(ScrapyCommand):
    """Prints the schedule, posts due jobs, or names the next back-fill."""

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        """Return the usage text."""
        return "[options]"

    def short_desc(self) -> str:
        """Return the one-line description."""
        return "Print the plan of all runs, or post what is due to Scrapyd"

    def long_desc(self) -> str:
        """Return the usage text."""
        return (
            "Each site is asked for what is new every hour, for sources that may have healed once "
            "a night, and in the other quiet hours one month of one outlet is filled back. All "
            "times are UTC and staggered. Posting twice queues nothing twice."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the options."""
        super().add_options(parser)
        parser.add_argument("--as", dest="form", default="crontab", help="crontab, systemd or json")
        parser.add_argument("--directory", type=Path, help="write the systemd units there")
        parser.add_argument("--post", metavar="URL", help="post what is due now to this Scrapyd")
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
        from newscrawl.operations.schedule import next_backfill, plan
        from newscrawl.state.run import data_of

        assert self.settings
        data, months = data_of(self.settings), self.settings.getint("BACKFILL_MONTHS")
        slots = plan([int(hour) for hour in self.settings.getlist("QUIET_HOURS")])
        now = datetime.now(UTC)
        try:
            if opts.post:
                from newscrawl.operations.scrapyd import post

                for job in post(opts.post, slots, data, months, now):
                    print(f"posted {job}")
            elif opts.next:
                print(_given(next_backfill(data, opts.next, months, now.date()) or {}))
            elif opts.form == "systemd":
                self._units(slots, opts.directory)
            else:
                lines = _crontab(slots) if opts.form == "crontab" else _json(slots)
                print("\n".join(lines))
        except NewscrawlError as error:
            sys.stderr.write(f"scrapy schedule: {error}\n")
            self.exitcode = 1

    def _units(self, slots: list["Slot"], directory: Path | None) -> None:
        for name, text in _systemd(slots):
            if directory is None:
                print(f"# {name}\n{text}")
            else:
                directory.mkdir(parents=True, exist_ok=True)
                (directory / name).write_text(text, "utf-8")
                print(directory / name)


def _given(arguments: dict[str, str]) -> str:
    return shlex.join(p for name, value in arguments.items() for p in ("-a", f"{name}={value}"))


def _scrapy() -> str:
    return shlex.quote(str(Path(sys.executable).with_name("scrapy")))


def _command(slot: "Slot") -> str:
    """The run of a slot as a line of shell; a back-fill that has nothing left does nothing."""
    if slot.kind == "backfill":
        following = f"$({_scrapy()} schedule --next {slot.site})"
        return f"what={following} && ${{what:+{_scrapy()} crawl {slot.site} $what}}"
    return f"{_scrapy()} crawl {slot.site} {_given(slot.arguments)}"


def _environment() -> dict[str, str]:
    return {name: os.environ[name] for name in _KEPT if os.environ.get(name)}


def _crontab(slots: list["Slot"]) -> Iterator[str]:
    yield "# newscrawl, made by scrapy schedule; cron mails what a run that is not good has printed"
    yield "CRON_TZ=UTC"
    yield from (f"{name}={value}" for name, value in _environment().items())
    for slot in slots:
        hours = ",".join(map(str, slot.hours)) or "*"
        # Cron mails whatever is printed, so what a good run has printed is not.
        quietly = f'said=$({_command(slot)} 2>&1) || [ $? = 75 ] || echo "$said"'
        yield f"{slot.minute} {hours} * * * cd {shlex.quote(str(Path.cwd()))} && {quietly}"


def _systemd(slots: list["Slot"]) -> Iterator[tuple[str, str]]:
    """Names and texts of units."""
    kept = "".join(f'Environment="{name}={value}"\n' for name, value in _environment().items())
    for slot in slots:
        name = f"newscrawl-{slot.kind}-{slot.site}"
        hours = ",".join(f"{hour:02}" for hour in slot.hours) or "*"
        # systemd reads $ and % itself.
        command = _command(slot).replace("$", "$$").replace("%", "%%")
        timer = f"""[Unit]
Description=newscrawl: {slot.kind} of {slot.site}

[Timer]
OnCalendar=*-*-* {hours}:{slot.minute:02}:00 UTC

[Install]
WantedBy=timers.target
"""
        service = f"""[Unit]
Description=newscrawl: {slot.kind} of {slot.site}
After=network-online.target

[Service]
Type=oneshot
WorkingDirectory={Path.cwd()}
{kept}ExecStart=/bin/sh -c "{command}"
# The run before is still on its way.
SuccessExitStatus=75
"""
        yield f"{name}.timer", timer
        yield f"{name}.service", service


def _json(slots: list["Slot"]) -> Iterator[str]:
    import dataclasses

    yield json.dumps([dataclasses.asdict(slot) for slot in slots], indent=2)
