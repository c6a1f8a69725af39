"""``scrapy bench``: Scrapy's benchmark with Scrapy's default settings."""

import argparse

from scrapy.commands.bench import Command as ScrapyBench

_NO_SERVERS = {"TELNETCONSOLE_ENABLED": False, "REMOTE_CONTROL_ENABLED": False}


class Command(ScrapyBench):
    """Command that measures Scrapy's own speed; ``benchmarks/`` measures the project's."""

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        """Use Scrapy's own settings, then the command's and the user's."""
        from newscrawl.commands.read_only import reset_to_scrapy_defaults

        assert self.settings
        reset_to_scrapy_defaults(self.settings)
        self.settings.setdict(self.default_settings | _NO_SERVERS, priority="cmdline")
        super().process_options(args, opts)
