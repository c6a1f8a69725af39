"""Bare Scrapy: default settings, empty callbacks. ``bare.py URLS [NAME=VALUE...]``."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import scrapy
from scrapy.crawler import CrawlerProcess
from scrapy.http import Request, Response


class BareSpider(scrapy.Spider):
    """Spider that fetches both pages of each article and discards them."""

    name = "bare"
    pages = 0

    async def start(self) -> AsyncIterator[Request]:
        """All URLs."""
        for line in Path(sys.argv[1]).read_text().splitlines():
            for url in line.split():
                yield Request(url)

    async def parse(self, response: Response) -> None:
        """Count."""
        self.pages += response.status == 200

    def closed(self, reason: str) -> None:  # noqa: ARG002 - Scrapy's signature
        """Tell the number of pages."""
        print(self.pages)


given = dict(setting.split("=", 1) for setting in sys.argv[2:])
process = CrawlerProcess({"TWISTED_DNS_RESOLVER": "loopback.LoopbackResolver", **given})
process.crawl(BareSpider)
process.start()
