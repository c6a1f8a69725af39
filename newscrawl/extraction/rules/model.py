"""Extraction rule: CSS paths of the body and fields in one page layout of an outlet."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice
from typing import Literal

import msgspec

_FORMS = 400
_FORM_CHARACTERS = 20_000
"""Maximum total characters of a rule's kept or dropped forms."""


@dataclass(slots=True)
class Rule:
    """CSS paths, text forms and success counts of one page layout of an outlet."""

    domain: str
    """Registered domain of the outlet."""
    number: int
    """Distinguishes the outlet's layouts."""
    body: str
    """CSS path of the part with the body."""
    keep: list[str] = field(default_factory=list)
    """Forms of text in that part that belong to the body: tags and classes, outermost first."""
    drop: list[str] = field(default_factory=list)
    """Forms of text that do not belong to the body."""
    title: str | None = None
    """CSS path of the headline."""
    date: str | None = None
    """CSS path of the printed date."""
    authors: str | None = None
    """CSS path of the printed byline."""
    section: str | None = None
    """CSS path of the printed section."""
    state: Literal["proposed", "trusted", "withdrawn"] = "proposed"
    """Only a trusted rule extracts pages without guidance."""
    source: Literal["learned", "shipped", "seed", "override"] = "learned"
    """Origin of the rule; a seed is unverified until pages confirm it, an override is trusted."""
    pages: int = 0
    """Pages that it has extracted."""
    confirmed: int = 0
    """Pages whose copy confirmed it."""
    failures: int = 0
    """Consecutive pages that it extracted worse than guidance by the copy did."""
    last_agreement: float | None = None
    """Agreement in text with the copy of the last page that confirmed it."""
    first_seen: str | None = None
    """When it was proposed, ISO 8601."""
    last_seen: str | None = None
    """When a page last confirmed it, ISO 8601."""
    last_page: int = 0
    """Number of the outlet's extracted pages at the last confirmation."""
    exclude: list[str] = field(default_factory=list)
    """CSS selectors of parts that never belong to the body; only for overrides."""

    @property
    def name(self) -> str:
        """Name of the rule in records."""
        return f"{self.domain}#{'override' if self.source == 'override' else self.number}"


def rules_of(lines: bytes) -> list[Rule]:
    """Read rules from JSON Lines.

    Raises:
        ValueError: a line is not a rule.
    """
    decoder = msgspec.json.Decoder(Rule)
    return [decoder.decode(line) for line in lines.splitlines() if line.strip()]


def add_forms(rule: Rule, more_keep: list[str], more_drop: list[str]) -> None:
    """Add forms of text to a rule; a form that was ever kept is not dropped."""
    keep = dict.fromkeys((*rule.keep, *more_keep))
    drop = dict.fromkeys((*rule.drop, *more_drop))
    rule.keep = cut_forms(keep)
    rule.drop = cut_forms(form for form in drop if form not in keep)


def cut_forms(forms: Iterable[str]) -> list[str]:
    """Keep the first forms, as many as a rule may hold."""
    kept: list[str] = []
    size = 0
    for form in islice(forms, _FORMS):
        size += len(form)
        if size > _FORM_CHARACTERS:
            break
        kept.append(form)
    return kept
