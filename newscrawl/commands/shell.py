"""``scrapy shell``: Scrapy's shell with the project's parsers in its namespace."""

import argparse
from typing import Any

from scrapy.commands.shell import Command as ScrapyShell

_NAMES = (
    "extract(response.body, response.url)",
    "judge(page, copy, link, final_url)",
    "read_article(response.body, response.url)",
    "read_listing(response.body, response.url)",
    "read_feed(response.body, response.url)",
)


class Command(ScrapyShell):
    """Command that opens a Python shell on a page, with the parsers; writes no files."""

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        """Remove the components that write files."""
        from newscrawl.commands.read_only import make_read_only

        super().process_options(args, opts)
        assert self.settings
        make_read_only(self.settings)

    def update_vars(self, vars: dict[str, Any]) -> None:  # noqa: A002 - Scrapy's signature
        """Add the parsers."""
        from newscrawl.aggregator.article import read_article
        from newscrawl.aggregator.listing import read_listing
        from newscrawl.aggregator.rss import read_feed
        from newscrawl.extraction import extract, judge

        vars.update(
            extract=extract,
            judge=judge,
            read_article=read_article,
            read_listing=read_listing,
            read_feed=read_feed,
        )

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Start the shell."""
        if not opts.code:
            print("[s] Parsers of newscrawl:", *_NAMES, sep="\n[s]   ")
        super().run(args, opts)
