"""Learn, rank and withdraw extraction rules for all outlets.

A rule consists of the path to the part of the page with the body, and the forms (tags and classes)
of text that belong to the body. Each page whose copy agrees proposes or confirms a rule. A rule
that enough pages have confirmed is trusted: it extracts further pages without guidance, even
without a copy. Every page with a copy still checks the rule: if it extracts less than guidance by
the copy, the page counts towards another layout, and a rule that fails repeatedly is withdrawn. An
outlet may have several layouts. Nothing is learned from a page that disagrees with its copy.

The code does not depend on Scrapy or time zones; a book is plain data between ``load`` and
``save``.
A crawl holds a book and leaves extraction by rules, which is imported where it is used, to workers.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from newscrawl.extraction.rules.model import Rule, add_forms, cut_forms, rules_of
from newscrawl.outlets import Override, shipped_overrides
from newscrawl.text.urls import registered_domain

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser

    from newscrawl.extraction.rules.induction import Lesson, Reading

TRUST = 5
"""Number of pages that must confirm an outlet's first rule before it is trusted."""

TRUST_AGAIN = 3
"""The same for an outlet that has had a trusted rule: a redesign, or one more layout."""

FAILURES = 3
"""Consecutive pages on which a trusted rule may be worse than guidance by the copy."""

ALIKE = 0.9
"""Minimum similarity to the guided body for a page to confirm a rule."""

_LAYOUTS = 8


class RuleBook:
    """The extraction rules of all outlets, in memory.

    Args:
        rules: Learned, shipped and seeded rules.
        stated: Overrides by domain, used before all rules; by default those shipped.

    """

    def __init__(
        self, rules: Iterable[Rule] = (), stated: Mapping[str, Override] | None = None
    ) -> None:
        self._overrides = {
            domain: _rule_of(domain, override)
            for domain, override in (shipped_overrides() if stated is None else stated).items()
            if override.body
        }
        self._rules: dict[str, list[Rule]] = {}
        for rule in rules:
            self._rules.setdefault(rule.domain, []).append(rule)

    def __iter__(self) -> Iterator[Rule]:
        for domain in sorted(self._rules):
            yield from self._rules[domain]

    def __len__(self) -> int:
        return sum(map(len, self._rules.values()))

    def of(self, domain: str) -> list[Rule]:
        """Return the rules of an outlet's domain."""
        return list(self._rules.get(domain, ()))

    def for_url(self, url: str) -> list[Rule]:
        """Return the rules for a page, best first: the override, trusted, then last confirmed."""
        domain = _domain(url)
        override = self._overrides.get(domain)
        found = sorted(
            self._rules.get(domain, ()),
            key=lambda r: (r.state == "trusted", r.last_page, r.number),
            reverse=True,
        )
        return [r for r in ([override] if override else []) + found if r.state != "withdrawn"]

    def add(self, rule: Rule) -> None:
        """Add a rule; one with the same path is replaced."""
        rules = self._rules.setdefault(rule.domain, [])
        rules[:] = [other for other in rules if other.body != rule.body]
        if any(other.number == rule.number for other in rules):
            rule.number = max(other.number for other in rules) + 1
        rules.append(rule)

    def add_seed(
        self,
        domain: str,
        body: str,
        *,
        title: str | None = None,
        date: str | None = None,
        authors: str | None = None,
    ) -> None:
        """Add an unverified candidate, which is not used until pages have confirmed it.

        Args:
            domain: Any host of the outlet.
            body: CSS selector of the body, or of its paragraphs.
            title: CSS selector of the headline.
            date: CSS selector of the printed date.
            authors: CSS selector of the byline.
        """
        domain = registered_domain(domain) or domain
        rules = self._rules.setdefault(domain, [])
        if all(rule.body != body for rule in rules):
            number = max((rule.number for rule in rules), default=0) + 1
            rules.append(
                Rule(domain, number, body, title=title, date=date, authors=authors, source="seed")
            )

    def forget(self, domain: str) -> int:
        """Drop an outlet's rules and return their number."""
        return len(self._rules.pop(domain, ()))

    @classmethod
    def load(cls, path: Path) -> "RuleBook":
        """Read a book from JSON Lines.

        Raises:
            OSError: the file cannot be read.
            ValueError: a line is not a rule.
        """
        return cls.of_lines(path.read_bytes())

    @classmethod
    def of_lines(cls, lines: bytes) -> "RuleBook":
        """Read a book from JSON Lines, as ``export`` returns them.

        Raises:
            ValueError: a line is not a rule.
        """
        return cls(rules_of(lines))

    def save(self, path: Path) -> None:
        """Write the book as JSON Lines, sorted by domain.

        Raises:
            OSError: the file cannot be written.
        """
        path.write_bytes(self.export())

    def export(self, domain: str | None = None) -> bytes:
        """Return the rules of an outlet, or all, as JSON Lines."""
        rules = self if domain is None else self.of(domain)
        return b"".join(msgspec.json.encode(rule) + b"\n" for rule in rules)

    def taught(self, domain: str) -> bytes:
        """Return an outlet's learned rules as JSON Lines, without unconfirmed seeds."""
        return RuleBook(rule for rule in self.of(domain) if rule.pages).export()

    def copy(self, domain: str) -> "RuleBook":
        """Return a book with a copy of one outlet's rules."""
        return RuleBook(
            replace(rule, keep=[*rule.keep], drop=[*rule.drop]) for rule in self.of(domain)
        )

    def merge(self, domain: str, before: "RuleBook", taught: bytes) -> None:
        """Merge the rules that one page has added to a copy of an earlier book.

        The set of rules does not depend on the order in which pages are merged.

        Args:
            domain: The outlet's domain.
            before: The book from which the copy was made.
            taught: The outlet's learned rules after the page, as JSON Lines.

        Raises:
            ValueError: a line is not a rule.
        """
        rules = self._rules.setdefault(domain, [])
        earlier = {rule.body: rule for rule in before.of(domain)}
        for after in rules_of(taught):
            known = next((rule for rule in rules if rule.body == after.body), None)
            if known is None:
                self.add(after)
                _make_room(rules)
            else:
                _merge(known, earlier.get(after.body), after)
                known.last_page = sum(other.pages for other in rules)
                self._judge(known)

    def _judge(self, rule: Rule) -> None:
        """Trust a rule that enough pages have confirmed."""
        rules = self._rules[rule.domain]
        needed = TRUST_AGAIN if any(_was_trusted(other) for other in rules) else TRUST
        if rule.state == "proposed" and rule.confirmed >= needed:
            rule.state = "trusted"

    def read(self, tree: "LexborHTMLParser", url: str) -> Iterator["Reading"]:
        """Extract a page by each of the outlet's trusted rules that finds a body."""
        from newscrawl.extraction.rules.induction import read_by

        for rule in self.for_url(url):
            if rule.state == "trusted" and (reading := read_by(rule, tree)):
                yield reading

    def confirm(self, rule: Rule, agreement: float | None) -> None:
        """Record that a trusted rule extracted a page, and how far the copy agreed."""
        rule.pages += 1
        if agreement is not None:
            rule.confirmed += 1
            rule.failures = 0
            rule.last_agreement = round(agreement, 4)
            rule.last_seen = _now()
            rule.last_page = sum(other.pages for other in self._rules.get(rule.domain, ()))

    def fail(self, rule: Rule) -> None:
        """Record that guidance by the copy found more of a page than the rule did."""
        rule.failures += 1
        if rule.failures >= FAILURES:
            rule.state = "withdrawn"

    def observe(
        self, url: str, tree: "LexborHTMLParser", lesson: "Lesson", agreement: float
    ) -> Rule | None:
        """Learn from a page whose body was found under the guidance of a copy that agrees.

        Returns:
            The rule that the page confirmed or proposed; ``None`` when there is none.
        """
        domain = _domain(url)
        if not domain or lesson.path is None:
            return None
        rules = self._rules.setdefault(domain, [])
        live = [rule for rule in rules if rule.state != "withdrawn"]
        for rule in live:
            if rule.body == lesson.path:
                add_forms(rule, lesson.keep, lesson.drop)
        for rule in sorted(live, key=lambda rule: rule.body != lesson.path):
            if _confirms(rule, tree, lesson):
                break
        else:
            if any(rule.body == lesson.path for rule in live):
                return None
            number = max((rule.number for rule in rules), default=0) + 1
            rule = Rule(domain, number, lesson.path, first_seen=_now())
            rule.title, rule.date = lesson.title, lesson.date
            rule.authors, rule.section = lesson.authors, lesson.section
            rule.keep, rule.drop = cut_forms(lesson.keep), cut_forms(lesson.drop)
            rules.append(rule)
            _make_room(rules)
        if rule.source == "learned":
            for name in ("title", "date", "authors"):
                # A path must apply to every page.
                if getattr(rule, name) != getattr(lesson, name):
                    setattr(rule, name, None)
            # Not every page prints a section; on the others, its path finds nothing.
            rule.section = lesson.section or rule.section
        self.confirm(rule, agreement)
        self._judge(rule)
        return rule


def _confirms(rule: Rule, tree: "LexborHTMLParser", lesson: "Lesson") -> bool:
    """Return whether a rule extracts the body that the copy's guidance found."""
    from newscrawl.extraction.rules.induction import read_by

    reading = read_by(rule, tree)
    if reading is None:
        return False
    said = {reading.page.blocks[index].text for index in reading.blocks}
    common = sum(map(len, said & lesson.texts))
    size = sum(map(len, said)) + sum(map(len, lesson.texts))
    return 2 * common >= ALIKE * size


def _merge(rule: Rule, before: Rule | None, after: Rule) -> None:
    """Apply a page's changes to an earlier state of a rule to its current state."""
    was = before or Rule(after.domain, after.number, after.body)
    if after.pages == was.pages and after.failures == was.failures and after.keep == was.keep:
        return
    rule.pages += after.pages - was.pages
    rule.confirmed += after.confirmed - was.confirmed
    if after.confirmed > was.confirmed:
        rule.failures = 0
        rule.last_agreement, rule.last_seen = after.last_agreement, after.last_seen
    elif after.failures > was.failures:
        rule.failures += 1
        if rule.failures >= FAILURES:
            rule.state = "withdrawn"
    add_forms(rule, after.keep, after.drop)
    if rule.source == "learned":
        for name in ("title", "date", "authors"):
            if getattr(rule, name) != getattr(after, name):
                setattr(rule, name, None)
        rule.section = after.section or rule.section


def _make_room(rules: list[Rule]) -> None:
    """Limit the layouts of an outlet: drop the least confirmed of those not trusted."""
    while len(rules) > _LAYOUTS:
        idle = [rule for rule in rules[:-1] if rule.state != "trusted"]
        rules.remove(min(idle or rules[:-1], key=lambda r: (r.confirmed, r.last_page)))


def _rule_of(domain: str, override: Override) -> Rule:
    return Rule(
        domain,
        0,
        override.body or "",
        title=override.title,
        date=override.date,
        authors=override.authors,
        state="trusted",
        source="override",
        exclude=list(override.drop),
    )


def _domain(url: str) -> str:
    return registered_domain(url) or ""


def _was_trusted(rule: Rule) -> bool:
    return rule.state == "trusted" or (rule.state == "withdrawn" and rule.confirmed >= TRUST_AGAIN)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
