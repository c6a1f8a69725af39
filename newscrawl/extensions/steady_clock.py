"""Extension that switches Twisted's timers to the monotonic clock."""

from time import monotonic
from typing import Any, cast

from scrapy.crawler import Crawler


class SteadyClock:
    """Extension with a monotonic clock for the reactor: one set back would stall its timers."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "SteadyClock":  # noqa: ARG003 - Scrapy's signature
        """Change the clock, before any timer is set."""
        from twisted.internet import reactor

        clock = cast("Any", reactor)
        if not clock.getDelayedCalls():  # timers set by the other clock would never fire
            clock.seconds = monotonic
        return cls()
