"""Find a page's prose and its probable article body by layout, without a copy."""

from collections import Counter
from functools import cached_property

from newscrawl.extraction.blocks import ENDS, HEADINGS, Block, Page
from newscrawl.extraction.flags import AWAY, BODY, BYLINE, CAPTION, COMMENTS
from newscrawl.extraction.forms import (
    CARRIERS,
    CELLS,
    MINOR,
    MINOR_GUIDED,
    Forms,
    anchors_of,
    form_of,
    mass_of,
    without_teasers,
)
from newscrawl.extraction.furniture import (
    SENTENCE,
    is_afterwards,
    is_link,
    is_notice,
    may_be_prose,
)

OUT = AWAY | CAPTION | COMMENTS | BYLINE
"""Flags of parts without text of the article."""

_LEAD = 1500
"""Minimum characters of a copy that is more than a lead."""

_HELD = 800
"""Minimum characters of a declared article; parts around it are then not boxes."""

_LONG_CAPTION = 600
"""Characters from which a part named after a picture contains more than its caption."""

_LONG_HEADING = 80
"""Characters from which a heading, or a link, that ends as a sentence is a paragraph."""

_COMMENTED = 1500
"""Characters of other prose from which comments are not the article."""

_OWN = 300
"""Characters of a part's direct paragraphs from which no part inside it is the whole body."""

_PARTLY = 0.8
"""Linked share of a paragraph that is no link to another page."""

_LARGEST_CELL = 8
"""Maximum number of elements in a table cell that contains data."""

_MANY = 200
"""Blocks after a copy from which a quick test saves time."""

_ITEMS = frozenset(("li", "dd", "dt", "td", "th"))

_CLIMBING = CARRIERS | CELLS | {"table"}
"""Elements whose text may have the form of one around them, see ``anchors_of``."""

_TEXTS = HEADINGS | _ITEMS | {"p"}
"""Elements whose text belongs to the body even if it is all a link, when prose follows."""


class Outline:
    """Prose of a page and its probable article body, by layout."""

    def __init__(self, page: Page, known: list[int] | None = None) -> None:
        """Analyse the page's parts; ``known`` blocks certainly belong to the body."""
        self.page = page
        self.known = known or []
        self.prose = [
            i
            for i, b in enumerate(page.blocks)
            if b.linked <= 0.5 * len(b.text) and may_be_prose(b.text)
        ]
        self._away = dict.fromkeys(page.around(self.known), False)
        self._away[0] = False

    @cached_property
    def _mass(self) -> list[int]:
        """Characters of prose in each element."""
        return mass_of(self.page, self.prose)

    @cached_property
    def _named(self) -> Counter[tuple[str, str]]:
        """Characters of prose in boxes by tag and name."""
        named: Counter[tuple[str, str]] = Counter()
        for element, weight in zip(self.page.elements, self._mass, strict=True):
            if weight and element.flags & OUT:
                named[element.tag, element.kind] += weight
        return named

    @cached_property
    def _around_article(self) -> set[int]:
        """The parts whose prose belongs to a declared article inside them."""
        mass, elements = self._mass, self.page.elements
        found: set[int] = set()
        for index in range(len(mass) - 1, 0, -1):
            if mass[index] >= _HELD and index not in found and self._declared(index):
                above = elements[index].parent
                while above and 0.8 * mass[above] <= mass[index]:
                    found.add(above)
                    above = elements[above].parent
        return found

    def is_away(self, element: int) -> bool:
        """Return whether an element is in a part with links to other pages."""
        away, elements = self._away, self.page.elements
        unknown = []
        while (known := away.get(element)) is None:
            unknown.append(element)
            element = elements[element].parent
        for element in reversed(unknown):
            known = away[element] = known or self._is_box(element)
        return known

    def _is_box(self, element: int) -> bool:
        """Return whether an element is a box by its name, unless its text contradicts that.

        Not boxes are parts of one name with most of the page's prose, the part with the declared
        article, and a caption of many paragraphs.
        """
        part = self.page.elements[element]
        flags = part.flags & OUT
        if not flags or element in self._around_article:
            return False
        if flags == CAPTION and self._mass[element] >= _LONG_CAPTION:
            return False
        share = 0.8 if flags & COMMENTS else 0.5
        named = self._named[part.tag, part.kind]
        return named < share * self._mass[0] or (
            bool(flags & COMMENTS) and self._mass[0] - named >= _COMMENTED
        )

    def _container(self, good: list[int], anchors: list[int]) -> int:
        """Find the smallest container of most of the prose."""
        elements = self.page.elements
        mass = mass_of(self.page, good)
        held = mass_of(self.page, self.known) if self.known else None
        own = [0] * len(elements)
        for index in good:
            own[anchors[self.page.blocks[index].element]] += len(self.page.blocks[index].text)
        container = 0
        while parts := [part for part in self.page.inner(container) if mass[part]]:
            best = max(parts, key=lambda part: mass[part] * (2 if self._declared(part) else 1))
            needed = 0.3 if self._declared(best) else 0.85 if self._declared(container) else 0.75
            if mass[best] < needed * mass[container] or elements[best].tag in CARRIERS:
                break
            if own[container] >= _OWN:
                break  # the same before or after it
            if held and held[best] < 0.6 * held[0]:
                break
            if any(self._alike(best, part) and mass[part] >= 0.1 * mass[best] for part in parts):
                break  # the article continues outside of it
            container = best
        return container

    def _declared(self, element: int) -> bool:
        """Return whether an element is declared as the main content."""
        part = self.page.elements[element]
        return part.tag in ("main", "article") or bool(part.flags & BODY)

    def _alike(self, one: int, other: int) -> bool:
        first, second = self.page.elements[one], self.page.elements[other]
        return one != other and first.tag == second.tag and first.kind == second.kind

    def body(self, after: int = -1) -> list[int]:
        """Return the blocks of the probable body; none if it ends at ``after`` or before."""
        page, blocks = self.page, self.page.blocks
        if self.known and len(blocks) - after > _MANY and not self._may_go_on(after):
            return []
        if all(self.is_away(blocks[index].element) for index in self.prose if index > after):
            return []
        good = [index for index in self.prose if not self.is_away(blocks[index].element)]
        texts = without_teasers(page, self.prose, good)
        if set(self.known).isdisjoint(set(good).difference(texts)):
            good = texts
        if good[-1] <= after:
            return []
        anchors = anchors_of(page, self._mass)
        container = self._container(good, anchors)
        end = page.ends[container]
        inside = [
            index
            for index, block in enumerate(blocks)
            if container <= block.element < end and not self.is_away(block.element)
        ]
        forms = Forms(page, anchors, inside, good)
        return self._told(inside, self._belonging(forms, good, inside), set(good), forms.anchors)

    def _may_go_on(self, after: int) -> bool:
        """Return whether blocks after the end of the copy may belong to the body.

        This test is quicker than the choice itself, of which it checks necessary conditions:
        ``_told`` takes only blocks that ``_may_follow``, and ``_belonging`` only those near the
        copy, headings, and those with a form of the copy's blocks.
        """
        page, elements = self.page, self.page.elements
        common = innermost(page, self.known)
        if len(self.known) == 1 or elements[common].tag in _CLIMBING or self._is_led:
            return True
        home = elements[common].parent
        near: list[int] = []
        far: list[int] = []
        for index in range(after + 1, len(page.blocks)):
            block = page.blocks[index]
            if block.linked == len(block.text) < _LONG_HEADING:  # most are links
                continue
            if self._may_follow(block):
                part = elements[block.element]
                beside = part.tag in HEADINGS or page.inside(block.element, home)
                (near if beside else far).append(index)
        known = [index for index in page.around(self.known) if page.inside(index, common)]
        forms = {form_of(page, index) for index in known if elements[index].tag not in CARRIERS}
        tags = {form.tag for form in forms}
        others = [index for index in page.around(far) if elements[index].tag in tags]
        return any(form_of(page, index) in forms for index in others) or any(
            not self.is_away(page.blocks[index].element) for index in near
        )

    def _may_follow(self, block: Block) -> bool:
        """Return whether ``_told`` may take a block for a paragraph, or put it behind the last."""
        text, linked = block.text, block.linked
        if linked > _PARTLY * len(text) and not _is_linked_paragraph(block):
            return False
        if linked <= 0.5 * len(text) and may_be_prose(text):
            return True
        part = self.page.elements[block.element]
        if linked:
            return part.tag == "p" or _is_linked_paragraph(block)
        return (
            text[-1] in ENDS or part.tag in _ITEMS or self.page.elements[part.parent].tag in _ITEMS
        )

    @cached_property
    def _is_led(self) -> bool:
        """Whether the copy may be only a lead, which does not locate the body."""
        return sum(len(self.page.blocks[index].text) for index in self.known) < _LEAD

    def brief(self) -> list[int]:
        """Return the lines of a declared body without prose, such as results."""
        page, elements = self.page, self.page.elements
        declared = [0] * len(elements)  # the innermost body around each element
        for index in range(1, len(elements)):
            own = elements[index].flags & BODY
            declared[index] = index if own else declared[elements[index].parent]
        lines: dict[int, list[int]] = {}
        for index, block in enumerate(page.blocks):
            body = declared[block.element]
            if not body or block.linked or elements[block.element].tag == "h1":
                continue
            if not is_notice(block) and not self.is_away(block.element):
                lines.setdefault(body, []).append(index)
        return max(lines.values(), key=len, default=[])

    def _belonging(self, forms: Forms, good: list[int], inside: list[int]) -> set[int]:
        """Choose the blocks in containers with the forms of the body."""
        page, elements, blocks = self.page, self.page.elements, self.page.blocks
        shown = set(inside)
        sure = {forms.at(index) for index in self.known if index in shown}
        main = forms.main()
        wanted = main | forms.minor(main, MINOR_GUIDED if self.known else MINOR)
        home = 0
        if not self.known:
            wanted |= forms.labels(main)
        else:
            # Blocks that the copy skips are a box.
            between = range(min(self.known), max(self.known))
            held = set(self.known)
            wanted -= {forms.at(i) for i in good if i in between and i in shown and i not in held}
            # A copy that is more than a lead locates the body: outside of it, only blocks with
            # the same forms belong to it.
            if not self._is_led:
                home = elements[common_element(page, self.known)].parent
        around = {elements[a].parent for a, form in forms.of.items() if form in main | sure}
        chosen = set()
        for index in inside:
            element = blocks[index].element
            form = forms.at(index)
            if (
                form in sure
                or (form in wanted and page.inside(element, home))
                or (forms.anchors[element] in around and elements[element].tag in HEADINGS)
            ):
                chosen.add(index)
        return chosen

    def _told(
        self, inside: list[int], belonging: set[int], prose: set[int], anchors: list[int]
    ) -> list[int]:
        """Return the blocks from the first prose to the last, without furniture."""
        blocks, elements = self.page.blocks, self.page.elements
        end = max(self.known, default=0)
        # Text that occurs three times is a label or a notice, not the article.
        often = Counter(blocks[index].text for index in inside)
        found: list[int] = []
        waiting: list[int] = []
        seen: set[str] = set()
        for index in inside:
            block = blocks[index]
            text, tag = block.text, elements[block.element].tag
            if found and index > end and is_afterwards(block) and not self._in_cell(block.element):
                break
            if index not in belonging or (tag == "h1" and not found) or text in seen:
                continue
            if often[text] > 2 and text[-1] not in ENDS and not self._in_cell(block.element):
                continue
            if is_notice(block) or (is_link(block) and tag not in _TEXTS):
                continue
            if len(text) >= SENTENCE:
                seen.add(text)
            if index not in prose or (tag in HEADINGS and not _is_paragraph(text)):
                waiting.append(index)
                continue
            found += waiting if found else self._before(waiting, index, anchors)
            waiting.clear()
            found.append(index)
        return found + self._behind(waiting, found[-1], anchors) if found else []

    def _in_cell(self, element: int) -> bool:
        """Return whether an element is in a cell of data, not in one that lays out the page."""
        elements = self.page.elements
        cell = element if elements[element].tag in CELLS else elements[element].parent
        return elements[cell].tag in CELLS and self.page.ends[cell] - cell <= _LARGEST_CELL

    def _before(self, waiting: list[int], prose: int, anchors: list[int]) -> list[int]:
        """Return the short sentences or the heading directly before the first paragraph."""
        blocks, elements = self.page.blocks, self.page.elements
        found: list[int] = []
        for index in reversed(waiting):
            block = blocks[index]
            if block.linked and not _is_linked_paragraph(block):
                break
            if (
                elements[block.element].tag in HEADINGS
                and anchors[block.element] == anchors[blocks[prose].element]
            ):
                found.append(index)
                break
            if not self._is_sentence(index, prose):
                break
            found.append(index)
        return found[::-1]

    def _behind(self, waiting: list[int], prose: int, anchors: list[int]) -> list[int]:
        """Return the short sentences and list items directly after the last paragraph."""
        blocks, elements = self.page.blocks, self.page.elements
        found: list[int] = []
        for index in waiting:
            block = blocks[index]
            part = elements[block.element]
            beside = anchors[block.element] == anchors[blocks[prose].element]
            item = beside and (part.tag in _ITEMS or elements[part.parent].tag in _ITEMS)
            linked = block.linked and not _is_linked_paragraph(block)
            if (linked or not (item or self._is_sentence(index, prose))) and not self._goes_on(
                index, prose
            ):
                break
            found.append(index)
        return found

    def _goes_on(self, index: int, prose: int) -> bool:
        """Return whether a text with links in it is in an element like that of a paragraph."""
        block = self.page.blocks[index]
        one, other = block.element, self.page.blocks[prose].element
        return (
            0 < block.linked <= _PARTLY * len(block.text)
            and self.page.elements[one].tag == "p"
            and form_of(self.page, one) == form_of(self.page, other)
            and may_be_prose(block.text)
        )

    def _is_sentence(self, index: int, prose: int) -> bool:
        """Return whether a block is a sentence in an element like that of a paragraph."""
        one = self.page.elements[self.page.blocks[index].element]
        other = self.page.elements[self.page.blocks[prose].element]
        ends = self.page.blocks[index].text[-1] in ENDS
        return ends and (one.tag, one.parent) == (other.tag, other.parent)


def _is_linked_paragraph(block: Block) -> bool:
    """Return whether a block with links is a paragraph, not the title of another article."""
    return len(block.text) >= _LONG_HEADING and block.text[-1] == "."


def _is_paragraph(text: str) -> bool:
    """Return whether the text of a heading is a paragraph."""
    return len(text) >= _LONG_HEADING and text[-1] in ".!…»”"


def innermost(page: Page, blocks: list[int]) -> int:
    """Find the smallest element that contains some blocks."""
    elements = page.elements
    common = page.blocks[blocks[0]].element
    for index in blocks[1:]:
        element = page.blocks[index].element
        while element != common:
            if element > common:
                element = elements[element].parent
            else:
                common = elements[common].parent
    return common


def common_element(page: Page, blocks: list[int]) -> int:
    """Find the smallest element that contains some blocks and is more than one paragraph."""
    elements = page.elements
    common = innermost(page, blocks)
    while common and elements[common].tag in ("p", "li", "ul", "ol", "blockquote"):
        common = elements[common].parent
    return common
