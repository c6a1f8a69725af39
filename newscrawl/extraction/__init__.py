"""Extraction of articles from outlets' pages; ``extract`` is the public call, without Scrapy.

What is named here is imported at its first use: a crawl leaves extraction to its worker processes.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from newscrawl.extraction.alignment import holds_less
    from newscrawl.extraction.extractor import extract
    from newscrawl.extraction.rules import Rule, RuleBook, rules_of
    from newscrawl.extraction.source_match import Verdict, judge
    from newscrawl.extraction.source_page import SourcePage

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

_MODULES = {
    "Rule": "rules",
    "RuleBook": "rules",
    "SourcePage": "source_page",
    "Verdict": "source_match",
    "extract": "extractor",
    "holds_less": "alignment",
    "judge": "source_match",
    "rules_of": "rules",
}


def __getattr__(name: str) -> Any:
    """Import a public name."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
