"""Extension that has timers run by the monotonic clock."""

from time import monotonic
from typing import Any, cast

from scrapy.crawler import Crawler


class SteadyClock:
    """Twisted's timers use the time of day: a clock that is set back would hold up the crawl."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "SteadyClock":  # noqa: ARG003 - Scrapy's signature
        """Change the clock, before any timer is set."""
        from twisted.internet import reactor

        clock = cast("Any", reactor)
        if not clock.getDelayedCalls():  # timers by the other clock would never end
            clock.seconds = monotonic
        return cls()
