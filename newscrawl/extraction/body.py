"""The body of an article: which of a page's blocks belong to it.

Two ways lead to the first blocks: a reference text that says what the article says (``guided``),
or the look of prose (``unguided``). From there on both do the same: find the smallest part of the
page that holds these blocks, and take what else stands in it in the same form.
"""

import re
from dataclasses import dataclass

from newscrawl.extraction.guided import SIZE, Reference, shingles
from newscrawl.extraction.page import AWAY, BODY, BYLINE, CAPTION, COMMENTS, HEADINGS, Block, Page
from newscrawl.text import words

ENOUGH = 0.25
"""Share of a reference that a page must hold for its blocks to be believed."""

_OUT = AWAY | CAPTION | COMMENTS | BYLINE
_PROSE = frozenset(("p", "div", "li", "blockquote", "section", "article", "span", "td", "body"))

_FURNITURE = re.compile(
    r"^\W*(?:(?:lire|voir|[àa] lire|lisez|d[ée]couvrez|sur le m[êe]me (?:sujet|th[èe]me))\b.{0,12}"
    r"(?:aussi|[ée]galement|plus)|[àa] (?:lire|voir)(?: aussi)?\s*:|read (?:more|also|next)|"
    r"see also|also read|more (?:on|from)|related|lesen sie|mehr zum thema|lee tambi[ée]n|"
    r"اقرأ (?:أيضا|ايضا|المزيد)|إقرأ أيضا|اقرا ايضا|طالع أيضا|شاهد أيضا|مواضيع ذات صلة|"
    r"(?:copyright|©|\(c\)|all rights reserved|tous droits r[ée]serv[ée]s|جميع الحقوق محفوظة)|"
    r"subscribe|sign up|abonnez|inscrivez|newsletter|follow us|suivez|تابعنا|اشترك|"
    r"advertisement|publicit[ée]|anzeige|werbung|إعلان)",
    re.IGNORECASE,
)


@dataclass(slots=True)
class Body:
    """What was found to be the article's text."""

    blocks: list[int]
    """Indices in ``Page.blocks``, in order."""
    element: int
    """Index of the smallest element that holds them."""


@dataclass(slots=True)
class _Match:
    """Where a block stands in the reference."""

    block: int
    share: float
    mask: int
    first: int
    last: int
    ends: bool


def _matches(page: Page, reference: Reference) -> list[_Match]:
    matches = []
    for index, block in enumerate(page.blocks):
        text = block.text
        if len(text) < 12:
            continue
        cut = shingles(words(text))
        found = reference.find(cut)
        if len(found) < 2 and not (found and len(cut) == 1):
            continue
        mask = 0
        for position in found:
            mask |= 1 << position
        ends = reference.positions.get(cut[-1]) is not None
        matches.append(_Match(index, len(found) / len(cut), mask, found[0], found[-1], ends))
    return matches


def guided(page: Page, reference: Reference) -> Body | None:
    """Find the body by a text that says what it says; ``None`` when the page does not hold it."""
    matches = [m for m in _matches(page, reference) if m.share >= 0.5 or m.mask.bit_count() >= 12]
    whole = 0
    for match in matches:
        whole |= match.mask
    if not matches or whole.bit_count() < ENOUGH * len(reference):
        return None
    container = _smallest(page, matches, whole)
    chosen: list[_Match] = []
    seen = 0
    for match in matches:
        if not page.inside(page.blocks[match.block].element, container):
            continue
        new = match.mask & ~seen
        if new.bit_count() < 0.2 * match.mask.bit_count():
            continue
        seen |= match.mask
        chosen.append(match)
    if not chosen:
        return None
    blocks = _between(page, reference, chosen)
    blocks += _after(page, reference, chosen, container)
    return Body(blocks, container)


def _smallest(page: Page, matches: list[_Match], whole: int) -> int:
    elements, blocks = page.elements, page.blocks
    masks: dict[int, int] = {}
    for match in matches:
        element = blocks[match.block].element
        while True:
            masks[element] = masks.get(element, 0) | match.mask
            if element == 0:
                break
            element = elements[element].parent
    children: dict[int, list[int]] = {}
    for element in sorted(masks):
        if element:
            children.setdefault(elements[element].parent, []).append(element)
    best, needed = 0, 0.9 * whole.bit_count()
    while True:
        full = [c for c in children.get(best, ()) if masks[c].bit_count() >= needed]
        if not full:
            return best
        best = min(
            full,
            key=lambda c: (bool(elements[c].flags & COMMENTS), -masks[c].bit_count() // 8, c),
        )


def _between(page: Page, reference: Reference, chosen: list[_Match]) -> list[int]:
    blocks: list[int] = []
    previous: _Match | None = None
    for match in chosen:
        if previous is not None and match.block > previous.block + 1:
            start, stop = previous.last + SIZE, match.first
            if start < stop:
                gap = reference.words[start:stop]
                for index in range(previous.block + 1, match.block):
                    said = words(page.blocks[index].text)
                    if said and sum(word in gap for word in said) >= 0.6 * len(said):
                        blocks.append(index)
        blocks.append(match.block)
        previous = match
    return blocks


def _after(page: Page, reference: Reference, chosen: list[_Match], container: int) -> list[int]:
    last = chosen[-1]
    rest = range(last.block + 1, len(page.blocks))
    immune = {page.blocks[m.block].element for m in chosen}
    forms = {_form(page, page.blocks[m.block]) for m in chosen}
    found = _same_form(page, rest, container, forms, immune)
    size = sum(len(page.blocks[m.block].text) for m in chosen)
    if sum(len(page.blocks[i].text) for i in found) < 0.1 * size:
        return []
    return found


def _form(page: Page, block: Block) -> tuple[int, str, str]:
    element = page.elements[block.element]
    return element.parent, element.tag, element.label


def _same_form(
    page: Page,
    candidates: range,
    container: int,
    forms: set[tuple[int, str, str]],
    immune: set[int],
) -> list[int]:
    elements = page.elements
    parents = {parent for parent, _, _ in forms}
    kinds = {(elements[parent].tag, elements[parent].label) for parent in parents}
    found: list[int] = []
    headings: list[int] = []
    for index in candidates:
        block = page.blocks[index]
        if not page.inside(block.element, container):
            continue
        if block.element not in immune and page.flags_below(block.element, container) & _OUT:
            continue
        text = block.text
        if block.linked > 0.5 * len(text) or _FURNITURE.match(text):
            continue
        element = elements[block.element]
        if element.tag in HEADINGS:
            headings.append(index)
            continue
        around = elements[element.parent]
        if (
            block.element in immune
            or element.parent in parents
            or (around.tag, around.label) in kinds
            or element.tag in ("li", "blockquote")
            or around.tag == "blockquote"
        ):
            found += headings
            headings.clear()
            found.append(index)
    return found


def unguided(page: Page) -> Body | None:
    """Find the body by the look of its prose; ``None`` when nothing looks like it."""
    elements, blocks = page.elements, page.blocks
    prose = [i for i, b in enumerate(blocks) if _is_prose(b)]
    total = sum(len(blocks[i].text) for i in prose)
    if not total:
        return None
    mass: dict[int, int] = {}
    for i in prose:
        element = blocks[i].element
        while True:
            mass[element] = mass.get(element, 0) + len(blocks[i].text)
            if element == 0:
                break
            element = elements[element].parent
    # An element that holds most of the page's prose is no box beside it, whatever its name.
    good: dict[int, int] = {}
    for i in prose:
        element, out = blocks[i].element, False
        while element:
            if elements[element].flags & _OUT and mass[element] < 0.5 * total:
                out = True
                break
            element = elements[element].parent
        if out:
            continue
        element = blocks[i].element
        while True:
            good[element] = good.get(element, 0) + len(blocks[i].text)
            if element == 0:
                break
            element = elements[element].parent
    if not good:
        return None
    container = 0
    while True:
        inner = [e for e in good if e and elements[e].parent == container]
        if not inner:
            break
        best = max(inner, key=lambda e: good[e])
        if good[best] < 0.6 * good[container]:
            break
        container = best
    if elements[container].tag in ("p", "li"):
        container = elements[container].parent
    seeds = [
        i
        for i in prose
        if page.inside(blocks[i].element, container)
        and not page.flags_below(blocks[i].element, container) & _OUT
        and not _FURNITURE.match(blocks[i].text)
    ]
    forms = {_form(page, blocks[i]) for i in seeds}
    found = _same_form(page, range(len(blocks)), container, forms, set())
    return Body(found, container) if found else None


def _is_prose(block: Block) -> bool:
    text = block.text
    return len(text) >= 40 and block.linked < 0.4 * len(text)
