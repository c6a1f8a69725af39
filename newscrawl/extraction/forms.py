"""Group a page's text blocks by the tags and classes of their containers.

The form of a block (tag and classes) is that of its anchor, the container of the block:
paragraphs, lists, headings and data tables in one container share a form.
"""

import re
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from newscrawl.extraction.blocks import ENDS, Page
from newscrawl.extraction.furniture import SENTENCE

CELLS = frozenset(("thead", "tbody", "tfoot", "tr", "th", "td"))
"""Parts of a table."""

# Elements of one or a few paragraphs inside their container.
# fmt: off
CARRIERS = frozenset((
    "p", "ul", "ol", "li", "dl", "dd", "dt", "blockquote", "center", "h1", "h2", "h3", "h4", "h5",
    "h6", "hgroup", "pre", "font",
))
# fmt: on

_LISTS = frozenset(("ul", "ol"))

_LAYOUT = 0.2
"""Share of the page's prose from which a table is a layout table, not a data table."""

_MAIN = 0.15
"""Share of the prose from which a form belongs to the body."""

MINOR = 0.03
"""Share of the prose from which a form belongs to the body if it looks like running text."""

MINOR_GUIDED = 0.05
"""The same on a page with a copy, which shows most forms of the body."""

_MINOR_LINKED = 0.2
"""Linked share from which a form does not look like running text."""

_MINOR_ENDS = 0.25
"""Share of paragraphs ending as sentences below which a form is not running text."""

_TEASER = 700
"""Maximum characters of a teaser's text."""

_TEASERS = 3
"""Parts of one form, each a linked title and one paragraph, that are a list of teasers."""

_ARTICLE = 0.25
"""Minimum share of the prose of an article next to a list of teasers."""


_OFTEN, _LINES, _TOLD = 3, 4, 0.75
"""Places and lines a place of a form of short lines, and the share of them that says something."""

_UNLIKE = 100
"""Weight of a line that a form of short lines does not have."""

_WORD = re.compile(r"[^\W\d_]{3}")
_HOUR = re.compile(r"\b\d\d?[:.h]\d\d\b")


class Form(NamedTuple):
    """Tag and classes shared by containers whose text is of one kind."""

    tag: str
    kind: str
    around: str
    """Classes of the element around it."""


def form_of(page: Page, element: int) -> Form:
    """Return the form of an element."""
    part = page.elements[element]
    return Form(part.tag, part.kind, page.elements[part.parent].kind)


def mass_of(page: Page, blocks: Iterable[int]) -> list[int]:
    """Return the characters of some blocks in each element, including its descendants."""
    elements = page.elements
    mass = [0] * len(elements)
    for index in blocks:
        block = page.blocks[index]
        mass[block.element] += len(block.text)
    for index in range(len(mass) - 1, 0, -1):
        if mass[index]:
            mass[elements[index].parent] += mass[index]
    return mass


def anchors_of(page: Page, mass: list[int]) -> list[int]:
    """Return the container of each element.

    That is the element itself, or its first ancestor that is not a carrier of paragraphs, a data
    cell or a wrapper of a single block or list.

    Args:
        page: The page's blocks.
        mass: Characters of prose in each element.
    """
    elements = page.elements
    counts = [0] * len(elements)
    for block in page.blocks:
        counts[block.element] += 1
    lists = []
    for index in range(len(elements) - 1, 0, -1):
        part = elements[index]
        counts[part.parent] += counts[index]
        if part.tag in _LISTS:
            lists.append(index)
    climbing = {
        parent
        for index in lists
        if counts[index] == counts[parent := elements[index].parent]
        and elements[parent].tag == "div"
    }
    data: set[int] = set()
    anchors = [0]
    for index in range(1, len(elements)):
        part = elements[index]
        tag = part.tag
        if (
            mass[index] < _LAYOUT * mass[0]
            if tag == "table"
            else tag in CELLS and part.parent in data
        ):
            data.add(index)
        climbs = tag in CARRIERS or counts[index] == 1 or index in climbing or index in data
        anchors.append(anchors[part.parent] if climbs else index)
    return anchors


class Forms:
    """Groups of text blocks with the same container tag and classes, and their share of prose."""

    def __init__(
        self, page: Page, anchors: list[int], blocks: list[int], prose: Iterable[int]
    ) -> None:
        """Count the prose of each form; ``prose`` are the blocks that are prose."""
        self._page = page
        self._blocks = blocks
        self.anchors = anchors
        """Container of each element."""
        self.of: dict[int, Form] = {}
        """The form of each anchor."""
        for index in blocks:
            anchor = anchors[page.blocks[index].element]
            if anchor not in self.of:
                self.of[anchor] = form_of(page, anchor)
        self._prose = [i for i in prose if anchors[page.blocks[i].element] in self.of]
        self.weights: Counter[Form] = Counter()
        """Characters of prose of each form."""
        for index in self._prose:
            self.weights[self.at(index)] += len(page.blocks[index].text)

    def at(self, block: int) -> Form:
        """Return the form of a block."""
        return self.of[self.anchors[self._page.blocks[block].element]]

    def main(self) -> set[Form]:
        """Return the forms with a large share of the prose."""
        total = self.weights.total()
        return {form for form, weight in self.weights.items() if weight >= _MAIN * total}

    def minor(self, main: set[Form], share: float) -> set[Form]:
        """Return other forms of running text: sections, boxes and tables inside an article.

        Each has at least ``share`` of the prose. After the last main form, one paragraph of
        another form is an author's note or the like.
        """
        blocks = self._page.blocks
        last = max((index for index in self._prose if self.at(index) in main), default=-1)
        size: Counter[Form] = Counter()
        linked: Counter[Form] = Counter()
        for index in self._blocks:
            form = self.at(index)
            size[form] += len(blocks[index].text)
            linked[form] += blocks[index].linked
        paragraphs: Counter[Form] = Counter()
        ended: Counter[Form] = Counter()
        early: set[Form] = set()
        for index in self._prose:
            form = self.at(index)
            paragraphs[form] += 1
            ended[form] += blocks[index].text[-1] in ENDS
            if index < last:
                early.add(form)
        total = self.weights.total()
        return {
            form
            for form, weight in self.weights.items()
            if form not in main
            and weight >= share * total
            and linked[form] < _MINOR_LINKED * size[form]
            and ended[form] >= _MINOR_ENDS * paragraphs[form]
            and (form in early or paragraphs[form] > 1)
        }

    def labels(self, main: set[Form]) -> set[Form]:
        """Return the forms of short lines that stand among paragraphs again and again.

        Lines of specifications, results or questions do; hours and names of who wrote an entry, and
        the labels of a drawing, are none. ``main`` are the forms of the paragraphs.
        """
        blocks = self._page.blocks
        paragraphs = {index for index in self._prose if self.at(index) in main}
        places: dict[Form, set[int]] = {}
        lines: Counter[Form] = Counter()
        told: Counter[Form] = Counter()
        before = last = max(paragraphs, default=-1)
        for index in self._blocks:
            if index in paragraphs:
                before = index
            elif before < last and (form := self.at(index)) not in main:
                block = blocks[index]
                lines[form] += 1
                if block.linked:
                    lines[form] += _UNLIKE
                elif _WORD.search(block.text) and not _HOUR.search(block.text):
                    told[form] += 1
                    places.setdefault(form, set()).add(before)
        return {
            form
            for form, stands in places.items()
            if len(stands) >= _OFTEN
            and lines[form] <= _LINES * len(stands)
            and told[form] >= _TOLD * lines[form]
        }


def without_teasers(page: Page, prose: list[int], good: list[int]) -> list[int]:
    """Remove teasers from the article's prose: parts of one form with a linked title and a text.

    Args:
        page: The page's blocks.
        prose: All prose of the page.
        good: The prose that may be the article's.
    """
    blocks, elements = page.blocks, page.elements
    count = [0] * len(elements)
    for index in prose:
        count[blocks[index].element] += 1
    for index in range(len(elements) - 1, 0, -1):
        if count[index]:
            count[elements[index].parent] += count[index]
    teasers: dict[int, Form] = {}
    for index in good:
        element = blocks[index].element
        if len(blocks[index].text) >= _TEASER or count[element] != 1:
            continue
        while element and count[elements[element].parent] == 1:
            element = elements[element].parent
        if _has_title(page, element, index):
            teasers[index] = form_of(page, element)
    often = Counter(teasers.values())
    rest = [i for i in good if i not in teasers or often[teasers[i]] < _TEASERS]
    size = sum(len(blocks[index].text) for index in good)
    return rest if sum(len(blocks[index].text) for index in rest) >= _ARTICLE * size else good


def _has_title(page: Page, element: int, text: int) -> bool:
    """Return whether a linked title precedes or follows a text in an element."""
    end = page.ends[element]
    for others in (range(text - 1, -1, -1), range(text + 1, len(page.blocks))):
        for index in others:
            block = page.blocks[index]
            if not element <= block.element < end:
                break
            if block.linked == len(block.text) >= SENTENCE // 2:
                return True
    return False
