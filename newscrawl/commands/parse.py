"""``scrapy parse``: parse a page; print the record of an article's URL."""

import argparse
from typing import TYPE_CHECKING, Any

from scrapy.commands.parse import Command as ScrapyParse
from scrapy.http import Request
from twisted.python.failure import Failure

if TYPE_CHECKING:
    from twisted.internet.defer import Deferred

_DEPTH = 3
"""The aggregator's page, its source, and a rendered page or a snapshot of it."""


class Command(ScrapyParse):
    """Command that parses a page; writes no file except one given by ``-o``."""

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Follow an article to its record by default."""
        super().add_options(parser)
        parser.set_defaults(depth=_DEPTH)

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        """Remove the components that write files."""
        from newscrawl.commands.read_only import make_read_only

        super().process_options(args, opts)
        assert self.settings
        make_read_only(self.settings, items=True)

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Parse; exit with 1 if no spider or no response was found."""
        super().run(args, opts)
        if self.first_response is None:
            self.exitcode = 1

    def scraped_data(self, args: tuple[Any, ...]) -> list[Any]:
        """Collect the results of errbacks, too: a lost source still gives a record."""
        found = super().scraped_data(args)
        for request in found:
            if isinstance(request, Request) and request.errback:
                request.errback = self._collecting(request.errback, args)
        return found

    def _collecting(self, errback: Any, args: tuple[Any, ...]) -> Any:
        """Return an errback whose results are printed."""
        _, _, opts, depth, spider, callback = args

        def failed(failure: Failure) -> "Deferred[Any]":
            results = self.run_callback(failure, errback)  # type: ignore[arg-type]
            results.addCallback(self._get_items_and_requests, opts, depth + 1, spider, callback)
            return results.addCallback(self.scraped_data)

        return failed
