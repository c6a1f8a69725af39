"""Log formatter of a user that quotes what a page says."""

from scrapy import Spider
from scrapy.http import Request, Response
from scrapy.logformatter import LogFormatter, LogFormatterResult

SHOUT = "title \x1b[2J\u202e\ud800\r\x85\u2028end\n2026-01-01 00:00:00 [forged] ERROR: entry"


class Shouting(LogFormatter):
    """Log formatter that logs hostile text for every page."""

    def crawled(self, request: Request, response: Response, spider: Spider) -> LogFormatterResult:  # noqa: ARG002
        return {
            "level": 40 if "/article/" in request.url else 10,
            "msg": "%(shout)s",
            "args": {"shout": SHOUT},
        }
