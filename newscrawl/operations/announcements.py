"""Print a run's summary and errors to stderr, and keep its first error for the report."""

import logging
import sys
from contextlib import suppress

from scrapy.settings import BaseSettings

from newscrawl.errors import StoreError
from newscrawl.text.cleaning import printable

logger = logging.getLogger(__name__)


def announce(text: str, settings: BaseSettings, level: int = logging.INFO) -> None:
    """Write a text on standard error, and in the log if that is JSON or a file.

    With a JSON log, which is for machines, nothing else is written. Scrapyd shows the log file of a
    job.
    """
    if settings.getbool("LOG_JSON") or settings.get("LOG_FILE"):
        logger.log(level, "%s", text.strip())
    if not settings.getbool("LOG_JSON"):
        with suppress(OSError, ValueError):  # a closed pipe
            sys.stderr.write(printable(f"{text}\n"))


class FirstError(logging.Handler):
    """Log handler that keeps the first error of a run, for its report."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.message = ""
        """Its message and exception in one line; empty if there was none."""
        logging.root.addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """See ``logging.Handler``."""
        if not self.message:
            error = record.exc_info[1] if record.exc_info else None
            cause = f" ({type(error).__name__}: {error})" if error else ""
            first = record.getMessage().strip().partition("\n")[0]
            # The page or record is not the reason why the ledger or a file cannot be used.
            told = str(error) if isinstance(error, StoreError) else f"{first}{cause}"
            self.message = printable(told).replace("\n", " ")[:500]

    def close(self) -> None:
        """Stop listening."""
        logging.root.removeHandler(self)
        super().close()
