"""``scrapy upload``: upload complete files to object storage."""

import argparse
import sys
from contextlib import closing

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from newscrawl.errors import NewscrawlError
from newscrawl.text.terminal import say


class Command(ScrapyCommand):
    """Command that uploads or lists complete files; exits 1 if an upload failed."""

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        """Return the usage text."""
        return "[options]"

    def short_desc(self) -> str:
        """Return the one-line description."""
        return "Upload complete files to the object storage of the setting STORAGE"

    def long_desc(self) -> str:
        """Return the usage text."""
        return (
            "Upload the feeds, rejects, headlines, source checks and archive files that are "
            "complete and not yet in object storage, and verify each. Runs do so at their end; "
            "this is for leftovers, and for files from before STORAGE was set. It may be killed at "
            "any time."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the options."""
        super().add_options(parser)
        parser.add_argument("--dry-run", action="store_true", help="only list the files")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Upload or list the files."""
        if args:
            raise UsageError("takes no arguments")
        # Scrapy imports every command at every start.
        from newscrawl.operations.ownership import check_user
        from newscrawl.operations.uploads import upload_all, waiting_files
        from newscrawl.state import Ledger
        from newscrawl.state.place import place_of

        assert self.settings
        try:
            place = place_of(self.settings)
            if not place.storage:
                raise UsageError("set STORAGE (NEWSCRAWL_STORAGE)", print_help=False)
            check_user(place.data)
            if opts.dry_run:
                with closing(Ledger(place)) as ledger:
                    files = waiting_files(place, ledger)
                for file in files:
                    say(f"{file.path.relative_to(place.data)}, {file.size} bytes")
                print(f"{len(files)} files wait, {sum(f.size for f in files) / 1e6:.1f} MB")
                return
            result = upload_all(place, say)
        except NewscrawlError as error:
            say(f"scrapy upload: {error}", sys.stderr)
            self.exitcode = 1
            return
        print(
            f"{result.uploaded} files uploaded, {result.bytes / 1e6:.1f} MB; {result.waiting} wait"
        )
        self.exitcode = 1 if result.waiting else 0
