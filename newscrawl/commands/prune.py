"""``scrapy prune``: delete old files and merge the feeds of past months."""

import argparse
import sys
from collections.abc import Container, Mapping
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from newscrawl.errors import NewscrawlError, SettingError, SiteBusyError

if TYPE_CHECKING:
    from newscrawl.operations.retention import Merge
    from newscrawl.state.place import Place


class Command(ScrapyCommand):
    """Command that lists the files to delete and feeds to merge; does so with ``--yes``."""

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        """Return the usage text."""
        return "[options]"

    def short_desc(self) -> str:
        """Return the one-line description."""
        return "Delete old reports, logs and the like, and merge the feeds of past months"

    def long_desc(self) -> str:
        """Return the usage text."""
        return (
            "Files are kept for the days of the setting RETENTION_DAYS (0 is forever). Records are "
            "never deleted; only this machine's copies of uploaded files expire by its kind "
            "'uploaded'. The feeds of each past month that are not in object storage are "
            "merged into one. Nothing is done without --yes. It may be killed at any time; "
            "sites with a run in progress are skipped."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the options."""
        super().add_options(parser)
        parser.add_argument(
            "--keep",
            metavar="KIND=DAYS",
            action="append",
            default=[],
            help="days for runs, rejects, headlines, archive, logs or uploaded; may be repeated",
        )
        parser.add_argument(
            "--logs", metavar="DIR", type=Path, help="directory of logs, such as Scrapyd's"
        )
        parser.add_argument("--no-merge", action="store_true", help="leave the feeds as they are")
        parser.add_argument("--yes", action="store_true", help="do it")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Print or apply the changes."""
        if args:
            raise UsageError("takes no arguments")
        # Scrapy imports every command at every start.
        from newscrawl.operations import retention
        from newscrawl.operations.ownership import check_user
        from newscrawl.operations.uploads import upload_lock
        from newscrawl.state.place import place_of

        assert self.settings
        try:
            place = place_of(self.settings)
            kept = retention.days_by_kind(self.settings.getdict("RETENTION_DAYS"), opts.keep)
        except SettingError as error:
            raise UsageError(str(error)) from None
        data, now = place.data, datetime.now(UTC)
        try:
            check_user(data)
            for kind, days in kept.items():
                old = retention.expired(data, kind, days, now, opts.logs)
                self._delete(f"{kind} older than {days:g} days", old, do=opts.yes)
            self._delete("metrics of former sites", retention.stale_metrics(data), do=opts.yes)
            with upload_lock(place) if place.storage else nullcontext(True) as has_lock:
                if not has_lock:
                    print("files are being uploaded: uploaded ones and feeds are left as they are")
                    return
                stored = self._prune_uploaded(place, kept, now, do=opts.yes)
                if not opts.no_merge:
                    for site in sorted(path.name for path in (data / "feeds").glob("*")):
                        self._merge(place, site, now, stored, do=opts.yes)
        except (NewscrawlError, OSError) as error:
            sys.stderr.write(f"scrapy prune: {error}\n")
            self.exitcode = 1
            return
        if not opts.yes:
            print("nothing is done without --yes")

    def _delete(self, what: str, files: list[Path], *, do: bool) -> None:
        """Delete files, or say that they would be."""
        if not files:
            return
        size = sum(path.stat().st_size for path in files)
        if do:
            for path in files:
                path.unlink(missing_ok=True)
        print(f"{'deleted' if do else 'would delete'} {len(files)} {what}, {size / 1e6:.1f} MB")

    def _prune_uploaded(
        self, place: "Place", kept: Mapping[str, float], now: datetime, *, do: bool
    ) -> Container[str]:
        """Delete expired objects, and old copies of uploaded files; return the uploaded files."""
        from newscrawl.operations import retention
        from newscrawl.state import ledger_of
        from newscrawl.storage.objects import delete

        with ledger_of(place) as ledger:
            if ledger is None:
                return ()
            for kind, days in kept.items():
                objects = retention.expired_objects(ledger, kind, days, now)
                for file in objects if do else ():
                    delete(file.url)
                    ledger.stored_files.forget(file.path)
                if objects:
                    verb = "deleted" if do else "would delete"
                    print(f"{verb} {len(objects)} {kind} in storage older than {days:g} days")
            days = kept.get("uploaded", 0)
            copies = retention.uploaded(place.data, ledger, days, now)
            if do:
                copies = [file for file in copies if retention.is_whole(ledger, file)]
            paths = [place.data / file.path for file in copies]
            self._delete(f"uploaded files older than {days:g} days", paths, do=do)
            return ledger.stored_files.uploaded()

    def _merge(
        self, place: "Place", site: str, now: datetime, stored: Container[str], *, do: bool
    ) -> None:
        """Merge a site's feeds, or say that they would be."""
        from newscrawl.operations.retention import merge, merges
        from newscrawl.state.run import Run

        def say(planned: "Merge") -> None:
            count, verb = len(planned.sources), "merged" if do else "would merge"
            print(f"{verb} {count} feeds into {planned.target.relative_to(place.data)}")

        if not do:
            for planned in merges(place, site, now, stored):
                say(planned)
            return
        if not any(merges(place, site, now, stored)):
            return
        try:
            run = Run(site, "prune", place)
        except SiteBusyError:
            print(f"{site} has a run in progress: its feeds are left for the next time")
            return
        try:
            for planned in merges(place, site, now, stored):
                merge(run, planned)
                say(planned)
        finally:
            run.close()
