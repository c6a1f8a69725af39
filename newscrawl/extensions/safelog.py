"""Lets no text from a page pass for a line of the log, or steer the terminal that shows it."""

import copy
import logging

from scrapy import signals
from scrapy.crawler import Crawler

from newscrawl.text import printable


class SafeLog:
    """Puts a formatter around that of each log handler, whatever it writes to."""

    def __init__(self, crawler: Crawler) -> None:
        # Scrapy makes the handler anew after it has made the extensions.
        crawler.signals.connect(self.spider_opened, signals.spider_opened)

    def spider_opened(self) -> None:
        """Guard the log before the first page is read."""
        for handler in logging.root.handlers:
            if handler.formatter and not isinstance(handler.formatter, SafeFormatter):
                handler.setFormatter(SafeFormatter(handler.formatter))
        # Scrapy has an entry made of each page and record, whether or not a handler takes it.
        level = min((handler.level for handler in logging.root.handlers), default=0)
        logging.root.setLevel(level)
        logging.getLogger("scrapy").setLevel(level)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "SafeLog":
        """Built by Scrapy."""
        return cls(crawler)


class SafeFormatter(logging.Formatter):
    """Formats as another formatter does, once the message and the traceback are printable.

    What follows a line break is indented, so that it never looks like an entry of its own.
    """

    def __init__(self, inner: logging.Formatter) -> None:
        super().__init__()
        self._inner = inner

    def format(self, record: logging.LogRecord) -> str:
        """See ``logging.Formatter``."""
        safe = copy.copy(record)
        safe.msg, safe.args = printable(record.getMessage()), None
        if record.exc_info and not record.exc_text:
            safe.exc_text = self._inner.formatException(record.exc_info)
        safe.exc_text = safe.exc_text and printable(safe.exc_text)
        return self._inner.format(safe).replace("\n", "\n  ")
