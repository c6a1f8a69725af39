"""``scrapy reextract``: rebuild records from archived pages with the current code."""

import argparse
import os
import sys
import time
from contextlib import closing, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from newscrawl.errors import NewscrawlError
from newscrawl.text.terminal import say

if TYPE_CHECKING:
    from newscrawl.operations.comparison import FeedComparison
    from newscrawl.operations.reextraction import Reextraction

_NAMED = 20
"""Number of articles listed of each kind."""

_PROGRESS_SECONDS = 10
"""Time between two lines of progress."""


class Command(ScrapyCommand):
    """Command that rebuilds an archive's records into a feed; exits 1 if no record was made."""

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        """Implement ``ScrapyCommand``."""
        return "ARCHIVE_DIR -o FEED [options]"

    def short_desc(self) -> str:
        """Implement ``ScrapyCommand``."""
        return "Rebuild records from archived pages with the current code"

    def long_desc(self) -> str:
        """Implement ``ScrapyCommand``."""
        return (
            "Parse every article of an archive and write its record, without network. A run that "
            "was stopped continues when the same command is started again. Learned rules are used "
            "unchanged. With --cluster the workers of a Dask scheduler do the work."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Implement ``ScrapyCommand``."""
        super().add_options(parser)
        parser.add_argument("-o", dest="output", type=Path, metavar="FEED", help="feed to write")
        parser.add_argument(
            "--jobs",
            type=int,
            default=os.cpu_count() or 1,
            help="parse workers; one per core if not given",
        )
        parser.add_argument(
            "--cluster",
            metavar="ADDRESS",
            help="Dask scheduler whose workers do the work, such as tcp://10.0.0.5:8786; they have "
            "newscrawl installed, and the archive at the same path",
        )
        parser.add_argument(
            "--old",
            type=Path,
            nargs="+",
            default=[],
            metavar="FEED",
            help="feeds, or directories of them, to compare with; changes are reported",
        )

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Rebuild the records, compare and print a summary."""
        if len(args) != 1 or opts.output is None or opts.jobs < 1:
            raise UsageError("needs an archive directory, -o FEED, and at least one job")
        if opts.output.suffix in (".gz", ".zst"):
            raise UsageError(f"-o {opts.output}: is not compressed: use the suffix .jsonl")
        # Imported late: Scrapy imports every command at every start.
        from newscrawl.export import find_feeds
        from newscrawl.operations.cluster import Cluster
        from newscrawl.operations.comparison import compare
        from newscrawl.operations.reextraction import reextract
        from newscrawl.state.place import place_of

        assert self.settings
        began = time.monotonic()
        try:
            place = place_of(self.settings)
            with closing(Cluster(opts.cluster)) if opts.cluster else nullcontext() as cluster:
                outcome = reextract(
                    *(Path(args[0]), opts.output, place, self.settings),
                    jobs=opts.jobs,
                    cluster=cluster,
                    progress=_Progress(),
                )
            _tell(outcome, time.monotonic() - began)
            if opts.old:
                old = [feed.path for feed in find_feeds(place, opts.old)]
                _tell_changes(compare(opts.output, old))
        except (NewscrawlError, OSError, ValueError) as error:
            say(f"scrapy reextract: {error}", sys.stderr)
            self.exitcode = 1
            return
        self.exitcode = 0 if outcome.records else 1


class _Progress:
    """Progress line, printed every few seconds."""

    def __init__(self) -> None:
        self._count, self._time = 0, time.monotonic()

    def __call__(self, count: int, article: str) -> None:
        now = time.monotonic()
        seconds = now - self._time
        if seconds >= _PROGRESS_SECONDS:
            rate = (count - self._count) / seconds
            say(f"{count} articles, {rate:.0f} a second, up to {article}", sys.stderr)
            self._count, self._time = count, now


def _tell(outcome: "Reextraction", seconds: float) -> None:
    speed = outcome.records / seconds
    print(f"records   {outcome.records} in {seconds:.1f} s, {speed:.0f} a second")
    print(f"no record {outcome.failed}")
    for article, reason in outcome.failures:
        say(f"          {article}: {reason}")


def _tell_changes(changes: "FeedComparison") -> None:
    print(f"same      {changes.same}")
    print(f"changed   {changes.different}")
    for name, count in changes.fields.most_common():
        say(f"          {count:>8}  {name}, such as in {changes.examples[name]}")
    for title, articles in (("missing", changes.missing), ("new", changes.added)):
        print(f"{title:<10}{len(articles)}")
        for article in articles[:_NAMED]:
            say(f"          {article}")
