"""The body of an article: which of a page's blocks belong to it.

Two things tell: a reference text that says what the article says (``guided``), and the look of
the page (``Outline``): where its prose stands, in which form, and what the names of its parts say
of them. The first is certain as far as it reaches, the second continues where it ends.
"""

import re
from collections import Counter
from dataclasses import dataclass, replace

from newscrawl.extraction.guided import SIZE, Reference, compared, shingles
from newscrawl.extraction.page import AWAY, BODY, BYLINE, CAPTION, COMMENTS, HEADINGS, Block, Page

ENOUGH = 0.25
"""Share of a reference that a page must hold for its blocks to be believed."""

OUT = AWAY | CAPTION | COMMENTS | BYLINE
"""Flags of parts that hold no text of the article."""
_LONG_LINK = 100
_SHORT = 40
_LEAD = 1500
_NEAR = 6
_MOST_TEXT = 2_000_000
# Elements that carry one paragraph, or a few, inside the part of the page that they stand in.
# fmt: off
_CARRIERS = frozenset((
    "p", "ul", "ol", "li", "dl", "dd", "dt", "blockquote", "center", "h1", "h2", "h3", "h4", "h5",
    "h6", "hgroup", "pre", "font",
))
# fmt: on

_STANDFIRST = re.compile(
    r"lead|lede|stand-?first|chap[oe]|intro|summary|excerpt|sapo|sub-?(?:title|head|line)|deck|"
    r"abstract|teaser|description|accroche|vorspann|synopsis|preamble|ingress|dek",
    re.IGNORECASE,
)

_CREDIT = re.compile(r"©|\(c\)|\b(?:foto|photo|crédit|credit|image|bild|صورة)s?\s*:", re.IGNORECASE)
_INVITATION = re.compile(
    r"newsletter|sign up|subscrib|abonn(?:ez|ier)|whatsapp|telegram|bookmark|نشرتنا|اشترك",
    re.IGNORECASE,
)

# Headings of what follows an article.
_AFTERWARDS = re.compile(
    r"^\W*(?:\d+ )?(?:commentaires?|comments?|r[ée]actions?|kommentare?|comentarios|تعليقات|"
    r"التعليقات|أضف تعليق|(?:articles? )?(?:li[ée]s|similaires|connexes|associ[ée]s)|"
    r"(?:dans|sur) (?:le|la) m[êe]me \w+|related (?:articles|stories|news|posts)|"
    r"(?:مواضيع|مقالات) (?:ذات صلة|مشابهة|أخرى))(?: \(?\d+\)?)?\W*$",
    re.IGNORECASE,
)

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


def is_furniture(block: Block) -> bool:
    """Tell whether a block only leads elsewhere."""
    text = block.text
    plain = len(text) - block.linked
    return (block.linked > 0.5 * len(text) and plain < 50) or (
        plain < 200
        and (
            _FURNITURE.match(text) is not None
            or _CREDIT.search(text) is not None
            or (block.linked > 0 and _INVITATION.search(text) is not None)
        )
    )


@dataclass(slots=True)
class _Match:
    """Where a block stands in the reference."""

    block: int
    share: float
    mask: int
    first: int
    last: int


def _matches(page: Page, reference: Reference) -> list[_Match]:
    """Match the blocks that are long enough to be told apart; ``_between`` sees to the others."""
    matches = []
    known: dict[str, _Match] = {}
    looked_at = 0
    for index, block in enumerate(page.blocks):
        text = block.text
        if text in known:
            matches.append(replace(known[text], block=index))
            continue
        if len(text) < _SHORT and not (len(text) >= 12 and text[0] > "\u2e7f"):
            continue
        if block.linked == len(text) < _LONG_LINK:
            continue
        looked_at += len(text)
        if looked_at > _MOST_TEXT:
            break
        cut = shingles(reference.read(text))
        found = reference.find(cut)
        if len(found) < 2 and not (found and len(cut) == 1):
            continue
        mask = 0
        for _, position in found:
            mask |= 1 << position
        # A phrase that comes twice is found at its first place; the middle one tells the truth.
        offsets = sorted([position - place for place, position in found])
        first = max(0, offsets[len(offsets) // 2])
        last = first + len(cut) - 1
        known[text] = _Match(index, len(found) / len(cut), mask, first, last)
        matches.append(known[text])
    return matches


def guided(page: Page, reference: Reference) -> list[int]:
    """List the body's blocks by a text that says what they say; none when the page has it not."""
    matches = [m for m in _matches(page, reference) if m.share >= 0.5 or m.mask.bit_count() >= 12]
    whole = 0
    for match in matches:
        whole |= match.mask
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
    chain = _chain(chosen)
    if not chain:
        return []
    # What stands out of order is of the body only when the copy holds all of it.
    ordered = {match.block for match in chain}
    blocks = _between(page, reference, chain)
    blocks += [m.block for m in chosen if m.block not in ordered and m.share >= 0.8]
    last = chain[-1].block
    size = sum(len(page.blocks[index].text) for index in blocks)
    outline = Outline(page, [match.block for match in chain])
    told = {match.block for match in matches}  # who repeats the article after its end quotes it
    rest = [index for index in outline.body() if index > last and index not in told]
    if sum(len(page.blocks[index].text) for index in rest) > 0.1 * size:
        blocks += rest
    return sorted(set(blocks))


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


def _smallest(page: Page, matches: list[_Match], whole: int) -> int:
    """Find the smallest element that holds nearly all that the page has of the copy."""
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
        best = min(
            full,
            key=lambda c: (bool(elements[c].flags & COMMENTS), -masks[c].bit_count() // 8, c),
        )


def _between(page: Page, reference: Reference, chain: list[_Match]) -> list[int]:
    """List the chain's blocks, and those around them that fill what the copy says in between."""
    blocks: list[int] = []
    before, start = max(-1, chain[0].block - _NEAR), 0
    for match in chain:
        blocks += _filling(page, reference, range(before + 1, match.block), start, match.first)
        blocks.append(match.block)
        before, start = match.block, match.last + SIZE
    after = min(before + _NEAR, len(page.blocks))
    return blocks + _filling(page, reference, range(before + 1, after), start, None)


def _filling(
    page: Page, reference: Reference, candidates: range, start: int, stop: int | None
) -> list[int]:
    """List the candidates whose words stand in a stretch of the copy."""
    gap = reference.words[start:stop]
    if not gap or not candidates:
        return []
    found = []
    for index in candidates:
        said = reference.read(page.blocks[index].text)
        if (
            said
            and len(said) <= 2 * len(gap)
            and sum(map(gap.__contains__, said)) >= 0.6 * len(said)
        ):
            found.append(index)
    return found


class Outline:
    """Where a page's prose stands, and which of it looks like the body of an article."""

    def __init__(self, page: Page, known: list[int] | None = None) -> None:
        """Weigh the page's parts; ``known`` blocks are sure to be of the body."""
        self.page = page
        self.known = known or []
        elements, blocks = page.elements, page.blocks
        self.prose = [
            i for i, b in enumerate(blocks) if len(b.text) >= 40 and b.linked <= 0.5 * len(b.text)
        ]
        self.counts = counts = [0] * len(elements)
        for block in blocks:
            counts[block.element] += 1
        for index in range(len(elements) - 1, 0, -1):
            counts[elements[index].parent] += counts[index]
        mass = self._mass(self.prose)
        self.total = mass[0]
        named: dict[tuple[str, str], int] = {}
        for element, weight in zip(elements, mass, strict=True):
            if weight and element.flags & OUT:
                key = (element.tag, element.kind)
                named[key] = named.get(key, 0) + weight
        sure: set[int] = set()
        for index in self.known:
            above = blocks[index].element
            while above not in sure:
                sure.add(above)
                above = elements[above].parent
        self._named = named
        self._away: dict[int, bool] = dict.fromkeys(sure, False)
        self._away[0] = False

    def is_away(self, element: int) -> bool:
        """Tell whether an element stands in a part that leads away from the article.

        A part that holds most of the page's prose is no box beside it, whatever its name.
        """
        away, elements = self._away, self.page.elements
        unknown = []
        while element not in away:
            unknown.append(element)
            element = elements[element].parent
        known = away[element]
        for element in reversed(unknown):
            part = elements[element]
            if not known and (flags := part.flags & OUT):
                share = 0.8 if flags & COMMENTS else 0.5
                known = self._named.get((part.tag, part.kind), 0) < share * self.total
            away[element] = known
        return known

    def _mass(self, prose: list[int]) -> list[int]:
        """Sum the prose in each element."""
        elements, blocks = self.page.elements, self.page.blocks
        mass = [0] * len(elements)
        for index in prose:
            mass[blocks[index].element] += len(blocks[index].text)
        for index in range(len(elements) - 1, 0, -1):
            if mass[index]:
                mass[elements[index].parent] += mass[index]
        return mass

    def _container(self, good: list[int]) -> int:
        """Find the smallest part that holds most of the good prose, and what is known."""
        elements = self.page.elements
        mass = self._mass(good)
        held = self._mass(self.known) if self.known else None
        children: dict[int, list[int]] = {}
        for index in range(1, len(elements)):
            if mass[index]:
                children.setdefault(elements[index].parent, []).append(index)
        container = 0
        while parts := children.get(container):
            best = max(parts, key=lambda part: mass[part] * (2 if self._declared(part) else 1))
            needed = 0.3 if self._declared(best) else 0.6
            if mass[best] < needed * mass[container] or elements[best].tag in _CARRIERS:
                break
            if held and held[best] < 0.6 * held[0]:
                break
            if any(self._alike(best, part) and mass[part] >= 0.1 * mass[best] for part in parts):
                break  # the article goes on beside it
            container = best
        return container

    def _declared(self, element: int) -> bool:
        """Tell whether an element says that it holds what the page is for."""
        part = self.page.elements[element]
        return part.tag in ("main", "article") or bool(part.flags & BODY)

    def _alike(self, one: int, other: int) -> bool:
        first, second = self.page.elements[one], self.page.elements[other]
        return one != other and first.tag == second.tag and first.kind == second.kind

    def _anchors(self) -> list[int]:
        """Give for each element the part that it stands in.

        That is the element itself, or what is left when one climbs out of carriers of
        paragraphs and of wrappers that hold a single one.
        """
        anchors = [0]
        for index in range(1, len(self.page.elements)):
            part = self.page.elements[index]
            climbs = part.tag in _CARRIERS or self.counts[index] == 1
            anchors.append(anchors[part.parent] if climbs else index)
        return anchors

    def body(self) -> list[int]:
        """List the blocks that look like the body."""
        page, elements, blocks = self.page, self.page.elements, self.page.blocks
        good = [i for i in self.prose if not self.is_away(blocks[i].element)]
        if not good:
            return []
        container = self._container(good)
        anchors = self._anchors()
        weights: dict[tuple[str, str, str], int] = {}
        kinds: dict[int, tuple[str, str, str]] = {}
        inside: list[int] = []
        for index, block in enumerate(blocks):
            if self.is_away(block.element) or not page.inside(block.element, container):
                continue
            inside.append(index)
            anchor = anchors[block.element]
            if anchor not in kinds:
                part = elements[anchor]
                kinds[anchor] = (part.tag, part.kind, elements[part.parent].kind)
        for index in good:
            anchor = anchors[blocks[index].element]
            if anchor in kinds:
                kind = kinds[anchor]
                weights[kind] = weights.get(kind, 0) + len(blocks[index].text)
        most = 0.15 * sum(weights.values())
        main = {kind for kind, weight in weights.items() if weight >= most}
        sure = {kinds[a] for i in self.known if (a := anchors[blocks[i].element]) in kinds}
        # A copy that is more than a lead shows where the body is: beside it, only what has the
        # forms that the copy has shown belongs to it.
        home = 0
        if sum(len(blocks[i].text) for i in self.known) >= _LEAD:
            home = elements[common_element(page, self.known)].parent
        around = {elements[anchor].parent for anchor, kind in kinds.items() if kind in main | sure}
        prose = set(good)
        found: list[int] = []
        waiting: list[int] = []
        seen: set[str] = set()
        end = max(self.known, default=0)
        # What stands in the body three times is a label or a notice, not the article.
        often = Counter(blocks[index].text for index in inside)
        for index in inside:
            block = blocks[index]
            element = elements[block.element]
            text = block.text
            if (
                found
                and index > end
                and not block.linked
                and len(text) < _SHORT
                and _AFTERWARDS.match(text)
            ):
                break
            anchor = anchors[block.element]
            if (
                not (
                    kinds[anchor] in sure
                    or (kinds[anchor] in main and page.inside(block.element, home))
                    or (anchor in around and element.tag in HEADINGS)
                )
                or element.tag == "h1"
                or is_furniture(block)
                or text in seen
                or often[text] > 2
            ):
                continue
            if len(text) >= 40:
                seen.add(text)
            if index in prose and element.tag not in HEADINGS:
                if found:
                    found += waiting
                waiting.clear()
                found.append(index)
            else:
                waiting.append(index)
        return found


def common_element(page: Page, blocks: list[int]) -> int:
    """Find the smallest element that holds all of some blocks and is more than one paragraph."""
    elements = page.elements
    common = page.blocks[blocks[0]].element
    for index in blocks[1:]:
        element = page.blocks[index].element
        while element != common:
            if element > common:
                element = elements[element].parent
            else:
                common = elements[common].parent
    while common and elements[common].tag in ("p", "li", "ul", "ol", "blockquote"):
        common = elements[common].parent
    return common


def unguided(page: Page) -> list[int]:
    """List the body's blocks by the look of the page's prose; none when nothing looks like it."""
    return Outline(page).body()


def standfirst(page: Page, body: list[int], description: str | None) -> list[int]:
    """List the blocks between headline and body that sum the article up.

    They are known by their name, or because the page's own description says the same.
    """
    first = min(body)
    start = max(
        (i for i in range(first) if page.elements[page.blocks[i].element].tag == "h1"),
        default=first - 10,
    )
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
        said = shingles(compared(block.text))
        if len(opening.intersection(said)) > 0.3 * len(said):
            continue
        same = len(summary.find(said))
        if (
            same >= 0.6 * max(1, min(len(said), len(summary)))
            or _STANDFIRST.search(element.label)
            or _STANDFIRST.search(around.label)
        ):
            found.append(index)
    return found
