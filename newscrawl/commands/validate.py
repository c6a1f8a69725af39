"""``scrapy validate``: check feeds against the JSON Schema and the documented guarantees."""

import argparse
import sys
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from newscrawl.errors import ExportError, SettingError, StoreError
from newscrawl.text.terminal import say


class Command(ScrapyCommand):
    """Command that prints faults in feeds; exits 1 if there is one or a feed is unreadable."""

    requires_crawler_process = False

    def syntax(self) -> str:
        """Return the usage text."""
        return "[--limit N] [FEED|DIR ...]"

    def short_desc(self) -> str:
        """Return the one-line description."""
        return "Check feeds line by line: schema, order of fields, dates, duplicates"

    def long_desc(self) -> str:
        """Return the usage text."""
        return (
            "Check the feeds given, or those of the data directory, compressed ones too: one JSON "
            "object per line in UTF-8, the schema, the order of fields, valid timestamps, Unicode "
            "normal form C, and that each version of an article is there once. Prints the file and "
            "line of each fault."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add ``--limit``."""
        super().add_options(parser)
        parser.add_argument(
            "--limit", type=int, default=20, help="faults to print; all are counted"
        )

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Check the feeds, print the first faults and the counts."""
        # Imported late: Scrapy imports every command at every start.
        from newscrawl.export.check import FeedCheck
        from newscrawl.export.feeds import FeedReader, find_feeds
        from newscrawl.state.place import place_of

        assert self.settings
        if opts.limit < 0:
            raise UsageError(f"--limit {opts.limit}: is less than 0", print_help=False)
        kinds: Counter[str] = Counter()
        try:
            feeds = find_feeds(place_of(self.settings), [Path(arg) for arg in args])
            with TemporaryDirectory(prefix="newscrawl-") as scratch:
                reader = FeedReader(feeds, Path(scratch))
                check = FeedCheck(reader)
                try:
                    for fault in check.faults():
                        kinds[fault.what.partition(":")[0]] += 1
                        if kinds.total() <= opts.limit:
                            path = feeds[fault.feed].path
                            say(f"{path}:{fault.line}: {fault.article or '-'}: {fault.what}")
                finally:
                    check.close()
                    reader.close()
        except (ExportError, SettingError, StoreError) as error:
            say(f"scrapy validate: {error}", sys.stderr)
            self.exitcode = 1
            return
        if kinds.total() > opts.limit:
            print(f"and {kinds.total() - opts.limit} more")
        told = ", ".join(f"{what} {times}" for what, times in kinds.most_common(10))
        say(
            f"feeds {len(feeds)}, lines {check.lines}, faulty {check.faulty}"
            + (f"; faults: {told}" if told else "")
        )
        self.exitcode = 1 if check.faulty else 0
