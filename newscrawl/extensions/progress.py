"""Extension that shows a live progress line on a terminal."""

import asyncio
import logging
import sys
from datetime import timedelta
from time import monotonic
from typing import TYPE_CHECKING, TextIO

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.utils.log import get_scrapy_root_handler

from newscrawl.state.run import Run

if TYPE_CHECKING:
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

_PAUSE = 0.5
"""Seconds between two updates of the line."""


class _LogStream:
    """Stream that prints log lines above the progress line, without wrapping them.

    Rich's own replacement of stderr breaks long lines, and URLs in the log with them.
    """

    def __init__(self, console: "Console") -> None:
        self._console = console

    def write(self, text: str) -> None:
        """Print a log line."""
        from rich.text import Text

        self._console.print(Text(text), end="", soft_wrap=True)

    def flush(self) -> None:
        """Do nothing: output is not buffered."""


def _redirect_log(stream: "_LogStream | TextIO") -> None:
    """Redirect the log if it goes to the terminal."""
    handler = get_scrapy_root_handler()
    is_file = isinstance(handler, logging.FileHandler)  # a stream handler, too
    if isinstance(handler, logging.StreamHandler) and not is_file:
        handler.setStream(stream)


class Progress:
    """Extension that shows a progress line: counts, rate and, where known, the remaining time.

    Log lines are printed above it. Inactive where stderr is not a terminal.
    """

    def __init__(self, crawler: Crawler) -> None:
        settings = crawler.settings
        if not sys.stderr.isatty() or settings.getbool("LOG_JSON"):
            raise NotConfigured
        if not settings.getbool("PROGRESS"):
            raise NotConfigured
        self._crawler = crawler
        self._run = Run.of(crawler)
        self._began = monotonic()
        self._live: Live | None = None
        self._task: asyncio.Task[None] | None = None
        crawler.signals.connect(self.spider_opened, signals.spider_opened)
        crawler.signals.connect(self.spider_closed, signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "Progress":
        """Create the component for a crawler."""
        return cls(crawler)

    def spider_opened(self) -> None:
        """Start the line, with the log above it."""
        # Imported only on a terminal: scheduled runs do not need it.
        from rich.console import Console
        from rich.live import Live

        console = Console(stderr=True)
        self._live = Live(self._drawn(), console=console, auto_refresh=False, transient=True)
        self._live.start()
        _redirect_log(_LogStream(console))
        self._task = asyncio.ensure_future(self._keep_drawing())

    def spider_closed(self) -> None:
        """Remove the line: the summary follows."""
        if self._task:
            self._task.cancel()
        if self._live:
            self._live.stop()
        _redirect_log(sys.stderr)

    async def _keep_drawing(self) -> None:
        assert self._live
        while True:
            await asyncio.sleep(_PAUSE)
            self._live.update(self._drawn(), refresh=True)

    def _drawn(self) -> "Text":
        """Return the line, cut to the terminal's width."""
        from rich.text import Text

        return Text(self._line(), no_wrap=True, overflow="ellipsis")

    def _line(self) -> str:
        assert self._crawler.stats
        stats = self._crawler.stats
        seconds = monotonic() - self._began
        states = self._run.ledger.articles.counts(self._run.job)
        pages = stats.get_value("response_received_count", 0)
        errors = stats.get_value("log_count/ERROR", 0)
        parts = [
            f"{self._run.site}  found {sum(states.values())}",
            f"exported {stats.get_value('item_scraped_count', 0)}",
            f"waiting {states.get('waiting', 0)}",
            f"{pages / seconds if seconds else 0:.1f} pages/s",
            f"hosts {self._busy()}",
            f"errors {errors}",
            str(timedelta(seconds=int(seconds))),
        ]
        left = self._seconds_left(seconds, states)
        if left is not None:
            parts.append(f"ends in {timedelta(seconds=int(left))}")
        return " · ".join(parts)

    def _busy(self) -> str:
        """Count the responsive hosts among those requested recently."""
        engine = self._crawler.engine
        if engine is None:
            return "0/0"
        slots = engine.downloader.slots.values()
        return f"{sum(bool(slot.transferring) for slot in slots)}/{len(slots)}"

    def _seconds_left(self, seconds: float, states: dict[str, int]) -> float | None:
        """Estimate the remaining seconds; ``None`` if the end is unknown."""
        plan = self._run.plan
        assert self._crawler.stats
        counted = ["item_scraped_count", "item_dropped_count"]
        if plan.by_number:
            counted += ["articles/absent", "articles/known"]
        done = states.get("failed", 0)
        done += sum(int(self._crawler.stats.get_value(name, 0)) for name in counted)
        if not plan.articles or not done:
            return None
        return seconds / done * max(0, plan.articles - done)
