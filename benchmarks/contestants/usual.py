"""The usual stack: CSS loaders, trafilatura, jsonschema and FEEDS. ``usual.py URLS FEED``."""

import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jsonschema
import scrapy
import trafilatura
from itemadapter import ItemAdapter
from itemloaders.processors import Identity, MapCompose, TakeFirst
from scrapy.crawler import CrawlerProcess
from scrapy.http import Request, Response
from scrapy.loader import ItemLoader

TEXT = {"type": ["string", "null"]}
SCHEMA = {
    "type": "object",
    "required": ["url", "copy_title", "copy_text", "link", "text"],
    "properties": {
        **dict.fromkeys(("copy_text", "byline", "printed", "title", "author", "language"), TEXT),
        **dict.fromkeys(("section", "published", "modified", "description", "image"), TEXT),
        **{name: {"type": "string", "minLength": 1} for name in ("url", "copy_title", "text")},
        "link": {"type": "string", "format": "uri"},
        "tags": {"type": "array", "items": {"type": "string"}},
        "images": {"type": "array", "items": {"type": "string"}},
    },
}


@dataclass
class Record:
    """Values of both pages."""

    url: str | None = None
    copy_title: str | None = None
    copy_text: str | None = None
    byline: str | None = None
    printed: str | None = None
    link: str | None = None
    title: str | None = None
    text: str | None = None
    author: str | None = None
    published: str | None = None
    modified: str | None = None
    section: str | None = None
    language: str | None = None
    description: str | None = None
    image: str | None = None
    tags: list[str] = field(default_factory=list)
    images: list[str] = field(default_factory=list)


class Loader(ItemLoader):
    """Item loader that strips values and takes the first."""

    default_item_class = Record
    default_input_processor = MapCompose(str.strip)
    default_output_processor = TakeFirst()
    copy_text_out = "\n".join
    tags_out = images_out = Identity()


class ValidatePipeline:
    """Pipeline that drops items that violate the schema."""

    validator = jsonschema.Draft202012Validator(SCHEMA)

    def process_item(self, item: Record) -> Record:
        """Check a record."""
        self.validator.validate(ItemAdapter(item).asdict())
        return item


class UsualSpider(scrapy.Spider):
    """Spider that parses the copy, follows its link and parses the page."""

    name = "usual"

    async def start(self) -> AsyncIterator[Request]:
        """The aggregator's URLs."""
        for line in Path(sys.argv[1]).read_text().splitlines():
            yield Request(line.split()[0])

    async def parse(self, response: Response) -> AsyncIterator[Request]:
        """The aggregator's page."""
        loader = Loader(response=response)
        loader.add_value("url", response.url)
        loader.add_css("copy_title", ".articletitle::text")
        loader.add_css("copy_text", ".articlecontent::text")
        loader.add_css("byline", ".articleauthor a::text")
        loader.add_css("printed", ".articlenewspaper::text")
        loader.add_css("images", ".image img::attr(src)")
        loader.add_css("link", "a[rel=nofollow][target=_blank]::attr(href)")
        record = loader.load_item()
        yield Request(record.link, self.parse_source, cb_kwargs={"record": record})

    async def parse_source(self, response: Response, record: Record) -> AsyncIterator[Any]:
        """The outlet's page."""
        loader = Loader(item=record, response=response)
        loader.add_css("title", "h1::text")
        loader.add_css("title", "meta[property='og:title']::attr(content)")
        loader.add_css("published", "meta[property='article:published_time']::attr(content)")
        loader.add_css("published", "time::attr(datetime)")
        loader.add_css("modified", "meta[property='article:modified_time']::attr(content)")
        loader.add_css("description", "meta[property='og:description']::attr(content)")
        loader.add_css("image", "meta[property='og:image']::attr(content)")
        loader.add_css("section", "a[rel~=category]::text, .entry-category a::text")
        loader.add_css("author", "[rel=author]::text, .author::text")
        loader.add_css("tags", "[rel=tag]::text, .td-tags a::text")
        loader.add_css("language", "html::attr(lang)")
        found = trafilatura.bare_extraction(response.text, url=response.url, with_metadata=True)
        if found:
            loader.add_value("text", found.text)
            loader.add_value("author", found.author or [])
            loader.add_value("published", found.date or [])
        yield loader.load_item()

    def closed(self, reason: str) -> None:  # noqa: ARG002 - Scrapy's signature
        """Tell the number of pages."""
        print(self.crawler.stats.get_value("response_received_count"))


process = CrawlerProcess(
    {
        "TWISTED_DNS_RESOLVER": "loopback.LoopbackResolver",
        "LOG_LEVEL": "INFO",
        "ITEM_PIPELINES": {ValidatePipeline: 100},
        "FEEDS": {sys.argv[2]: {"format": "jsonlines", "encoding": "utf8"}},
    }
)
process.crawl(UsualSpider)
process.start()
