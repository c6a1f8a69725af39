"""What outlets teach: where their pages keep the article, learned page by page.

A rule is the path to the part of the page that holds the body, and which forms of text in it
belong to the body. Each page whose copy agrees proposes one or confirms one; a confirmed rule is
trusted and reads the next pages alone, also those without a copy. Every page that has a copy still
checks the rule: where it reads worse than the copy shows to be possible, the page is read anew
under the copy's guidance and counts to another layout, and a rule that fails again and again is
withdrawn. Several layouts of an outlet live side by side. A page that disagrees teaches nothing.

Nothing here knows of Scrapy or of time zones; a book is plain data between ``load`` and ``save``.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Literal

import msgspec
from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError

from newscrawl.extraction.blocks import HEADINGS, Page, walk
from newscrawl.extraction.outline import OUT, common_element, is_furniture
from newscrawl.outlets import Override, shipped_overrides
from newscrawl.text.cleaning import clean
from newscrawl.text.html import LONGEST_LABEL
from newscrawl.text.urls import registered_domain

TRUST = 5
"""Pages that must confirm an outlet's first rule before it reads alone."""

TRUST_AGAIN = 3
"""The same for an outlet that has had a trusted rule: a redesign, or one more layout."""

FAILURES = 3
"""Pages in a row that a trusted rule may read worse than the copy's guidance does."""

ALIKE = 0.9
"""Likeness to the guided body from which a page confirms a rule."""

TOO_LITTLE = 120
"""Characters below which a rule is taken to have found nothing."""

_LONG_HEADING = 60
_LAYOUTS = 8
_FORMS = 400
_FORM_CHARACTERS = 20_000
"""Characters of all kept or dropped forms of a rule together."""
_LONGEST_PATH = 1000
_STEPS = 6
_TELLING = re.compile(r"[.#:]|\b(?:article|main|h1|time)\b")
_STABLE = re.compile(r"^-?[A-Za-z_][A-Za-z_-]*$")


@dataclass(slots=True)
class Rule:
    """Where one layout of an outlet's pages keeps its fields."""

    domain: str
    """Registered domain of the outlet."""
    number: int
    """Tells the outlet's layouts apart."""
    body: str
    """CSS path of the part that holds the body."""
    keep: list[str] = field(default_factory=list)
    """Forms of text in that part that belong to the body: tags and classes, outermost first."""
    drop: list[str] = field(default_factory=list)
    """Forms that were left out of the body."""
    title: str | None = None
    """CSS path of the headline."""
    date: str | None = None
    """CSS path of the printed date."""
    authors: str | None = None
    """CSS path of the printed byline."""
    section: str | None = None
    """CSS path of the printed rubric."""
    state: Literal["proposed", "trusted", "withdrawn"] = "proposed"
    """Only a trusted rule reads pages alone."""
    source: Literal["learned", "shipped", "seed", "override"] = "learned"
    """Who proposed it; a seed is unverified until pages confirm it, an override is trusted."""
    pages: int = 0
    """Pages that it has read."""
    confirmed: int = 0
    """Pages whose copy confirmed it."""
    failures: int = 0
    """Pages in a row that it read worse than guidance did."""
    last_agreement: float | None = None
    """Agreement in text with the copy of the last page that confirmed it."""
    first_seen: str | None = None
    """When it was proposed, ISO 8601."""
    last_seen: str | None = None
    """When a page last confirmed it, ISO 8601."""
    last_page: int = 0
    """How many pages of the outlet had been read when one last confirmed it."""

    exclude: list[str] = field(default_factory=list)
    """CSS selectors of parts that never belong to the body; only of an override."""

    @property
    def name(self) -> str:
        """Name of the rule in records."""
        return f"{self.domain}#{'override' if self.source == 'override' else self.number}"


@dataclass(slots=True)
class Reading:
    """What a rule read."""

    rule: Rule
    page: Page
    """The part of the page that holds the body."""
    blocks: list[int]
    """The body's blocks in it."""


class RuleBook:
    """The rules of all outlets, in memory.

    Args:
        rules: Learned, shipped and seeded ones.
        stated: Overrides by domain, used before all rules; by default those of the package.

    """

    def __init__(
        self, rules: Iterable[Rule] = (), stated: Mapping[str, Override] | None = None
    ) -> None:
        self._stated = {
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
        """List the rules of an outlet's domain."""
        return list(self._rules.get(domain, ()))

    def for_url(self, url: str) -> list[Rule]:
        """List the rules for a page, best first: the override, trusted, then last confirmed."""
        domain = _domain(url)
        stated = self._stated.get(domain)
        found = sorted(
            self._rules.get(domain, ()),
            key=lambda r: (r.state == "trusted", r.last_page, r.number),
            reverse=True,
        )
        return [r for r in ([stated] if stated else []) + found if r.state != "withdrawn"]

    def add(self, rule: Rule) -> None:
        """Take in a rule from elsewhere; one with the same path is replaced."""
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
        """Add an unverified candidate: it reads nothing until pages have confirmed it.

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
        """Drop an outlet's rules; tell how many there were."""
        return len(self._rules.pop(domain, ()))

    @classmethod
    def load(cls, path: Path) -> "RuleBook":
        """Read a book from JSON Lines.

        Raises:
            OSError: the file cannot be read.
            ValueError: a line is no rule.
        """
        return cls.of_lines(path.read_bytes())

    @classmethod
    def of_lines(cls, lines: bytes) -> "RuleBook":
        """Read a book from JSON Lines, as ``export`` gives them.

        Raises:
            ValueError: a line is no rule.
        """
        return cls(rules_of(lines))

    def save(self, path: Path) -> None:
        """Write the book as JSON Lines, sorted by domain.

        Raises:
            OSError: the file cannot be written.
        """
        path.write_bytes(self.export())

    def export(self, domain: str | None = None) -> bytes:
        """Give the rules of an outlet, or all, as JSON Lines."""
        rules = self if domain is None else self.of(domain)
        return b"".join(msgspec.json.encode(rule) + b"\n" for rule in rules)

    def taught(self, domain: str) -> bytes:
        """Give what an outlet's pages have taught, as JSON Lines; without unconfirmed seeds."""
        return RuleBook(rule for rule in self.of(domain) if rule.pages).export()

    def copy(self, domain: str) -> "RuleBook":
        """Return a book with a copy of one outlet's rules."""
        return RuleBook(
            replace(rule, keep=[*rule.keep], drop=[*rule.drop]) for rule in self.of(domain)
        )

    def merge(self, domain: str, before: "RuleBook", taught: bytes) -> None:
        """Add what one page has taught a copy of an earlier book.

        The order in which pages are merged does not change which rules are known.

        Args:
            domain: The outlet's.
            before: The book that the copy was made of.
            taught: The outlet's learned rules after the page, as JSON Lines.

        Raises:
            ValueError: a line is no rule.
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

    def read(self, tree: LexborHTMLParser, url: str) -> Iterator[Reading]:
        """Read a page by the outlet's trusted rules, as far as they find something."""
        for rule in self.for_url(url):
            if rule.state == "trusted" and (reading := read_by(rule, tree)):
                yield reading

    def confirm(self, rule: Rule, agreement: float | None) -> None:
        """Note that a trusted rule has read a page, and how far the copy agreed."""
        rule.pages += 1
        if agreement is not None:
            rule.confirmed += 1
            rule.failures = 0
            rule.last_agreement = round(agreement, 4)
            rule.last_seen = _now()
            rule.last_page = sum(other.pages for other in self._rules.get(rule.domain, ()))

    def fail(self, rule: Rule) -> None:
        """Note that guidance read a page better than the rule did."""
        rule.failures += 1
        if rule.failures >= FAILURES:
            rule.state = "withdrawn"

    def observe(
        self, url: str, tree: LexborHTMLParser, lesson: "Lesson", agreement: float
    ) -> Rule | None:
        """Learn from a page that was read under the guidance of a copy that agrees.

        Returns:
            The rule that the page confirmed or proposed; ``None`` when it teaches nothing.
        """
        domain = _domain(url)
        if not domain or lesson.path is None:
            return None
        rules = self._rules.setdefault(domain, [])
        live = [rule for rule in rules if rule.state != "withdrawn"]
        for rule in live:
            if rule.body == lesson.path:
                _add_forms(rule, lesson.keep, lesson.drop)
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
            rule.keep, rule.drop = _cut(lesson.keep), _cut(lesson.drop)
            rules.append(rule)
            _make_room(rules)
        if rule.source == "learned":
            for name in ("title", "date", "authors"):
                # A path that does not hold on every page is none.
                if getattr(rule, name) != getattr(lesson, name):
                    setattr(rule, name, None)
            # Not every page prints a rubric; where it does not, the path of one finds nothing.
            rule.section = lesson.section or rule.section
        self.confirm(rule, agreement)
        self._judge(rule)
        return rule


def rules_of(lines: bytes) -> list[Rule]:
    """Read rules from JSON Lines.

    Raises:
        ValueError: a line is no rule.
    """
    decoder = msgspec.json.Decoder(Rule)
    return [decoder.decode(line) for line in lines.splitlines() if line.strip()]


def _confirms(rule: Rule, tree: LexborHTMLParser, lesson: "Lesson") -> bool:
    """Tell whether a rule reads a page as its copy shows that it reads."""
    reading = read_by(rule, tree)
    if reading is None:
        return False
    said = {reading.page.blocks[index].text for index in reading.blocks}
    common = sum(map(len, said & lesson.texts))
    size = sum(map(len, said)) + sum(map(len, lesson.texts))
    return 2 * common >= ALIKE * size


def _add_forms(rule: Rule, more_keep: list[str], more_drop: list[str]) -> None:
    keep = dict.fromkeys((*rule.keep, *more_keep))
    drop = dict.fromkeys((*rule.drop, *more_drop))
    rule.keep = _cut(keep)
    rule.drop = _cut(form for form in drop if form not in keep)


def _cut(forms: Iterable[str]) -> list[str]:
    """Keep the first forms, as many as a rule may hold."""
    kept: list[str] = []
    size = 0
    for form in islice(forms, _FORMS):
        size += len(form)
        if size > _FORM_CHARACTERS:
            break
        kept.append(form)
    return kept


def _merge(rule: Rule, before: Rule | None, after: Rule) -> None:
    """Add to a rule how a page has changed an earlier state of it."""
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
    _add_forms(rule, after.keep, after.drop)
    if rule.source == "learned":
        for name in ("title", "date", "authors"):
            if getattr(rule, name) != getattr(after, name):
                setattr(rule, name, None)
        rule.section = after.section or rule.section


def _make_room(rules: list[Rule]) -> None:
    """Keep few layouts of an outlet: drop the least confirmed of those not trusted."""
    while len(rules) > _LAYOUTS:
        idle = [rule for rule in rules[:-1] if rule.state != "trusted"]
        rules.remove(min(idle or rules[:-1], key=lambda r: (r.confirmed, r.last_page)))


@dataclass(slots=True)
class Lesson:
    """What an agreed page shows of its layout."""

    path: str | None
    """CSS path of the part that holds the body; ``None`` when it has no stable one."""
    keep: list[str]
    drop: list[str]
    texts: set[str]
    """The body's blocks."""
    title: str | None = None
    date: str | None = None
    authors: str | None = None
    section: str | None = None


def lesson_of(
    page: Page,
    body: list[int],
    tree: LexborHTMLParser,
    title: str | None,
    date: int | None,
    byline: int | None,
    rubric: int | None,
) -> Lesson:
    """Work out what a page teaches.

    Args:
        page: The page's blocks.
        body: Those of the body.
        tree: The parsed page.
        title: The headline that was chosen.
        date: Block of the printed date, when it is known.
        byline: Block of the printed authors, when it is known.
        rubric: Block of the printed section, when it is known.
    """
    container, path = _part_of(page, body, tree)
    kept = set(body)
    keep: dict[str, None] = {}
    drop: dict[str, None] = {}
    last = max(body)
    for index, block in enumerate(page.blocks):
        if page.inside(block.element, container):
            form = form_of(page, block.element, container)
            if index in kept:
                keep[form] = None
            elif index < last or not is_furniture(block):
                drop[form] = None
    lesson = Lesson(
        path=path,
        keep=list(keep),
        drop=[form for form in drop if form not in keep],
        texts={page.blocks[index].text for index in body},
    )
    if title:
        for block in page.blocks:
            if block.text == title and page.elements[block.element].tag in HEADINGS:
                lesson.title = path_of(page.elements[block.element].node, tree)
                break
    # A date and names are found in what stands around them, too.
    if date is not None:
        lesson.date = _path_of_text(page, date, tree) or _path_of_block(page, date, tree)
    if byline is not None:
        lesson.authors = _path_of_text(page, byline, tree) or _path_of_block(page, byline, tree)
    if rubric is not None:
        lesson.section = _path_of_text(page, rubric, tree)
    return lesson


def read_by(rule: Rule, tree: LexborHTMLParser) -> Reading | None:
    """Extract a page's body by a rule; ``None`` when it finds nothing or too little.

    A selector of paragraphs and that of an override take only the elements that they match; any
    other one leads to the part of the page that holds the body. Except for an override, blocks in
    them are still judged by their form.
    """
    nodes = nodes_of(tree, rule.body)
    if not nodes:
        return None
    stated = rule.source == "override"
    exact = stated or nodes[0].tag == "p"
    page = walk(_common_parent(nodes) if exact else nodes[0])
    wanted = _inside(page, nodes)
    dropped = _inside(page, [node for css in rule.exclude for node in nodes_of(tree, css)])
    keep, drop = set(rule.keep), set(rule.drop)
    forms: dict[int, bool] = {}
    blocks: list[int] = []
    waiting: list[int] = []
    size = 0
    for index, block in enumerate(page.blocks):
        element = block.element
        if not wanted[element] or dropped[element]:
            continue
        if element not in forms:
            form = form_of(page, element, 0)
            forms[element] = form in keep or (form not in drop and _looks_right(page, element))
        if not stated and (not forms[element] or is_furniture(block)):
            continue
        if page.elements[element].tag in HEADINGS and len(block.text) < _LONG_HEADING:
            waiting.append(index)
            continue
        blocks += waiting
        waiting.clear()
        blocks.append(index)
        size += len(block.text)
    return Reading(rule, page, blocks) if size >= (1 if stated else TOO_LITTLE) else None


def _common_parent(nodes: list[LexborNode]) -> LexborNode:
    """Return the innermost element that holds all of some nodes."""
    parents = {node.parent.mem_id: node.parent for node in nodes if node.parent is not None}
    chains = [list(_with_ancestors(parent)) for parent in parents.values()]
    shared = set.intersection(*({node.mem_id for node in chain} for chain in chains))
    return next(node for node in chains[0] if node.mem_id in shared)


def _with_ancestors(node: LexborNode) -> Iterator[LexborNode]:
    above: LexborNode | None = node
    while above is not None:
        yield above
        above = above.parent


def _inside(page: Page, nodes: list[LexborNode]) -> list[bool]:
    """Return for each element of a page whether it is one of some nodes or inside one."""
    matched = {node.mem_id for node in nodes}
    inside: list[bool] = []
    for index, element in enumerate(page.elements):
        above = index > 0 and inside[element.parent]
        inside.append(above or element.node.mem_id in matched)
    return inside


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


def nodes_of(tree: LexborHTMLParser, path: str) -> list[LexborNode]:
    """Find all nodes of a path; none also for a path that is no selector."""
    try:
        return tree.css(path)
    except (SelectolaxError, ValueError):
        return []


def first_node(tree: LexborHTMLParser, path: str) -> LexborNode | None:
    """Find the first node of a path; ``None`` also for a path that is no selector."""
    try:
        return tree.css_first(path)
    except (SelectolaxError, ValueError):
        return None


def _looks_right(page: Page, element: int) -> bool:
    """Judge a form that no page has shown yet."""
    tag = page.elements[element].tag
    if tag not in ("p", "li", "blockquote") and tag not in HEADINGS:
        return False
    for _ in range(_STEPS):
        if not element:
            break
        if page.elements[element].flags & OUT:
            return False
        element = page.elements[element].parent
    return True


def form_of(page: Page, element: int, container: int) -> str:
    """Give the tags and stable classes from a container down to an element."""
    steps: list[str] = []
    while element > container and len(steps) < _STEPS:
        part = page.elements[element]
        steps.append(_form_step(part.tag, part.label))
        element = part.parent
    return " ".join(reversed(steps))


@lru_cache(maxsize=2048)
def _form_step(tag: str, label: str) -> str:
    return ".".join((tag, *_stable(label)))


def _path_of_block(page: Page, index: int, tree: LexborHTMLParser) -> str | None:
    """Give the path of the element that a block stands in, maybe beside others."""
    return path_of(page.elements[page.blocks[index].element].node, tree)


def _path_of_text(page: Page, index: int, tree: LexborHTMLParser) -> str | None:
    """Give the path of the element that holds a block's text and nothing else."""
    block = page.blocks[index]
    element = page.elements[block.element].node
    for node in (element, *element.iter()):
        if clean(node.text()) == block.text:
            return path_of(node, tree)
    return None


def path_of(target: LexborNode, tree: LexborHTMLParser, *, numbered: bool = False) -> str | None:
    """Give a CSS path that finds an element first; ``None`` when there is no stable one.

    Args:
        target: The element to be found.
        tree: The parsed page.
        numbered: Whether elements without a name may be told by their number among their kind,
            as old tables need it.
    """
    node: LexborNode | None = target
    path = ""
    for _ in range(2 * _STEPS if numbered else _STEPS):
        if node is None or not node.tag or node.tag == "html":
            break
        step = _step(node, numbered=numbered)
        path = f"{step} > {path}" if path else step
        if len(path) > _LONGEST_PATH:
            break
        found = first_node(tree, path)
        if found is not None and found.mem_id == target.mem_id and _TELLING.search(path):
            return path
        node = node.parent
    return None


def _step(node: LexborNode, *, numbered: bool) -> str:
    attributes = node.attributes
    tag = (node.tag or "*")[:LONGEST_LABEL]
    identity = attributes.get("id")
    if identity and len(identity) <= LONGEST_LABEL and _STABLE.match(identity):
        return f"{tag}#{identity}"
    names = _stable((attributes.get("class") or "")[:LONGEST_LABEL])
    if names or not numbered or tag == "body":
        return ".".join((tag, *names))
    number = 1
    before = node.prev
    while before is not None:
        number += before.tag == tag
        before = before.prev
    return f"{tag}:nth-of-type({number})"


def _part_of(page: Page, blocks: list[int], tree: LexborHTMLParser) -> tuple[int, str | None]:
    """Find the part of a page that a rule for its body should name, and its path."""
    element = smallest = common_element(page, blocks)
    for _ in range(3):
        if path := path_of(page.elements[element].node, tree):
            return element, path
        element = page.elements[element].parent
    return smallest, path_of(page.elements[smallest].node, tree, numbered=True)


@lru_cache(maxsize=2048)
def _stable(label: str) -> list[str]:
    """List the classes that do not change from page to page: no numbers, no utilities."""
    return [name for name in label.split() if _STABLE.match(name)][:4]


def _domain(url: str) -> str:
    return registered_domain(url) or ""


def _was_trusted(rule: Rule) -> bool:
    return rule.state == "trusted" or (rule.state == "withdrawn" and rule.confirmed >= TRUST_AGAIN)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
