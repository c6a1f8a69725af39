"""Memory limit of the browser: Chromium is killed when its processes exceed it."""

import asyncio
import logging
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import psutil

logger = logging.getLogger(__name__)

_DRIVER = "run-driver"
"""Argument of Playwright's driver, which starts the browsers."""

_PAUSE = 0.25
"""Seconds between two measurements."""


def browser_processes() -> list["psutil.Process"]:
    """Return the processes of the browsers that this process has started through Playwright."""
    import psutil  # most crawls render nothing

    found: list[psutil.Process] = []
    for child in psutil.Process().children():
        with suppress(psutil.Error):
            if _DRIVER in child.cmdline():
                found += child.children(recursive=True)
    return found


def memory_of(processes: list["psutil.Process"]) -> int:
    """Return the memory that processes use together, in bytes.

    Where the system reports shared memory (Linux), the largest share counts once.
    """
    import psutil

    private = shared = 0
    for process in processes:
        with suppress(psutil.Error):
            used = process.memory_info()
            shared_here = getattr(used, "shared", 0)
            private += used.rss - shared_here
            shared = max(shared, shared_here)
    return private + shared


def _kill(processes: list["psutil.Process"]) -> None:
    import psutil

    for process in processes:
        with suppress(psutil.Error):
            process.kill()


class MemoryWatch:
    """Watchdog that kills the browser above the memory limit, and cancels the pages in it.

    Args:
        limit_mb: Memory of all of the browser's processes, in MB; 0 for no limit.
    """

    def __init__(self, limit_mb: int) -> None:
        self._limit = limit_mb * 1024 * 1024
        self._pages: dict[asyncio.Task[object], str] = {}
        self._watching: asyncio.Task[None] | None = None
        self.exceeded: set[asyncio.Task[object]] = set()
        """Cancelled pages."""

    def add(self, page: "asyncio.Task[object]", url: str) -> None:
        """Watch while a page is in the browser, until its task is done."""
        if not self._limit:
            return
        self._pages[page] = url
        page.add_done_callback(self._pages.pop)
        if self._watching is None or self._watching.done():
            self._watching = asyncio.ensure_future(self._watch())

    async def _watch(self) -> None:
        while self._pages:
            processes = browser_processes()
            if (held := memory_of(processes)) > self._limit:
                logger.warning(
                    "The browser exceeded BROWSER_MEMORY_MB with %d MB and is restarted: %s",
                    held / 1024**2,
                    ", ".join(self._pages.values()),
                )
                _kill(processes)
                self.exceeded.update(self._pages)
                for page in list(self._pages):
                    page.cancel()
            await asyncio.sleep(_PAUSE)
