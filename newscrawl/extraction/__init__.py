"""Reading outlets' pages: ``extract`` is the public call, usable without Scrapy."""

from newscrawl.extraction.source import SourcePage, extract

__all__ = ["SourcePage", "extract"]
