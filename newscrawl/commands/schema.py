"""``scrapy schema``: print the JSON Schema of the record."""

import argparse
from pathlib import Path

from scrapy.commands import ScrapyCommand

from newscrawl.articles import schema


class Command(ScrapyCommand):
    """Command that prints the record's JSON Schema, or regenerates it and its documentation."""

    requires_crawler_process = False

    def short_desc(self) -> str:
        """Return the one-line description."""
        return "Print the JSON Schema of a record"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add ``--write``, for developers."""
        super().add_options(parser)
        parser.add_argument(
            "--write",
            action="store_true",
            help="write the JSON Schema and docs/record.md from the code",
        )

    def run(self, args: list[str], opts: argparse.Namespace) -> None:  # noqa: ARG002 - Scrapy's signature
        """Print or write the schema."""
        if not opts.write:
            print(schema.dump(schema.shipped()), end="")
            return
        Path(str(schema.SCHEMA_FILE)).write_text(schema.dump(schema.build()), "utf-8")
        docs = Path("docs/record.md")
        docs.parent.mkdir(exist_ok=True)
        docs.write_text(schema.markdown(), "utf-8")
        print(f"written: {schema.SCHEMA_FILE}, {docs}")
