"""``scrapy runspider``: run a spider from a file, as ``scrapy crawl`` runs the project's."""

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from scrapy.commands.runspider import Command as ScrapyRunSpider
from scrapy.exceptions import UsageError

from newscrawl.commands import crawl

if TYPE_CHECKING:
    from scrapy import Spider


class Command(crawl.Command):
    """Command that runs the spider in a file, with the exit codes of ``scrapy crawl``."""

    requires_project = False
    syntax = ScrapyRunSpider.syntax
    short_desc = ScrapyRunSpider.short_desc

    def _find(self, name: str) -> "type[Spider]":
        """Return the spider class of a file.

        Raises:
            UsageError: the file cannot be imported, or has no spider.
        """
        import sys

        from scrapy.utils.spider import iter_spider_classes

        path = Path(name).resolve()
        sys.path.insert(0, str(path.parent))
        try:
            module = import_module(path.stem)
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"
            raise UsageError(f"{name}: cannot be imported: {reason}", print_help=False) from error
        found = list(iter_spider_classes(module))
        if not found:
            raise UsageError(f"{name}: has no spider", print_help=False)
        return found[-1]
