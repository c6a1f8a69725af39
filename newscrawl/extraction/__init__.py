"""Extracts articles from outlets' pages; ``extract`` is the public call, without Scrapy."""

from newscrawl.extraction.extractor import SourcePage, extract
from newscrawl.extraction.rules import Rule, RuleBook, rules_of
from newscrawl.extraction.source_match import Verdict, holds_less, judge

__all__ = [
    "Rule",
    "RuleBook",
    "SourcePage",
    "Verdict",
    "extract",
    "holds_less",
    "judge",
    "rules_of",
]
