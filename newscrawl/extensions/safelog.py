"""Extension that escapes control characters of untrusted text in log lines."""

import copy
import logging

from scrapy import signals
from scrapy.crawler import Crawler

from newscrawl.text.cleaning import printable


class SafeLog:
    """Extension that installs an escaping formatter on every log handler."""

    def __init__(self, crawler: Crawler) -> None:
        # Scrapy replaces the handler after it has created the extensions.
        crawler.signals.connect(self.spider_opened, signals.spider_opened)

    def spider_opened(self) -> None:
        """Install the formatters before the first response."""
        for handler in logging.root.handlers:
            if handler.formatter and not isinstance(handler.formatter, SafeFormatter):
                handler.setFormatter(SafeFormatter(handler.formatter))
        # Scrapy formats an entry for each page and record, even if no handler accepts it.
        level = min((handler.level for handler in logging.root.handlers), default=0)
        logging.root.setLevel(level)
        logging.getLogger("scrapy").setLevel(level)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "SafeLog":
        """Create the component for a crawler."""
        return cls(crawler)


class SafeFormatter(logging.Formatter):
    """Log formatter that escapes control characters in messages and tracebacks.

    Lines after the first are indented, so that none looks like a separate entry.
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
