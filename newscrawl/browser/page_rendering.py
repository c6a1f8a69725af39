"""Render an already fetched page; the crawl's downloader serves its subresources."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from scrapy.http import Response

from newscrawl.errors import BrowserError
from newscrawl.text.urls import registered_domain

if TYPE_CHECKING:
    from playwright.async_api import Page, Route
    from playwright.async_api import Request as Part

logger = logging.getLogger(__name__)

FETCHED = ("document", "script", "xhr", "fetch")
"""Playwright's types of the subresources that an article may need."""

TRACKERS = frozenset(
    (
        "2mdn.net", "adnxs.com", "adsafeprotected.com", "amazon-adsystem.com", "appnexus.com",
        "bing.com", "chartbeat.com", "chartbeat.net", "clarity.ms", "criteo.com", "criteo.net",
        "disqus.com", "doubleclick.net", "effectivemeasure.net", "facebook.com", "facebook.net",
        "google-analytics.com", "googleadservices.com", "googlesyndication.com",
        "googletagmanager.com", "googletagservices.com", "gemius.pl", "hotjar.com", "linkedin.com",
        "matomo.cloud", "mgid.com", "newrelic.com", "nr-data.net", "onesignal.com", "outbrain.com",
        "parsely.com", "propellerads.com", "pubmatic.com", "quantserve.com", "rubiconproject.com",
        "scorecardresearch.com", "segment.com", "segment.io", "sentry.io", "sharethis.com",
        "taboola.com", "teads.tv", "tiktok.com", "twitter.com", "x.com", "yandex.ru",
    )
)  # fmt: skip
"""Registered domains of advertising, statistics and share buttons, which serve no articles."""

_LOGGED = 200
"""Characters of a subresource's URL in the log; a page may name one of megabytes."""

_OURS = {"host", "cookie", "user-agent", "accept-encoding", "connection", "content-length"}
_UNDONE = {"content-encoding", "content-length", "transfer-encoding", "set-cookie"}

Fetch = Callable[[str, str, Mapping[str, str]], Awaitable[Response]]
"""Fetches a subresource: type, URL and headers in, response out."""


class PageRendering:
    """Rendering of a fetched page's HTML in the browser; subresources come from ``fetch``.

    The browser is given the HTML that was fetched, and each subresource that its scripts request
    from ``fetch``. Subresources that no article needs are not fetched.

    Args:
        url: URL of the page.
        html: The page.
        fetch: Fetches a subresource; any error means that there is none.
        most: Limit of subresources; further ones are refused.
        seconds: Time after which a page whose network is still busy is taken as it is.
        size: Limit of the rendered page in characters.
    """

    def __init__(
        self, url: str, html: str, fetch: Fetch, *, most: int, seconds: float, size: int
    ) -> None:
        self.url = url
        self._html = html
        self._fetch = fetch
        self._left = most
        self._seconds = seconds
        self._size = size
        self._shown = False
        self._page: Page | None = None

    async def begin(self, page: "Page", _: object = None) -> None:
        """Route all requests of a new page through the crawl's downloader."""
        self._page = page
        await page.route("**/*", self._serve)

    async def settle(self, page: "Page") -> None:
        """Wait until a page's network is idle.

        Raises:
            BrowserError: the rendered page is too large.
        """
        from playwright.async_api import Error  # heavy, and already imported here

        with suppress(Error):  # a network that is never idle is not waited for any longer
            await page.wait_for_load_state("networkidle", timeout=1000 * self._seconds)
        size = await _size_of(page)
        if size > self._size:
            raise BrowserError(f"the page grew to {size} characters in the browser")

    async def end(self) -> None:
        """Close the page if it is open."""
        if self._page and not self._page.is_closed():
            await self._page.close()

    async def _serve(self, route: "Route", part: "Part") -> None:
        """Serve a request of the page."""
        from playwright.async_api import Error

        try:
            if not self._shown and part.is_navigation_request():
                self._shown = True
                headers = {"Content-Type": "text/html; charset=utf-8"}
                await route.fulfill(status=200, headers=headers, body=self._html)
            elif part.resource_type == "stylesheet":
                # Some scripts wait for a style sheet before they write.
                await route.fulfill(status=200, headers={"Content-Type": "text/css"}, body="")
            elif response := await self._get(part):
                headers = {
                    str(name): str(value)
                    for name, value in response.headers.to_unicode_dict().items()
                    if str(name).lower() not in _UNDONE
                }
                await route.fulfill(status=response.status, headers=headers, body=response.body)
            else:
                await route.abort("blockedbyclient")
        except Error as error:
            # After a page's end, nothing waits for its subresources.
            if self._page and not self._page.is_closed():
                url = part.url[:_LOGGED]
                logger.info("%s: %s was not passed to the browser: %s", self.url, url, error)

    async def _get(self, part: "Part") -> Response | None:
        """Fetch a subresource if allowed; return ``None`` if that fails."""
        frame = part.is_navigation_request() and part.frame.parent_frame
        if frame or self._left <= 0 or not is_wanted(part.resource_type, part.method, part.url):
            return None
        self._left -= 1
        sent = {name: value for name, value in part.headers.items() if name not in _OURS}
        try:
            return await self._fetch(part.resource_type, part.url, sent)
        except Exception as error:  # noqa: BLE001 - on any error the page is rendered without it
            logger.info("%s is rendered without %s: %s", self.url, part.url, error)
            return None


async def _size_of(page: "Page") -> int:
    """Return the length of the rendered page, by a script that the page's own cannot affect."""
    session = await page.context.new_cdp_session(page)
    tree = await session.send("Page.getFrameTree")
    world = await session.send(
        "Page.createIsolatedWorld", {"frameId": tree["frameTree"]["frame"]["id"]}
    )
    measured = await session.send(
        "Runtime.evaluate",
        {
            "expression": "document.documentElement.outerHTML.length",
            "contextId": world["executionContextId"],
        },
    )
    await session.detach()
    return int(measured["result"]["value"])


def is_wanted(kind: str, method: str, url: str) -> bool:
    """Return whether a subresource may be fetched for a page.

    ``kind`` is as in ``FETCHED``. Requests that may change data on a server are not.
    """
    if kind not in FETCHED or method != "GET" or not url.startswith(("https:", "http:")):
        return False
    return registered_domain(url) not in TRACKERS
