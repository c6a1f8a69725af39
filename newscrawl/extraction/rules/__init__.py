"""Learned rules of outlets: their book, their induction, and extraction by them."""

from newscrawl.extraction.rules.book import TRUST, TRUST_AGAIN, RuleBook
from newscrawl.extraction.rules.model import Rule, rules_of

__all__ = ["TRUST", "TRUST_AGAIN", "Rule", "RuleBook", "rules_of"]
