"""Downloader middleware that renders pages in the locally installed Chromium."""

import asyncio
import logging
from collections.abc import Mapping
from contextlib import AsyncExitStack, suppress
from typing import TYPE_CHECKING
from urllib.parse import urldefrag

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.http import Request, Response
from scrapy.http.request import NO_CALLBACK

from newscrawl.browser import BROWSER_SLOT
from newscrawl.browser.chromium import find_chromium, has_sandbox, launch_options
from newscrawl.browser.memory import MemoryWatch
from newscrawl.browser.page_rendering import PageRendering
from newscrawl.errors import BrowserError, BrowserMemoryError, BrowserMissingError
from newscrawl.fetching.request_meta import PLAIN_PAGE
from newscrawl.text.html import decode

if TYPE_CHECKING:
    from scrapy_playwright.handler import ScrapyPlaywrightDownloadHandler

logger = logging.getLogger(__name__)

_KEPT_SCRIPTS = 32
_LARGEST_KEPT = 1024 * 1024
_CLOSING = 10


class BrowserMiddleware:
    """Downloader middleware that renders a fetched page in Chromium for each rendering request.

    A request for rendering has the entry ``PLAIN_PAGE``, the response with the page. The browser is
    started by the first such request. It has no network access: the crawl's own downloader fetches
    a page's subresources, so that the rules for plain requests (guard, robots.txt, limits, proxies,
    archive) apply inside the browser, too.
    """

    def __init__(self, crawler: Crawler) -> None:
        settings = crawler.settings
        self._crawler = crawler
        self._path = settings["BROWSER_PATH"]
        self._seconds = settings.getfloat("BROWSER_PAGE_SECONDS")
        self._most = settings.getint("BROWSER_PAGE_REQUESTS")
        self._size = settings.getint("DOWNLOAD_MAXSIZE")
        self._width = settings.getint("PLAYWRIGHT_MAX_PAGES_PER_CONTEXT")
        self._places = asyncio.Semaphore(self._width)
        self._waiting_alone = asyncio.Lock()
        self._memory_mb = settings.getint("BROWSER_MEMORY_MB")
        self._memory = MemoryWatch(self._memory_mb)
        self._context = {
            "user_agent": settings["USER_AGENT"],
            "service_workers": "block",
            "accept_downloads": False,
        }
        self._starting = asyncio.Lock()
        self._handler: ScrapyPlaywrightDownloadHandler | None = None
        self._warned = False
        self._scripts: dict[str, Response] = {}
        crawler.signals.connect(self.engine_started, signals.engine_started)
        crawler.signals.connect(self.engine_stopped, signals.engine_stopped)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "BrowserMiddleware":
        """Create the component for a crawler."""
        return cls(crawler)

    async def process_request(self, request: Request) -> Response | None:
        """Return the rendered page; other requests pass.

        Raises:
            BrowserMissingError: there is no browser.
            BrowserMemoryError: the page exceeded the memory limit.
            BrowserError: the browser or the page failed.
        """
        plain = PLAIN_PAGE.get(request)
        if plain is None:
            return None
        shown = await self._render_when_free(plain)
        if shown is None:
            shown = await self._render_when_free(plain, alone=True)
        if shown is None:
            raise BrowserMemoryError(f"browser exceeded {self._memory_mb} MB")
        url = urldefrag(shown.url)[0]
        if not url.startswith(("https:", "http:")):
            raise BrowserError("the page navigated to a URL that is not HTTP")
        headers = plain.headers.copy()  # its directives apply to the rendered page, too
        for name in ("Content-Encoding", "Content-Length", "Transfer-Encoding"):
            headers.pop(name, None)
        headers["Content-Type"] = "text/html; charset=utf-8"
        headers["Content-Location"] = url
        return shown.replace(url=url, headers=headers, flags=[], request=None)

    def engine_started(self) -> None:
        """Add the downloader slot of subresources to those that a user may have set."""
        assert self._crawler.engine
        concurrency = self._crawler.settings.getint("BROWSER_PAGE_CONCURRENCY")
        slot = {"concurrency": concurrency, "delay": 0, "jitter": 0}
        self._crawler.engine.downloader.per_slot_settings.setdefault(BROWSER_SLOT, slot)

    async def _render_when_free(self, plain: Response, *, alone: bool = False) -> Response | None:
        """Render a page, alone in the browser if requested.

        Returns:
            ``None`` if the browser exceeded its memory while other pages were in it, any of which
            may be the reason.

        Raises:
            BrowserMissingError: there is no browser.
            BrowserError: the browser or the page failed.
        """
        async with AsyncExitStack() as places:
            if alone:
                await places.enter_async_context(self._waiting_alone)
            for _ in range(self._width if alone else 1):
                await places.enter_async_context(self._places)
            handler = await self._start()
            showing = asyncio.ensure_future(self._show(plain, handler))
            self._memory.add(showing, plain.url)
            try:
                return await showing
            except asyncio.CancelledError:
                if showing not in self._memory.exceeded:
                    raise
                self._memory.exceeded.remove(showing)
                return None
            except BrowserError:
                raise
            except Exception as error:  # any error of Playwright and the browser
                raise BrowserError(f"the browser failed: {_first_line(error)}") from error

    async def engine_stopped(self) -> None:
        """Close the browser."""
        if self._handler:
            try:
                await asyncio.wait_for(self._handler.close(), _CLOSING)
            except Exception as error:  # noqa: BLE001 - it may have ended already, and all pages are parsed
                logger.info("The browser was not closed cleanly: %s", _first_line(error))

    async def _start(self) -> "ScrapyPlaywrightDownloadHandler":
        async with self._starting:
            if self._handler is None:
                try:
                    chromium = find_chromium(self._path)
                except BrowserMissingError as error:
                    self._warn_once(error)
                    raise
                # Heavy to import, and most runs need no browser.
                from scrapy_playwright.handler import ScrapyPlaywrightDownloadHandler

                logging.getLogger("scrapy-playwright").setLevel(logging.ERROR)
                handler = ScrapyPlaywrightDownloadHandler.from_crawler(self._crawler)
                handler.config.launch_options = launch_options(chromium)
                if not has_sandbox():
                    logger.warning(
                        "Chromium runs without its sandbox: run crawls as a user other than root, "
                        "on a system that allows user namespaces, or set BROWSER=off"
                    )
                # The handler would do this itself if it had existed when the crawl began.
                handler.browser_provider = handler.browser_provider_cls(handler.config)
                await handler.browser_provider.start()
                self._handler = handler
            return self._handler

    def _warn_once(self, error: BrowserMissingError) -> None:
        if not self._warned:
            self._warned = True
            logger.warning("Articles whose page needs a browser wait: %s", error)

    async def _show(self, plain: Response, handler: "ScrapyPlaywrightDownloadHandler") -> Response:
        from scrapy_playwright.page import PageMethod

        kind = (plain.headers.get("Content-Type") or b"").decode("latin-1")
        visit = PageRendering(
            plain.url,
            decode(plain.body, kind),
            self._fetch,
            most=self._most,
            seconds=self._seconds / 2,
            size=self._size,
        )
        request = Request(
            plain.url,
            meta={
                "playwright": True,
                "playwright_context_kwargs": self._context,
                "playwright_page_init_callback": visit.begin,
                "playwright_page_goto_kwargs": {"wait_until": "commit"},
                "playwright_page_methods": [PageMethod(visit.settle)],
            },
        )
        try:
            return await asyncio.wait_for(handler.download_request(request), self._seconds)
        except TimeoutError:
            raise BrowserError(f"the page took more than {self._seconds:g} s in it") from None
        finally:
            with suppress(TimeoutError):  # the browser hangs, and is killed at the end of the crawl
                await asyncio.wait_for(visit.end(), _CLOSING)

    async def _fetch(self, kind: str, url: str, headers: Mapping[str, str]) -> Response:
        """Fetch a subresource; scripts, which the pages of an outlet share, are cached."""
        if url in self._scripts:
            return self._scripts[url]
        assert self._crawler.engine
        request = Request(
            url,
            callback=NO_CALLBACK,
            headers=dict(headers),
            priority=1000,
            meta={
                "allow_offsite": True,
                # Subresources are fetched together, as by any browser, without a pause before each.
                "download_slot": BROWSER_SLOT,
                "autothrottle_dont_adjust_delay": True,
            },
        )
        response = await self._crawler.engine.download_async(request)
        small = len(response.body) <= _LARGEST_KEPT
        if kind == "script" and response.status == 200 and small:
            self._scripts[url] = response
            if len(self._scripts) > _KEPT_SCRIPTS:
                del self._scripts[next(iter(self._scripts))]
        return response


def _first_line(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".partition("\n")[0][:150]
