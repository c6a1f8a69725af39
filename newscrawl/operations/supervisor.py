"""Report the start and end of a run: run report, notifications, heartbeats, exit code."""

import logging
import os
import signal
from collections.abc import Mapping
from typing import Any

from scrapy.settings import BaseSettings

from newscrawl.configuration.environment import proxy_errors
from newscrawl.errors import SettingError, SiteBusyError, StoreError
from newscrawl.operations.announcements import FirstError, announce
from newscrawl.operations.uploads import upload_after_run
from newscrawl.state.place import place_of
from newscrawl.state.run import data_of, now
from newscrawl.state.run_reports import (
    EXIT_CODES,
    Outcome,
    read_report,
    report_head,
    report_path,
    write_not_started,
    write_report,
)
from newscrawl.state.running import close_killed, unmark_running


def check_environment(settings: BaseSettings) -> None:
    """Check the variables of the environment.

    Raises:
        SettingError: one of them is wrong.
    """
    errors = [*settings["ENVIRONMENT_ERRORS"], *proxy_errors(os.environ)]
    if errors:
        raise SettingError("; ".join(errors))


class Supervisor:
    """Reporter of the start and end of one run, which returns its exit code.

    Args:
        settings: The settings.
        site: Name of the site.
        job: Name of the run.
        arguments: Spider arguments.
    """

    def __init__(
        self, settings: BaseSettings, site: str, job: str, arguments: Mapping[str, str]
    ) -> None:
        self._settings = settings
        self._data = data_of(settings)
        self._site = site
        self._job = job
        self._arguments = arguments
        self._errors = FirstError()

    def begin(self) -> None:
        """Report a killed run of the site, and send the start of this one; the site must be locked.

        Raises:
            StoreError: the report of the killed run cannot be written.
        """
        killed = close_killed(self._data, self._site)
        if killed:
            self._notify(killed)
        self._heartbeat(self._head(), "start")

    def refuse(self, error: Exception) -> int:
        """Report a run that could not start."""
        outcome: Outcome = "skipped" if isinstance(error, SiteBusyError) else "failed"
        self._say(f"{'skipped: ' if outcome == 'skipped' else ''}{error}")
        reason = "site is busy" if outcome == "skipped" else str(error)
        report = self._head() | {"outcome": outcome, "errors": [reason]}
        try:
            report = write_not_started(
                self._data, self._site, self._job, self._arguments, outcome, reason
            )
        except StoreError as fault:
            self._say(f"no run report: {fault}")
        return self._end(report, EXIT_CODES[outcome])

    def end(self, outcome: Outcome | None) -> int:
        """Report a finished run; ``None`` means that it has no outcome."""
        report = self._head() | read_report(self._data, self._job)
        if report.get("state", "running") == "running":
            reason = f"the run could not begin or end: {self._errors.message or 'see the log'}"
            self._say(reason)
            report |= {"state": "interrupted", "outcome": "failed", "errors": [reason]}
            report |= {"reason": reason, "written": now()}
            try:
                write_report(report_path(self._data, self._job), report)
                unmark_running(self._data, self._site)
            except (StoreError, OSError) as fault:
                self._say(f"no run report: {fault}")
        return self._end(report, EXIT_CODES[outcome or "failed"])

    def upload(self) -> None:
        """Upload files to object storage after the run; a signal ends this at once."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        if line := upload_after_run(place_of(self._settings), self._job):
            announce(line, self._settings)

    def _end(self, report: Mapping[str, Any], code: int) -> int:
        self._errors.close()
        if code == EXIT_CODES["skipped"]:
            return code  # the run that holds the site sends its own
        if code:
            self._notify(report)
        self._heartbeat(report, str(code))
        return code

    def _head(self) -> dict[str, Any]:
        return report_head(self._site, self._job, now(), self._arguments)

    def _notify(self, report: Mapping[str, Any]) -> None:
        from newscrawl.operations.notifications import notify  # few runs are unsuccessful

        for failure in notify(report, self._settings):
            self._say(failure)

    def _heartbeat(self, report: Mapping[str, Any], event: str) -> None:
        if not self._settings["HEARTBEAT_URL"]:
            return
        from newscrawl.operations.notifications import heartbeat

        text = "\n".join(report.get("errors", []))
        for failure in heartbeat(report, event, self._settings, text):
            self._say(failure)

    def _say(self, text: str) -> None:
        announce(f"scrapy crawl {self._site}: {text}", self._settings, logging.ERROR)
