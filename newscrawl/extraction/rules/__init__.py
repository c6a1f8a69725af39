"""Extraction rules learned from outlets' pages; ``RuleBook`` stores and applies them."""

from newscrawl.extraction.rules.book import TRUST, TRUST_AGAIN, RuleBook
from newscrawl.extraction.rules.induction import lesson_of
from newscrawl.extraction.rules.model import Rule, rules_of
from newscrawl.extraction.rules.paths import first_node

__all__ = ["TRUST", "TRUST_AGAIN", "Rule", "RuleBook", "first_node", "lesson_of", "rules_of"]
