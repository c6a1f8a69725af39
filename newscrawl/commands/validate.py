"""``scrapy validate``: whether feeds keep their promises."""

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
    """Exits 1 if a line breaks a promise or a feed cannot be read."""

    requires_crawler_process = False

    def syntax(self) -> str:
        """For ``scrapy validate -h``."""
        return "[--limit N] [FEED|DIR ...]"

    def short_desc(self) -> str:
        """Return the one-line description."""
        return "Check feeds against the schema and the promises, line by line"

    def long_desc(self) -> str:
        """For ``scrapy validate -h``."""
        return (
            "Check the feeds given, or those of the data directory, packed ones too: one object a "
            "line in UTF-8, the schema, the order of fields, moments that can be, normal form C, "
            "and that no version of an article stands twice. Says where each fault is."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """How much is told."""
        super().add_options(parser)
        parser.add_argument(
            "--limit", type=int, default=20, help="faults that are printed; all are counted"
        )

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Check, print what is wrong, and count."""
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
