"""``scrapy read``: explain the extraction of one page."""

import argparse
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from scrapy import Request, Spider
from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from newscrawl.errors import NewscrawlError, SettingError
from newscrawl.text.terminal import say

if TYPE_CHECKING:
    from scrapy.http import Response

    from newscrawl.operations.inspection import GivenCopy, GivenPage

_NOWHERE = "https://page.invalid/"
_WEB = ("http://", "https://")


class Command(ScrapyCommand):
    """Command that prints the candidates of each field; exits 1 if the page cannot be parsed."""

    def syntax(self) -> str:
        """Return the usage text."""
        return "[--copy FILE] [--url URL] URL|FILE|WARC#OFFSET"

    def short_desc(self) -> str:
        """Return the one-line description."""
        return "Extract one page and explain every field; writes nothing"

    def long_desc(self) -> str:
        """Return the usage text."""
        return (
            "Print each field of a page with all candidates and the reason for the choice. The "
            "page is a URL, an HTML file, or a response of the archive as records name it: the "
            "WARC file and the offset in it. Learned rules of the data directory are used and not "
            "changed."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the options."""
        super().add_options(parser)
        parser.add_argument(
            "--copy",
            metavar="FILE",
            help="the article's copy: a record (.json, .jsonl), a text file with the title in the "
            "first line, or an aggregator's page as URL or WARC#OFFSET",
        )
        parser.add_argument("--url", help="URL of a page that is a file")

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        """Remember the data directory before it is replaced by a temporary one."""
        from newscrawl.commands.read_only import make_read_only
        from newscrawl.state.place import place_of

        super().process_options(args, opts)
        if len(args) != 1:
            raise UsageError("give one page: a URL, a file, or WARC#OFFSET", print_help=False)
        assert self.settings
        try:
            self.place = place_of(self.settings)
        except SettingError as error:
            raise UsageError(str(error), print_help=False) from None
        self.requires_crawler_process = any(map(_is_url, (*args, opts.copy or "")))
        if self.requires_crawler_process:
            make_read_only(self.settings)
            if not opts.loglevel:
                self.settings.set("LOG_LEVEL", "ERROR", priority="cmdline")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Fetch, extract and print."""
        from newscrawl.operations.inspection import inspect

        self._fetched = self._fetch([each for each in (args[0], opts.copy) if _is_url(each or "")])
        try:
            page = self._page(args[0], opts.url or _NOWHERE)
            for line in inspect(page, self._copy(opts.copy), self.place.data):
                say(line)
        except NewscrawlError as error:
            say(f"scrapy read: {error}", sys.stderr)
            self.exitcode = 1

    def _page(self, given: str, url: str) -> "GivenPage":
        """Return a page.

        Raises:
            ArgumentError: it cannot be fetched or read.
            ArchiveError: there is no such response in the archive.
        """
        from newscrawl.articles.responses import content_type
        from newscrawl.errors import ArgumentError
        from newscrawl.operations.inspection import GivenPage

        path, _, offset = given.rpartition("#")
        if _is_url(given):
            response = self._fetched.get(given)
            if response is None:
                raise ArgumentError(f"{given}: could not be fetched; the reason is logged above")
        elif path and offset.isdigit():
            response = self._archived(Path(path), int(offset))
        else:
            try:
                return GivenPage(url, Path(given).read_bytes())
            except OSError as error:
                raise ArgumentError(f"{given}: cannot be read: {error.strerror}") from error
        return GivenPage(response.url, response.body, content_type(response))

    def _archived(self, path: Path, offset: int) -> "Response":
        """Return a response of the archive, decompressed.

        Raises:
            ArchiveError: there is no response.
        """
        from scrapy.crawler import Crawler
        from scrapy.statscollectors import DummyStatsCollector

        from newscrawl.archive.warc import read_exchange
        from newscrawl.errors import ArchiveError
        from newscrawl.items import Location
        from newscrawl.middlewares.compression import CompressionMiddleware
        from newscrawl.middlewares.replay import response_of
        from newscrawl.state import files_of

        data = self.place.data
        archive = Path() if path.exists() else files_of(self.place, data / "archive")
        answer = read_exchange(archive, Location(str(path), offset))
        if answer.error:
            raise ArchiveError(f"{path}#{offset}: {answer.url} failed: {answer.error}")
        response = response_of(answer)
        crawler = Crawler(Spider, self.settings)
        crawler.stats = DummyStatsCollector(crawler)
        decompress = CompressionMiddleware.from_crawler(crawler).process_response
        return cast("Response", decompress(Request(response.url), response))

    def _copy(self, given: str | None) -> "GivenCopy | None":
        from newscrawl.operations.inspection import copy_of_file, copy_of_page

        if given is None:
            return None
        if _is_url(given) or given.rpartition("#")[2].isdigit():
            return copy_of_page(self._page(given, _NOWHERE))
        return copy_of_file(Path(given))

    def _fetch(self, urls: list[str]) -> "dict[str, Response]":
        """Fetch pages as a crawl does: through the guard, robots.txt and pacing."""
        fetched: dict[str, Response] = {}
        if urls:
            assert self.crawler_process
            self.crawler_process.crawl(_Fetcher, urls=urls, fetched=fetched)
            self.crawler_process.start()
        return fetched


class _Fetcher(Spider):
    """Spider that fetches the given pages and keeps the responses."""

    name = "read"
    urls: list[str]
    fetched: "dict[str, Response]"

    async def start(self) -> AsyncIterator[Request]:
        """Request each page."""
        for url in self.urls:
            yield Request(url, cb_kwargs={"given": url}, errback=self.failed)

    def parse(self, response: "Response", given: str) -> None:
        """Keep a response."""
        self.fetched[given] = response

    def failed(self, failure: Any) -> None:
        """Log why a page could not be fetched."""
        self.logger.error("%s: %s", failure.request.url, failure.value)


def _is_url(given: str) -> bool:
    return given.startswith(_WEB)
