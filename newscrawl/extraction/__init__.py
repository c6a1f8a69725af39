"""Reading outlets' pages: ``extract`` is the public call, usable without Scrapy."""

from newscrawl.extraction.rules import Rule, RuleBook
from newscrawl.extraction.source import SourcePage, extract

__all__ = ["Rule", "RuleBook", "SourcePage", "extract"]
