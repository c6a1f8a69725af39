"""Split a parsed page into text blocks (paragraphs, headings, list items) in one pass.

A block is a run of text that a reader sees as one: a paragraph, a heading, a list item, or the
text between two line breaks. Blocks refer to their element, elements to their parent by integer
index, so that parts of the page are found without accessing the tree.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field

import msgspec
from selectolax.lexbor import LexborNode

from newscrawl.extraction.flags import AWAY, flags_of, is_hidden, kind_of, label_of
from newscrawl.extraction.tags import (
    ANCHOR,
    INNER,
    LINE,
    PART,
    SKIP,
    TEXT,
    is_repeated,
    role_of,
)
from newscrawl.text.cleaning import collapse
from newscrawl.text.html import LONGEST_LABEL

HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))


# A page has hundreds of these; none is in a reference cycle that the collector must find.
class Block(msgspec.Struct, gc=False):
    """A text block of a page: its text, element and linked characters."""

    text: str
    """Text with white space collapsed to single spaces."""
    element: int
    """Index in ``Page.elements`` of its element."""
    linked: int
    """Number of its characters in links."""


class Element(msgspec.Struct, gc=False):
    """An HTML element with text blocks, its parent, and its role by tag and class."""

    node: LexborNode
    parent: int
    """Index of the element around it; the first one is its own parent."""
    tag: str
    _label: str | None = None
    _flags: int | None = None

    @property
    def label(self) -> str:
        """Classes, and the id after a ``#``; computed on demand."""
        if self._label is None:
            self._label = label_of(self.node.attributes)
        return self._label

    @property
    def kind(self) -> str:
        """Classes without ids and names with digits, which differ between similar elements."""
        return kind_of(self.label)

    @property
    def flags(self) -> int:
        """Its roles by tag and label: ``AWAY``, ``CAPTION`` and other flags, combined."""
        if self._flags is None:
            attributes = self.node.attributes
            self._label = label_of(attributes)
            hidden = bool(attributes) and is_hidden(self.tag, attributes)
            self._flags = flags_of(self.tag, self._label) | (AWAY if hidden else 0)
        return self._flags


@dataclass(slots=True)
class Page:
    """A page as a list of text blocks and the elements that contain them."""

    elements: list[Element] = field(default_factory=list)
    """In the order of the document: an element comes after the one around it."""
    ends: list[int] = field(default_factory=list)
    """For each element, the index after that of its last descendant."""
    blocks: list[Block] = field(default_factory=list)

    def inside(self, element: int, ancestor: int) -> bool:
        """Return whether an element is ``ancestor`` or inside it."""
        return ancestor <= element < self.ends[ancestor]

    def inner(self, element: int) -> Iterator[int]:
        """Yield the elements directly inside an element, in order."""
        index, end = element + 1, self.ends[element]
        while index < end:
            yield index
            index = self.ends[index]

    def around(self, blocks: Iterable[int]) -> set[int]:
        """Return the elements of some blocks, and all elements around them."""
        found: set[int] = set()
        for index in blocks:
            element = self.blocks[index].element
            while element not in found:
                found.add(element)
                element = self.elements[element].parent
        return found


_BREAK = "\x00"
"""Marks a line break among the texts of a run; it does not occur in pages."""
ENDS = frozenset('.!?:…؟。»”"！？」』：۔।')
"""Characters that end a sentence, or a label before one."""

_WRAPPED = 80
"""Characters from which a line was not wrapped manually: its line break is significant."""

_APART = frozenset(("a", "span", "time"))
"""Inline elements that are separate if there is nothing between two of them, not even a space."""

_BOLD = frozenset(("b", "strong"))

_HEADING = 8
"""Minimum characters of initial bold text that is a heading, not a drop cap."""

_SHORT_SENTENCE = 40
"""Characters from which a separate text that ends as a sentence is a paragraph."""

IDEOGRAPHS = "\u2e7f"
"""Scripts after this character put no space between words."""

_MAX_DEPTH = 256
"""Nesting below which parts are not distinguished, as time grows with the depth of each block. The
deepest of 500 real pages has 55 levels."""


# Roles by tag number, which nodes return faster than names. The parser's own tags have small
# numbers, the same on every page; other tags get new numbers on each page.
_ROLES: dict[int, tuple[int, str]] = {}
_OWN_TAGS = 1000


def walk(root: LexborNode, without: Collection[int] = ()) -> Page:
    """Return the text blocks below a node, in document order.

    Args:
        root: The node.
        without: ``mem_id`` of nodes to leave out, with everything inside them.
    """
    page = Page()
    elements, ends, blocks = page.elements, page.ends, page.blocks
    parts: list[str] = []
    anchors: list[tuple[int, int]] = []
    bolds: list[tuple[int, int]] = []
    opened = 0  # start of the open link in the run
    edge = joint = -1  # end of the last separate element, and start of the next one
    emphasized = 0  # start of the open bold text in the run
    titled = -1  # end of bold text at the start of the run, an unclosed heading
    links = bold = articles = current = 0
    stack: list[tuple[LexborNode | None, int, int, str]] = []
    elements.append(Element(root, 0, root.tag or ""))
    ends.append(0)
    node = root.first_child
    known = _ROLES.get
    while True:
        if node is None:
            if not stack:
                break
            node, role, parent, tag = stack.pop()
            if role == PART:
                if parts:
                    _flush(parts, anchors, bolds, opened if links else None, current, blocks)
                    opened = emphasized = 0
                ends[current] = len(elements)
                current = parent
                articles -= tag == "article"
            elif role == ANCHOR:
                links -= 1
                if not links and opened < len(parts):
                    anchors.append((opened, len(parts)))
                edge = len(parts)
            elif tag in _APART:
                edge = len(parts)
            elif tag in _BOLD:
                bold -= 1
                if not bold and emphasized < len(parts):
                    bolds.append((emphasized, len(parts)))
                    if emphasized == 0 or parts[emphasized - 1] == _BREAK:
                        titled = len(parts)
            continue
        role, tag = known(node.tag_id) or _meaning(node)
        if role == TEXT:
            if not node.is_empty_text_node:
                text = node.text_content or ""
                if "\n\n" in text and elements[current].tag == "pre":
                    for paragraph in text.split("\n\n"):
                        parts += (paragraph, _BREAK, _BREAK)
                else:
                    if joint == len(parts) > 0 and (between := _separator(parts[-1], text)):
                        parts.append(between)
                    elif titled == len(parts) > 0 and _is_glued(parts[-1], text):
                        parts.append(_BREAK)
                    parts.append(text)
            elif parts:
                parts.append(" ")
        elif role == LINE:
            parts.append(_BREAK)
        elif (
            role != SKIP
            and not (without and node.mem_id in without)
            and (articles or tag != "footer")
            and not (tag == "math" and is_repeated(node))
            and (child := node.first_child) is not None
        ):
            if role == PART and len(stack) >= _MAX_DEPTH:
                role = INNER
            if role == PART:
                if parts:
                    _flush(parts, anchors, bolds, opened if links else None, current, blocks)
                    opened = emphasized = 0
                elements.append(Element(node, current, tag))
                if child.next is None and not without and tag != "pre":
                    text, linked = _only_text(child)
                    if text:  # as in most parts
                        _add(text, len(text) if linked or links else 0, len(ends), blocks)
                        ends.append(len(elements))
                        if linked:  # a separate element, as in the branches of links below
                            joint = joint if edge else 0
                            edge = 1
                        node = node.next
                        continue
                stack.append((node.next, role, current, tag))
                articles += tag == "article"
                current = len(ends)
                ends.append(0)
            else:
                stack.append((node.next, role, current, tag))
                if role == ANCHOR:
                    if not links:
                        opened = len(parts)
                    links += 1
                elif tag in _BOLD:
                    if not bold:
                        emphasized = len(parts)
                    bold += 1
                if tag in _APART and edge == len(parts):
                    joint = edge
            node = child
            continue
        node = node.next
    _flush(parts, anchors, bolds, None, 0, blocks)
    ends[0] = len(elements)
    return page


def _only_text(child: LexborNode) -> tuple[str, bool]:
    """Return the text of a part's only child, and whether it is a link.

    The text is empty unless the child is a text, or a link with nothing but a text.
    """
    role, _ = _ROLES.get(child.tag_id) or _meaning(child)
    linked = role == ANCHOR
    if linked:
        inner = child.first_child
        if inner is None or inner.next is not None:
            return "", True
        child = inner
        role, _ = _ROLES.get(child.tag_id) or _meaning(child)
    return collapse(child.text_content or "") if role == TEXT else "", linked


def _meaning(node: LexborNode) -> tuple[int, str]:
    """Return the role and the tag of a node."""
    tag = (node.tag or "")[:LONGEST_LABEL]
    meaning = role_of(tag), tag
    if node.tag_id < _OWN_TAGS:
        _ROLES[node.tag_id] = meaning
    return meaning


def _flush(
    parts: list[str],
    anchors: list[tuple[int, int]],
    bolds: list[tuple[int, int]],
    opened: int | None,
    element: int,
    blocks: list[Block],
) -> None:
    """Append the blocks of a run that ends here.

    ``anchors`` and ``bolds`` are its ranges in links and in bold type; another link is open from
    ``opened`` on.
    """
    if opened is not None:
        anchors.append((opened, len(parts)))
    if _BREAK in parts:
        for line, linked in _lines(parts, anchors, bolds):
            _add(line, linked, element, blocks)
    elif text := _joined(parts):
        linked = 0
        if anchors:
            first, stop = anchors[0]
            if stop - first == len(parts):  # most are a single link
                linked = len(text)
            else:
                linked = sum(len(_joined(parts[start:stop])) for start, stop in anchors)
                linked = min(linked, len(text))
        _add(text, linked, element, blocks)
    parts.clear()
    anchors.clear()
    bolds.clear()


def _add(text: str, linked: int, element: int, blocks: list[Block]) -> None:
    """Add a block; a drop cap in a separate element is joined to its word."""
    if blocks and len(blocks[-1].text) == 1 and text[0].islower() and blocks[-1].text.isupper():
        text = blocks.pop().text + text
    blocks.append(Block(text, element, linked))


def _separator(before: str, text: str) -> str | None:
    """Return the separator of two adjacent elements' texts; ``None`` within a word."""
    one, other = before[-1:], text[:1]
    if not one or one.isspace() or other.isspace() or one > IDEOGRAPHS:
        return None
    if one in ENDS and len(before) >= _SHORT_SENTENCE:
        return _BREAK
    return " " if one.isalnum() and other.isalnum() and not other.islower() else None


def _is_glued(heading: str, text: str) -> bool:
    """Return whether text begins directly after a heading, without a space."""
    return len(heading) >= _HEADING and heading[-1].isalnum() and text[0].isupper()


def _joined(parts: list[str]) -> str:
    return collapse("".join(parts))


def _lines(
    parts: list[str], anchors: list[tuple[int, int]], bolds: list[tuple[int, int]]
) -> Iterator[tuple[str, int]]:
    """Split a run at its line breaks, and join again the lines of one paragraph.

    A paragraph ends at a double break, at the end of a sentence, after a line too long to have been
    wrapped manually, and before and after a line in bold, which is a heading. Each is yielded with
    its number of characters in links.
    """
    linked = {index for start, stop in anchors for index in range(start, stop)}
    bold = {index for start, stop in bolds for index in range(start, stop)}
    pending: list[str] = []
    heading = False
    count = start = 0
    for stop, part in enumerate([*parts, _BREAK]):
        if part != _BREAK:
            continue
        text = _joined(parts[start:stop])
        emphasized = bool(bold) and all(
            index in bold or not parts[index].strip() for index in range(start, stop)
        )
        if pending and (
            not text
            or pending[-1][-1] in ENDS
            or len(pending[-1]) >= _WRAPPED
            or emphasized != heading
        ):
            yield " ".join(pending), count
            pending, count = [], 0
        if text:
            pending.append(text)
            heading = emphasized
        count += sum(len(_joined([parts[i]])) for i in range(start, stop) if i in linked)
        start = stop + 1
    if pending:
        yield " ".join(pending), count
