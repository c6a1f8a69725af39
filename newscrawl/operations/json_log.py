"""Logging as JSON Lines, for log collectors."""

import logging
from datetime import UTC, datetime

import msgspec
from scrapy.settings import BaseSettings


class JsonFormatter(logging.Formatter):
    """Log formatter to JSON: ``time``, ``level``, ``logger``, ``message``, ``fault``."""

    def format(self, record: logging.LogRecord) -> str:
        """Format an entry as one line; the message is escaped."""
        entry = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            entry["fault"] = self.formatException(record.exc_info)
        return msgspec.json.encode(entry).decode()


def install(settings: BaseSettings) -> None:
    """Install a JSON handler in place of Scrapy's own."""
    filename = settings.get("LOG_FILE")
    handler: logging.Handler = logging.StreamHandler()
    if filename:
        mode = "a" if settings.getbool("LOG_FILE_APPEND") else "w"
        handler = logging.FileHandler(filename, mode=mode, encoding=settings.get("LOG_ENCODING"))
    elif not settings.getbool("LOG_ENABLED"):
        handler = logging.NullHandler()
    handler.setFormatter(JsonFormatter())
    handler.setLevel(settings.get("LOG_LEVEL"))
    logging.root.setLevel(logging.NOTSET)
    logging.root.addHandler(handler)
