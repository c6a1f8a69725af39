"""Choose the article's body among those found by copy, rules, metadata and fallback."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from selectolax.lexbor import LexborHTMLParser, LexborNode

from newscrawl.errors import UnreadableHtmlError
from newscrawl.extraction.alignment import Reference
from newscrawl.extraction.blocks import Page, walk
from newscrawl.extraction.body import guided, standfirst, unguided
from newscrawl.extraction.embedded import embedded_html
from newscrawl.extraction.fallback import general_text
from newscrawl.extraction.metadata import Metadata
from newscrawl.extraction.rules import Rule, RuleBook
from newscrawl.extraction.trace import chose, note
from newscrawl.text.cleaning import clean_text, join_paragraphs
from newscrawl.text.html import parse

TEACHES = 0.8
"""Agreement in text from which rules are learned from a page, and a rule needs no check."""

_MARGIN = 0.02
_LARGE = 2_000_000
_MANY_TAGS = 15_000
_MANY_AROUND_LINKS = 60_000
"""Maximum number of elements around links, each counted for each link, on a page for the general
extractor: it looks at the links of every part again. The largest of 2,600 real pages has 38,538."""
_LONG_BODY = 400
_MANY_PARTS = 20
_LITTLE = 300
"""Characters of a body below which the article may be in hidden parts of the page."""
_MORE = 3
"""Ratio of lengths from which a hidden body is preferred to a short visible one."""
_TEMPLATES = "script[type*=template], script[type='text/html']"


@dataclass(slots=True)
class Body:
    """An article's body: its text, its blocks, and how it was found."""

    rule: str
    """Extraction method, as in ``SourcePage.rule``."""
    text: str
    """Its paragraphs, separated by blank lines."""
    page: Page | None = None
    """Blocks of the part of the page in which it was found."""
    blocks: list[int] = field(default_factory=list)
    """Indexes of its blocks among these."""
    learned: Rule | None = None
    """The outlet's rule that found it."""


def choose_body(
    tree: LexborHTMLParser,
    url: str,
    html: bytes,
    metadata: Metadata,
    reference: Reference | None,
    rules: RuleBook | None,
) -> tuple[Body | None, Page | None]:
    """Choose the body, and return it with the whole page's blocks if they were needed."""
    ruled = _by_rule(tree, url, reference, rules) if rules is not None else None
    if ruled and (reference is None or _good(ruled, reference)):
        chose("text", "a trusted rule" + (" that agrees with the copy" * bool(reference)))
        return ruled, None
    page = walk(top_of(tree))
    if reference and (blocks := guided(page, reference)):
        found = _found("guided", page, blocks)
        if ruled is None or _better(found, ruled, reference):
            if rules is not None and ruled and ruled.learned:
                rules.fail(ruled.learned)
            chose("text", "the part of the page that agrees with the copy")
            return found, page
    if ruled:
        chose("text", "a trusted rule; no part of the page agrees better with the copy")
        return ruled, None
    chose("text", "the first that was found without a copy")
    return next(_unguided(page, tree, html, metadata, reference), None), page


def note_bodies(
    tree: LexborHTMLParser,
    url: str,
    html: bytes,
    metadata: Metadata,
    reference: Reference | None,
    rules: RuleBook | None,
) -> None:
    """Record the body that each extraction method finds, for a trace."""
    page = walk(top_of(tree))
    found = [
        Body(reading.rule.name, _text_of(reading.page, reading.blocks))
        for reading in (rules.read(tree, url) if rules is not None else ())
    ]
    if reference and (blocks := guided(page, reference)):
        found.append(_found("guided", page, blocks))
    for body in (*found, *_unguided(page, tree, html, metadata, reference)):
        agreement = f", agreement {reference.overlap(body.text)[1]:.2f}" if reference else ""
        note("text", f"{body.rule} ({len(body.text)} characters{agreement})", body.text)


def _by_rule(
    tree: LexborHTMLParser, url: str, reference: Reference | None, rules: RuleBook
) -> Body | None:
    """Find the body by the outlet's trusted rules: the first, or the one that the copy confirms."""
    best: Body | None = None
    for reading in rules.read(tree, url):
        found = Body(
            reading.rule.name, _text_of(reading.page, reading.blocks), learned=reading.rule
        )
        if reference is None or _good(found, reference):
            return found
        if best is None or _better(found, best, reference):
            best = found
    return best


def _good(found: Body, reference: Reference) -> bool:
    agreement = reference.overlap(found.text)[1]
    usual = found.learned.last_agreement if found.learned else None
    return agreement >= (TEACHES if usual is None else min(TEACHES, usual - 0.1))


def _better(found: Body, other: Body, reference: Reference) -> bool:
    return reference.overlap(found.text)[1] > reference.overlap(other.text)[1] + _MARGIN


def _unguided(
    page: Page,
    tree: LexborHTMLParser,
    html: bytes,
    metadata: Metadata,
    reference: Reference | None,
) -> Iterator[Body]:
    """Yield the bodies found without the copy.

    In this order: by metadata, by layout, in hidden parts, and by the general extractor, which
    parses the page again.
    """
    declared = metadata.text("articleBody")
    if declared and len(declared) >= _LONG_BODY and (blocks := guided(page, Reference(declared))):
        yield _found("json-ld", page, standfirst(page, blocks, metadata.description) + blocks)
    shown = None
    if blocks := unguided(page):
        shown = _found("prose", page, standfirst(page, blocks, metadata.description) + blocks)
        if len(shown.text) >= _LITTLE:
            yield shown
    for inner in _embedded(tree):
        if blocks := (guided(inner, reference) if reference else []) or unguided(inner):
            found = _found("embedded", inner, blocks)
            if shown is None or len(found.text) >= _MORE * len(shown.text):
                yield found
    if shown:
        yield shown
    if _is_small(html, tree) and (text := general_text(html.decode())):
        yield Body("general", clean_text(text))
    if declared:
        yield Body("json-ld", clean_text(declared))


def _is_small(html: bytes, tree: LexborHTMLParser) -> bool:
    """Return whether the general extractor takes little time for a page."""
    if len(html) > _LARGE or html.count(b"<") > _MANY_TAGS:
        return False
    count = 0
    for link in tree.css("a"):
        around = link.parent
        while around is not None:
            count += 1
            around = around.parent
        if count > _MANY_AROUND_LINKS:
            return False
    return True


def _embedded(tree: LexborHTMLParser) -> Iterator[Page]:
    """Yield hidden documents of a page: in ``noscript``, frames and scripts."""
    for node in tree.css("noscript")[:_MANY_PARTS]:
        yield walk(node)
    for node in tree.css("iframe[srcdoc]")[:_MANY_PARTS]:
        yield _walked(node.attributes.get("srcdoc"))
    for node in tree.css(_TEMPLATES)[:_MANY_PARTS]:
        yield _walked(node.text())
    yield _walked(embedded_html(tree))


def _walked(html: str | None) -> Page:
    """Return the blocks of a document inside a page; none if it cannot be parsed."""
    try:
        return walk(top_of(parse(html))) if html else Page()
    except UnreadableHtmlError:
        return Page()


def top_of(tree: LexborHTMLParser) -> LexborNode:
    """Return the element that contains all visible content."""
    top = tree.body or tree.root
    if top is None:
        raise UnreadableHtmlError("the page has no element")
    return top


def _found(rule: str, page: Page, blocks: list[int]) -> Body:
    return Body(rule, _text_of(page, blocks), page, blocks)


def _text_of(page: Page, blocks: list[int]) -> str:
    return join_paragraphs(page.blocks[index].text for index in blocks)
