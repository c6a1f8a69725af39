"""Extraction rules learned from outlets' pages; ``RuleBook`` stores and applies them."""

from newscrawl.extraction.rules.book import TRUST, TRUST_AGAIN, RuleBook
from newscrawl.extraction.rules.model import Rule, rules_of

__all__ = ["TRUST", "TRUST_AGAIN", "Rule", "RuleBook", "rules_of"]
