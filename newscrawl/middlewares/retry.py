"""Asks again as late as the server wants."""

import asyncio
import logging
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.retry import RetryMiddleware
from scrapy.http import Request, Response

logger = logging.getLogger(__name__)


class PatientRetryMiddleware(RetryMiddleware):
    """Scrapy's retries, but ``Retry-After`` is waited for, or taken as a refusal if too long."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler.settings)
        self.crawler = crawler
        self._longest = crawler.settings.getfloat("RETRY_AFTER_MAX")

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "PatientRetryMiddleware":
        """Built by Scrapy."""
        return cls(crawler)

    async def process_response(  # type: ignore[override]  # Scrapy awaits either kind
        self, request: Request, response: Response
    ) -> Request | Response:
        """Pass a response on, or ask again when its server says so."""
        seconds = retry_after(response)
        if seconds is not None and response.status in self.retry_http_codes:
            if seconds > self._longest:
                logger.info(
                    "%s asks to wait %.0f s: not retried in this run", response.url, seconds
                )
                return response
            if "cached" not in response.flags:  # an archive has waited already
                await asyncio.sleep(seconds)
        return super().process_response(request, response)


def retry_after(response: Response) -> float | None:
    """Seconds that a response asks to wait, from either form of ``Retry-After`` (RFC 9110)."""
    value = (response.headers.get("Retry-After") or b"").decode("latin-1").strip()
    if value.isdecimal():
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, (moment.astimezone(UTC) - datetime.now(UTC)).total_seconds())
