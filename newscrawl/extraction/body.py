"""Select the text blocks of the article's body, guided by the copy or by layout alone.

A reference text, such as the copy, locates the article (``guided``); after its end, the layout of
the page decides. Without one, the layout alone decides (``unguided``).
"""

import re
from collections.abc import Iterable
from itertools import accumulate
from operator import sub

import msgspec

from newscrawl.extraction.alignment import ABSENT, SIZE, Reference, compared, shingles
from newscrawl.extraction.blocks import ENDS, Page
from newscrawl.extraction.flags import AWAY, COMMENTS
from newscrawl.extraction.outline import OUT, Outline

ENOUGH = 0.25
"""Minimum share of a reference that a page must have for its blocks to be used."""

_LONG_LINK = 100
_SHORT = 40
_NEAR = 6
_DRIFT = 3
"""Words by which a copy may be ahead of or behind the page within a short block."""
_REST = 10
"""Words of a copy before the first or after the last match that short blocks may hold."""
_AHEAD = 20
"""Words of the copy, and blocks of the page, that may be passed over among these."""
_FEW = 12
"""Shingles of a match below which it may be by chance."""
_TAIL = 0.2
"""Share of the aligned text from which the prose after a copy's end belongs to the article."""
_OPENING = 100
"""Characters from which a paragraph between headline and body is the first of the article."""
_BRIEF = 60
"""Maximum words of a copy that may be matched by single words."""
_LITTLE = 200
"""Characters of prose below which the body may be elsewhere, in short lines."""
_MOST_TEXT = 2_000_000

_STANDFIRST = re.compile(
    r"lead|lede|stand-?first|chap[oe]|intro|summary|excerpt|sapo|sub-?(?:title|head|line)|deck|"
    r"abstract|teaser|description|accroche|vorspann|synopsis|preamble|ingress|dek",
    re.IGNORECASE,
)


class _Match(msgspec.Struct, gc=False):
    """Position of a text block in the reference text."""

    block: int
    share: float
    mask: int
    first: int
    last: int


def _matches(page: Page, reference: Reference) -> list[_Match]:
    """Match blocks that are long enough to be distinctive; ``_between`` handles the others."""
    matches = []
    known: dict[str, _Match] = {}
    looked_at = 0
    for index, block in enumerate(page.blocks):
        text = block.text
        if len(text) < _SHORT and not (len(text) >= 12 and text[0] > "\u2e7f"):
            continue
        if text in known:
            matches.append(msgspec.structs.replace(known[text], block=index))
            continue
        if block.linked == len(text) < _LONG_LINK:
            continue
        looked_at += len(text)
        if looked_at > _MOST_TEXT:
            break
        said = reference.read(text)
        if reference.lacks(said):
            continue
        places = reference.places_in(text)
        hits = len(places) - places.count(ABSENT)
        if hits < min(2, len(places)) or not hits:
            continue
        known[text] = _match(index, places, hits)
        matches.append(known[text])
    return matches


def _match(block: int, places: list[int], hits: int) -> _Match:
    """Return the position of a block in the reference, by its word n-grams."""
    first, count = places[0], len(places)
    if places == list(range(first, first + count)):  # the same text
        return _Match(block, 1.0, ((1 << count) - 1) << first, first, first + count - 1)
    runs = _runs(places)
    first = lowest = min([place for _, place, _ in runs])
    mask = 0  # shifted, as small numbers are fast
    for _, place, length in runs:
        mask |= ((1 << length) - 1) << (place - lowest)
    # A repeated phrase is found at its first position only; the median offset is the block's.
    runs.sort()
    lengths = accumulate([length for _, _, length in runs])
    median = runs[next(i for i, total in enumerate(lengths) if total > hits // 2)][0]
    drift = max(_DRIFT, count // 10)
    if median - runs[0][0] > 1 or runs[-1][0] - median > drift:
        runs = [run for run in runs if abs(run[0] - median) <= drift]
        # Lost words move what follows back, not the beginning, which may repeat a heading.
        first = min([place for offset, place, _ in runs if offset >= median - 1])
    last = max([place + length for _, place, length in runs]) - 1
    return _Match(block, hits / count, mask << lowest, first, last)


def _runs(places: list[int]) -> list[tuple[int, int, int]]:
    """Return the offset, first place and length of each run of consecutive places.

    The offset is how much further the run is in the copy than in the block.
    """
    steps = map(sub, places[1:], places)
    runs = []
    start = 0
    for end in [*[index for index, step in enumerate(steps, 1) if step != 1], len(places)]:
        if (place := places[start]) != ABSENT:
            runs.append((place - start, place, end - start))
        start = end
    return runs


def guided(page: Page, reference: Reference) -> list[int]:
    """Return the body's blocks by a reference text; none if the page lacks it."""
    matches = [m for m in _matches(page, reference) if m.share >= 0.5 or m.mask.bit_count() >= 12]
    whole = 0
    for match in matches:
        whole |= match.mask
    if (
        not matches
        and len(reference.words) <= _BRIEF
        and _size(page, Outline(page).body()) < _LITTLE
    ):
        return _lines_of(page, reference)
    if not matches or whole.bit_count() < ENOUGH * len(reference):
        return []
    container = _smallest(page, matches, whole)
    inner = [m for m in matches if page.inside(page.blocks[m.block].element, container)]
    outer = [m for m in matches if not page.inside(page.blocks[m.block].element, container)]
    chosen: list[_Match] = []
    seen = 0
    for match in inner + outer:
        new = match.mask & ~seen
        if new.bit_count() < 0.3 * match.mask.bit_count():
            continue
        seen |= match.mask
        chosen.append(match)
    chosen.sort(key=lambda match: match.block)
    chain = _without_strays(page, _chain(chosen))
    if not chain:
        return []
    # Blocks out of order, or far away, belong to the body only if the copy has all of them.
    ordered = {match.block for match in chain}
    blocks = _between(page, reference, chain)
    blocks += [m.block for m in chosen if m.block not in ordered and m.share >= 0.8]
    told = {match.block for match in matches if match.share >= 0.8}
    blocks += _rest(page, [match.block for match in chain], _size(page, blocks), told)
    return sorted(set(blocks))


def _rest(page: Page, chain: list[int], size: int, told: set[int]) -> list[int]:
    """Return the blocks after the end of the copy that belong to the article.

    Args:
        page: The page's blocks.
        chain: The blocks that match the copy, in its order.
        size: Characters of the body so far.
        told: All blocks whose text the copy has.
    """
    last = chain[-1]
    behind = range(last + 1, len(page.blocks))
    if not behind or not (_is_larger(page, behind, _TAIL * size) or _beside(page, last, behind[0])):
        return []  # whatever the layout is
    outline = Outline(page, chain)
    rest = [index for index in outline.body(last) if index > last]
    # A part that only repeats the article after its end is a quotation, or another edition of it.
    fresh = {_around(page, index) for index in rest if index not in told}
    rest = [index for index in rest if index not in told or _around(page, index) in fresh]
    if _size(page, rest) > _TAIL * size:
        return rest
    if rest and rest[0] == last + 1 and [i for i in rest if _beside(page, last, i)] == rest[:1]:
        return rest[:1]  # one last paragraph that only the outlet has
    return []


def _around(page: Page, block: int) -> int:
    """Return the element around that of a block."""
    return page.elements[page.blocks[block].element].parent


def _size(page: Page, blocks: Iterable[int]) -> int:
    """Return the number of characters of some blocks."""
    return sum(len(page.blocks[index].text) for index in blocks)


def _is_larger(page: Page, blocks: Iterable[int], size: float) -> bool:
    """Return whether some blocks have more characters than ``size``."""
    for index in blocks:
        size -= len(page.blocks[index].text)
        if size < 0:
            return True
    return False


def _lines_of(page: Page, reference: Reference) -> list[int]:
    """Return the blocks of an article of short lines, such as results, that a short copy has."""
    blocks = [
        index
        for index in _filling(page, reference, range(len(page.blocks)), 0, None)
        if not page.blocks[index].linked and page.elements[page.blocks[index].element].tag != "h1"
    ]
    said = {word for index in blocks for word in reference.read(page.blocks[index].text)}
    return blocks if len(said) >= 0.8 * len(set(reference.words)) else []


def _beside(page: Page, one: int, other: int) -> bool:
    """Return whether another block is a paragraph of the same form in the same container.

    Paragraphs between line breaks have their element in common.
    """
    first = page.elements[page.blocks[one].element]
    second = page.elements[page.blocks[other].element]
    block = page.blocks[other]
    if block.linked or block.text[-1] not in ENDS:
        return False
    if page.blocks[one].element == block.element:
        return True
    return first.tag == "p" and (first.tag, first.kind, first.parent) == (
        second.tag,
        second.kind,
        second.parent,
    )


def _chain(matches: list[_Match]) -> list[_Match]:
    """Find the heaviest run of matches in which page and copy have the same order."""
    weights: list[int] = []
    previous: list[int] = []
    for index, match in enumerate(matches):
        best, before = 0, -1
        for other in range(max(0, index - 200), index):
            if matches[other].first < match.first and weights[other] > best:
                best, before = weights[other], other
        weights.append(best + match.mask.bit_count())
        previous.append(before)
    chain = []
    index = max(range(len(matches)), key=weights.__getitem__, default=-1)
    while index >= 0:
        chain.append(matches[index])
        index = previous[index]
    return chain[::-1]


def _without_strays(page: Page, chain: list[_Match]) -> list[_Match]:
    """Remove a first or last match of a few words with more text before the next than the others.

    Headings and comments that repeat a phrase are such matches, far from the article's beginning.
    """
    size = _size(page, [match.block for match in chain])
    for stray, beside in ((-1, -2), (0, 1)):
        while len(chain) > 1 and chain[stray].mask.bit_count() < _FEW:
            between = sorted((chain[stray].block, chain[beside].block))
            if _size(page, range(between[0] + 1, between[1])) <= size:
                break
            del chain[stray]
    return chain


def _smallest(page: Page, matches: list[_Match], whole: int) -> int:
    """Find the smallest element that contains nearly all matches with the copy."""
    elements, blocks = page.elements, page.blocks
    masks: dict[int, int] = {}
    for match in matches:
        element = blocks[match.block].element
        masks[element] = masks.get(element, 0) | match.mask
    children: dict[int, list[int]] = {}
    for element in range(max(masks), 0, -1):  # from the leaves up
        if mask := masks.get(element):
            parent = elements[element].parent
            masks[parent] = masks.get(parent, 0) | mask
            children.setdefault(parent, []).append(element)
    best, needed = 0, 0.9 * whole.bit_count()
    while True:
        full = [c for c in children.get(best, ()) if masks[c].bit_count() >= needed]
        if not full:
            return best
        if len(full) > 1:  # most often, there is one
            full.sort(
                key=lambda c: (bool(elements[c].flags & COMMENTS), -masks[c].bit_count() // 8, c)
            )
        best = full[0]


def _between(page: Page, reference: Reference, chain: list[_Match]) -> list[int]:
    """Return the chain's blocks, and those between and around them that match the copy."""
    blocks: list[int] = []
    first = chain[0].block
    before, start = max(-1, first - _NEAR), 0
    for match in chain:
        blocks += _filling(page, reference, range(before + 1, match.block), start, match.first)
        blocks.append(match.block)
        before, start = match.block, match.last + SIZE
    after = min(before + _NEAR, len(page.blocks))
    blocks += _filling(page, reference, range(before + 1, after), start, None)
    said = reference.words
    blocks += _going_on(page, reference, range(first - 1, -1, -1), said[: chain[0].first][::-1])
    return blocks + _going_on(page, reference, range(before + 1, len(page.blocks)), said[start:])


def _going_on(page: Page, reference: Reference, candidates: range, rest: list[str]) -> list[int]:
    """Return the blocks that go on as the copy does, however short; backwards before its match.

    Lists and tables do, which are too short to be matched.
    """
    found: list[int] = []
    at = missed = 0
    if len(rest) < _REST:
        return found
    for index in candidates:
        said = reference.read(page.blocks[index].text)[:: candidates.step]
        for place in range(at, min(at + _AHEAD, len(rest))) if said else ():
            if rest[place] != said[0]:
                continue
            same = set(rest[place : place + len(said)])
            if sum(map(same.__contains__, said)) >= 0.6 * len(said):
                found.append(index)
                at, missed = place + len(said), 0
                break
        else:
            missed += 1
            if missed > _AHEAD:
                break
    return found


def _filling(
    page: Page, reference: Reference, candidates: range, start: int, stop: int | None
) -> list[int]:
    """Return the candidates whose words occur in a passage of the copy."""
    gap = reference.words[start:stop]
    if not gap or not candidates:
        return []
    found = []
    held = set(gap)
    for index in candidates:
        said = reference.read(page.blocks[index].text)
        if (
            said
            and len(said) <= 2 * len(gap)
            and sum(map(held.__contains__, said)) >= 0.6 * len(said)
        ):
            found.append(index)
    return found


def unguided(page: Page) -> list[int]:
    """Return the body's blocks by the page's layout; none if nothing looks like a body."""
    outline = Outline(page)
    blocks = outline.body()
    if _size(page, blocks) < _LITTLE:
        brief = outline.brief()
        if brief and not set(brief).intersection(blocks):
            return brief
    return blocks


def standfirst(page: Page, body: list[int], description: str | None) -> list[int]:
    """Return the blocks between headline and body that begin or summarise the article.

    They are recognised by class name, by the page's own description, or as complete paragraphs
    below the headline.
    """
    first = min(body)
    headlines = [i for i in range(first) if page.elements[page.blocks[i].element].tag == "h1"]
    below_headline = bool(headlines)
    start = headlines[-1] if headlines else first - 10
    summary = Reference(description or "")
    opening = set(shingles(compared(page.blocks[first].text)))
    found = []
    for index in range(max(start + 1, 0, first - 40), first):
        block = page.blocks[index]
        if not 30 <= len(block.text) <= 900 or block.linked > 0.3 * len(block.text):
            continue
        element = page.elements[block.element]
        around = page.elements[element.parent]
        if (element.flags | around.flags) & OUT & ~AWAY:
            continue
        words = compared(block.text)
        said = shingles(words)
        if len(opening.intersection(said)) > 0.3 * len(said):
            continue
        same = len(said) - summary.places(words).count(ABSENT)
        if (
            same >= 0.6 * max(1, min(len(said), len(summary)))
            or (
                below_headline
                and element.tag == "p"
                and not block.linked
                and len(block.text) >= _OPENING
                and block.text[-1] in ENDS
            )
            or _STANDFIRST.search(element.label)
            or _STANDFIRST.search(around.label)
        ):
            found.append(index)
    return found
