"""Retry failed requests after the ``Retry-After`` delay, or with exponential backoff."""

import logging
import random
from datetime import UTC, datetime
from typing import TypeVar

from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.retry import RetryMiddleware
from scrapy.http import Request, Response

from newscrawl.fetching.block_pages import challenge
from newscrawl.fetching.headers import parse_timestamp, plain
from newscrawl.fetching.hosts import Hosts

logger = logging.getLogger(__name__)

T = TypeVar("T")


class PatientRetryMiddleware(RetryMiddleware):
    """Scrapy's retries, each after a pause in which the host gets no request at all.

    The pause is that of ``Retry-After``, else ``RETRY_BACKOFF`` seconds, doubled each time, with a
    jitter of one half. A host that demands more than ``RETRY_AFTER_MAX`` is skipped for that time,
    and a skipped host gets no retries.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler.settings)
        self.crawler = crawler
        self._hosts = Hosts.of(crawler)
        self._longest = crawler.settings.getfloat("RETRY_AFTER_MAX")
        self._backoff = crawler.settings.getfloat("RETRY_BACKOFF")

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "PatientRetryMiddleware":
        """Create the component for a crawler."""
        return cls(crawler)

    def process_response(  # type: ignore[override]  # Scrapy's decorator hides the signature
        self, request: Request, response: Response
    ) -> Request | Response:
        """Return the response, or a request for a later retry."""
        if response.status not in self.retry_http_codes:
            return response
        if challenge(plain(response.headers), response.body):
            return response  # a retry would get the same page
        host = self._hosts.at(request.url)
        seconds = retry_after(response)
        if seconds is not None and seconds > self._longest:
            why = f"it asked for {seconds:.0f} s"
            logger.info("%s: skipped, as %s", response.url, why)
            host.rest(seconds, why)
            return response
        if host.rests_for:
            return response
        if seconds is not None:
            host.hold(seconds)
        return self._later(request, super().process_response(request, response), seconds)

    def process_exception(  # type: ignore[override]  # as above
        self, request: Request, exception: Exception
    ) -> Request | Response | None:
        """Retry later after a transient error."""
        if self._hosts.at(request.url).rests_for:
            return None
        return self._later(request, super().process_exception(request, exception), None)

    def _later(self, request: Request, result: T, seconds: float | None) -> T:
        """Pause the host before a retry, for the time that it demands or with backoff."""
        if isinstance(result, Request) and seconds is None:
            times = 2 ** request.meta.get("retry_times", 0) * random.uniform(0.5, 1.5)  # noqa: S311 - no secret
            self._hosts.at(request.url).hold(self._backoff * times)
        return result


def retry_after(response: Response) -> float | None:
    """Return the delay (seconds) of either form of ``Retry-After`` (RFC 9110)."""
    value = (response.headers.get("Retry-After") or b"").decode("latin-1").strip()
    if value.isdecimal():
        return float(value)
    date = parse_timestamp(value)
    return None if date is None else max(0.0, (date - datetime.now(UTC)).total_seconds())
