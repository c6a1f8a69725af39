"""The outline of a page: where its prose stands, and which of it looks like an article's body."""

import re
from collections import Counter

from newscrawl.extraction.blocks import (
    AWAY,
    BODY,
    BYLINE,
    CAPTION,
    COMMENTS,
    ENDS,
    HEADINGS,
    Block,
    Page,
)

OUT = AWAY | CAPTION | COMMENTS | BYLINE
"""Flags of parts that hold no text of the article."""

_SENTENCE = 40
"""Characters from which a block may be prose."""

_FORM = 0.15
"""Share of the prose from which a form of text belongs to the body."""

import os
_MINOR = float(os.environ.get("MINOR", "0.05"))
_MINOR2 = float(os.environ.get("MINOR2", "0.05"))
_TB = float(os.environ.get("TB", "0.2"))
_CELLS = frozenset(("thead", "tbody", "tfoot", "tr", "th", "td"))
_CARD = float(os.environ.get("CARD", "300"))
_REST = float(os.environ.get("REST", "500"))
_CAP = float(os.environ.get("CAP", "600"))
_LK = float(os.environ.get("LK", "0.2"))
_EN = float(os.environ.get("EN", "0.25"))
_NP = float(os.environ.get("NP", "2"))

_LEAD = 1500
"""Characters of a copy from which it is more than a lead."""

# Elements that carry one paragraph, or a few, inside the part of the page that they stand in.
# fmt: off
_CARRIERS = frozenset((
    "p", "ul", "ol", "li", "dl", "dd", "dt", "blockquote", "center", "h1", "h2", "h3", "h4", "h5",
    "h6", "hgroup", "pre", "font",
))
# fmt: on

_TEXTS = HEADINGS | {"p", "li", "td"}
"""Elements whose text is the body's even when it is all a link, if prose follows."""

_CREDIT = re.compile(
    r"^\W*(?:©|\(c\)|(?:(?:foto|photo|crédit|credit|image|bild|صورة)s?\s*)+:)|"
    r"(?:©|\((?:c\)|foto|photo|crédit|credit|image|bild|صورة)|"
    r"(?<!\bla )\b(?:foto|photo|crédit|credit|image|bild|صورة)s?\s*:).{0,60}$",
    re.IGNORECASE,
)
_INVITES = 0.2
"""Linked share of an invitation; a sentence that names a service links less."""
_SERVICE = re.compile("whatsapp|telegram", re.IGNORECASE)
_INVITATION = re.compile(
    r"newsletter|sign up|subscrib|abonn(?:ez|ier)|bookmark|نشرتنا|اشترك|"
    r"donate (?:now|here|to us)|faites? un don\b|soutenez-nous|support us\b|"
    r"mit einer spende|haz una donación|تبرع الآن",
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
    r"see also|also read|more (?:on|from)|related (?:articles|stories|news|posts)|"
    r"lesen sie|mehr zum thema|lee tambi[ée]n|"
    r"اقرأ (?:أيضا|ايضا|المزيد)|إقرأ أيضا|اقرا ايضا|طالع أيضا|شاهد أيضا|مواضيع ذات صلة|"
    r"(?:copyright|©|\(c\)|all rights reserved|tous droits r[ée]serv[ée]s|جميع الحقوق محفوظة)|"
    r"subscribe|sign up|abonnez|inscrivez|follow us|suivez|تابعنا|اشترك|rejoignez|"
    r"(?:newsletter|advertisement|publicit[ée]|anzeige|werbung|إعلان)\W*$)",
    re.IGNORECASE,
)


def is_link(block: Block) -> bool:
    """Tell whether a block is a link with little beside it."""
    return block.linked > 0.5 * len(block.text) and len(block.text) - block.linked < 50


def is_notice(block: Block) -> bool:
    """Tell whether a short block is a credit, an invitation or a pointer elsewhere."""
    text = block.text
    return len(text) - block.linked < 200 and (
        _FURNITURE.match(text) is not None
        or _CREDIT.search(text) is not None
        or (block.linked > 0 and _INVITATION.search(text) is not None)
        or (block.linked > _INVITES * len(text) and _SERVICE.search(text) is not None)
    )


def is_furniture(block: Block) -> bool:
    """Tell whether a block only leads elsewhere."""
    return is_link(block) or is_notice(block)


def is_afterwards(block: Block) -> bool:
    """Tell whether a block is the heading of what follows an article."""
    text = block.text
    return len(text) < _SENTENCE and not block.linked and _AFTERWARDS.match(text) is not None


class Outline:
    """Where a page's prose stands, and which of it looks like the body of an article."""

    def __init__(self, page: Page, known: list[int] | None = None) -> None:
        """Weigh the page's parts; ``known`` blocks are sure to be of the body."""
        self.page = page
        self.known = known or []
        elements, blocks = page.elements, page.blocks
        self.prose = [
            i
            for i, b in enumerate(blocks)
            if len(b.text) >= _SENTENCE and b.linked <= 0.5 * len(b.text)
        ]
        mass = self._mass(self.prose)
        self.total = mass[0]
        held = {}
        for index in range(len(elements) - 1, 0, -1):
            if mass[index] >= 800 and index not in held and self._declared(index):
                above = index
                while above and mass[above] <= mass[index] / 0.8:
                    held[above] = index
                    above = elements[above].parent
        self._holds = held
        self._size = mass
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
            flags = part.flags & OUT
            if flags == CAPTION and self._size[element] >= _CAP:
                flags = 0
            if not known and flags and self._holds.get(element, element) == element:
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
            needed = 0.3 if self._declared(best) else 0.85 if self._declared(container) else 0.75
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
        elements = self.page.elements
        counts = [0] * len(elements)
        for block in self.page.blocks:
            counts[block.element] += 1
        for index in range(len(elements) - 1, 0, -1):
            counts[elements[index].parent] += counts[index]
        anchors = [0]
        mass = self._mass(self.prose)
        data = [False]
        for index in range(1, len(elements)):
            part = elements[index]
            data.append(
                mass[index] < _TB * self.total
                if part.tag == "table"
                else part.tag in _CELLS and data[part.parent]
            )
            climbs = part.tag in _CARRIERS or counts[index] == 1 or data[index]
            anchors.append(anchors[part.parent] if climbs else index)
        return anchors

    def body(self, after: int = -1) -> list[int]:
        """List the blocks that look like the body; none when it ends at ``after`` or before."""
        page, blocks = self.page, self.page.blocks
        good = [index for index in self.prose if not self.is_away(blocks[index].element)]
        good = self._without_teasers(good)
        if not good or good[-1] <= after:
            return []
        container = self._container(good)
        inside = [
            index
            for index, block in enumerate(blocks)
            if page.inside(block.element, container) and not self.is_away(block.element)
        ]
        return self._told(inside, self._belonging(good, inside), set(good))

    def _belonging(self, good: list[int], inside: list[int]) -> set[int]:
        """Choose the blocks that stand in parts which have the forms of the body."""
        page, elements, blocks = self.page, self.page.elements, self.page.blocks
        anchors = self._an = self._anchors()
        forms: dict[int, tuple[str, str, str]] = {}
        for index in inside:
            anchor = anchors[blocks[index].element]
            if anchor not in forms:
                part = elements[anchor]
                forms[anchor] = (part.tag, part.kind, elements[part.parent].kind)
        weights: Counter[tuple[str, str, str]] = Counter()
        for index in good:
            if (anchor := anchors[blocks[index].element]) in forms:
                weights[forms[anchor]] += len(blocks[index].text)
        total = weights.total()
        main = {form for form, weight in weights.items() if weight >= _FORM * total}
        last = max((i for i in good if forms.get(anchors[blocks[i].element]) in main), default=0)
        minor = self._minor(forms, anchors, weights, inside, set(good), last) - main
        known = {anchors[blocks[index].element] for index in self.known}
        sure = {forms[anchor] for anchor in known if anchor in forms}
        if self.known:
            between = range(min(self.known), max(self.known))
            held = set(self.known)
            passed = {
                forms[anchors[blocks[i].element]] for i in inside if i in between and i not in held and i in set(good)
            } - sure
            main -= passed
            minor -= passed
        # A copy that is more than a lead shows where the body is: beside it, only what has the
        # forms that the copy has shown belongs to it.
        home = 0
        if sum(len(blocks[index].text) for index in self.known) >= _LEAD:
            home = elements[common_element(page, self.known)].parent
        around = {elements[anchor].parent for anchor, form in forms.items() if form in main | sure}
        chosen = set()
        for index in inside:
            element = blocks[index].element
            anchor = anchors[element]
            if (
                forms[anchor] in sure
                or (forms[anchor] in main and page.inside(element, home))
                or (forms[anchor] in minor and page.inside(element, home))
                or (anchor in around and elements[element].tag in HEADINGS)
            ):
                chosen.add(index)
        return chosen

    def _without_teasers(self, good: list[int]) -> list[int]:
        blocks, elements = self.page.blocks, self.page.elements
        prose = [0] * len(elements)
        titled = [False] * len(elements)
        for index in self.prose:
            prose[blocks[index].element] += 1
        for block in blocks:
            titled[block.element] |= block.linked == len(block.text) >= 15
        for index in range(len(elements) - 1, 0, -1):
            parent = elements[index].parent
            prose[parent] += prose[index]
            titled[parent] |= titled[index]
        cards: dict[int, tuple[str, str, str]] = {}
        for index in good:
            element = blocks[index].element
            while element and prose[element] == 1 and prose[elements[element].parent] == 1:
                element = elements[element].parent
            if titled[element] and prose[element] == 1 and len(blocks[index].text) < _CARD:
                cards[index] = (elements[element].tag, elements[element].kind, elements[elements[element].parent].kind)
        count = Counter(cards.values())
        rest = [i for i in good if i not in cards or count[cards[i]] < 3]
        return rest if sum(len(blocks[i].text) for i in rest) >= _REST else good

    def _minor(self, forms, anchors, weights, inside, good, last):
        blocks = self.page.blocks
        size: Counter = Counter()
        links: Counter = Counter()
        told: Counter = Counter()
        ended: Counter = Counter()
        early: set = set()
        for index in inside:
            form = forms[anchors[blocks[index].element]]
            links[form] += blocks[index].linked
            size[form] += len(blocks[index].text)
            if index in good:
                told[form] += 1
                ended[form] += blocks[index].text[-1] in ENDS
                if index < last:
                    early.add(form)
        total = weights.total()
        return {
            form
            for form, weight in weights.items()
            if weight >= (_MINOR if form in early else _MINOR2) * total
            and links[form] < _LK * size[form]
            and ended[form] >= _EN * told[form]
            and (told[form] >= _NP or form in early)
        }

    def _told(self, inside: list[int], belonging: set[int], prose: set[int]) -> list[int]:
        """Choose the blocks that tell: from the first prose to the last, without furniture."""
        blocks = self.page.blocks
        end = max(self.known, default=0)
        # What stands there three times is a label or a notice, not the article.
        often = Counter(blocks[index].text for index in inside)
        found: list[int] = []
        waiting: list[int] = []
        seen: set[str] = set()
        for index in inside:
            block = blocks[index]
            text, tag = block.text, self.page.elements[block.element].tag
            if found and index > end and is_afterwards(block):
                break
            if index not in belonging or (tag == "h1" and not found) or text in seen:
                continue
            if often[text] > 2 and text[-1] not in ENDS:
                continue
            if is_notice(block) or (is_link(block) and tag not in _TEXTS):
                continue
            if len(text) >= _SENTENCE:
                seen.add(text)
            if index not in prose or tag in HEADINGS:
                waiting.append(index)
                continue
            found += waiting if found else self._sentences(waiting[::-1], index, True)[::-1]
            waiting.clear()
            found.append(index)
        return found + self._sentences(waiting, found[-1]) if found else []

    def _near(self, one, other):
        an = self._an
        return an[one] == an[other]

    def _sentences(self, waiting: list[int], prose: int, head=False) -> list[int]:
        """List the short sentences that stand next to a paragraph, in the same part."""
        blocks, elements = self.page.blocks, self.page.elements
        part = elements[blocks[prose].element]
        found = []
        for index in waiting:
            block = blocks[index]
            element = elements[block.element]
            if not head and element.tag in ("li", "td", "dd", "dt") and not block.linked and self._near(block.element, blocks[prose].element):
                found.append(index); continue
            if head and element.tag in HEADINGS and not block.linked and self._near(block.element, blocks[prose].element):
                found.append(index); break
            if (
                (element.tag, element.parent) != (part.tag, part.parent)
                or block.text[-1] not in ENDS
                or block.linked
            ):
                break
            found.append(index)
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
