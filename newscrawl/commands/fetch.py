"""``scrapy fetch``: download a page under the project's SSRF guard, robots.txt and pacing."""

import argparse

from scrapy.commands.fetch import Command as ScrapyFetch


class Command(ScrapyFetch):
    """Command that fetches a URL and prints the response; writes no files."""

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        """Remove the components that write files."""
        from newscrawl.commands.read_only import make_read_only

        super().process_options(args, opts)
        assert self.settings
        make_read_only(self.settings)
