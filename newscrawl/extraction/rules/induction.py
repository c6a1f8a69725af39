"""Derive extraction rules from pages whose body is known, and extract pages by rules."""

from collections.abc import Iterator
from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser, LexborNode

from newscrawl.extraction.blocks import HEADINGS, Page, walk
from newscrawl.extraction.furniture import is_furniture
from newscrawl.extraction.outline import OUT, common_element
from newscrawl.extraction.rules.model import Rule
from newscrawl.extraction.rules.paths import STEPS, form_of, nodes_of, path_of
from newscrawl.text.cleaning import clean

TOO_LITTLE = 120
"""Characters below which a rule is considered to have found nothing."""

_LONG_HEADING = 60


@dataclass(slots=True)
class Reading:
    """Body blocks that a rule extracted from a page."""

    rule: Rule
    page: Page
    """The part of the page with the body."""
    blocks: list[int]
    """The body's blocks in it."""


@dataclass(slots=True)
class Lesson:
    """CSS paths and forms of a page whose body is confirmed by the copy, to make a rule."""

    path: str | None
    """CSS path of the part with the body; ``None`` if it has no stable path."""
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
    """Derive a rule's paths and forms from a page.

    Args:
        page: The page's blocks.
        body: Blocks of the body.
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
    last, end = max(body), page.ends[container]
    for index, block in enumerate(page.blocks):
        if container <= block.element < end:
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
    # A date and names are also found within other text.
    if date is not None:
        lesson.date = _path_of_text(page, date, tree) or _path_of_block(page, date, tree)
    if byline is not None:
        lesson.authors = _path_of_text(page, byline, tree) or _path_of_block(page, byline, tree)
    if rubric is not None:
        lesson.section = _path_of_text(page, rubric, tree)
    return lesson


def read_by(rule: Rule, tree: LexborHTMLParser) -> Reading | None:
    """Extract a page's body by a rule; ``None`` when it finds nothing or too little.

    Selectors of paragraphs and of overrides select only the matching elements; any other selects
    the part of the page with the body. Except for overrides, blocks are then filtered by form.
    """
    nodes = nodes_of(tree, rule.body)
    if not nodes:
        return None
    override = rule.source == "override"
    exact = override or nodes[0].tag == "p"
    dropped = {node.mem_id for css in rule.exclude for node in nodes_of(tree, css)}
    page = walk(_common_parent(nodes) if exact else nodes[0], dropped)
    wanted = _inside(page, nodes)
    keep, drop = set(rule.keep), set(rule.drop)
    forms: dict[int, bool] = {}
    blocks: list[int] = []
    waiting: list[int] = []
    size = 0
    for index, block in enumerate(page.blocks):
        element = block.element
        if not wanted[element]:
            continue
        if element not in forms:
            form = form_of(page, element, 0)
            forms[element] = form in keep or (form not in drop and _looks_right(page, element))
        if not override and (not forms[element] or is_furniture(block)):
            continue
        if page.elements[element].tag in HEADINGS and len(block.text) < _LONG_HEADING:
            waiting.append(index)
            continue
        blocks += waiting
        waiting.clear()
        blocks.append(index)
        size += len(block.text)
    return Reading(rule, page, blocks) if size >= (1 if override else TOO_LITTLE) else None


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


def _looks_right(page: Page, element: int) -> bool:
    """Return whether a form that has not occurred on pages so far may be the body's."""
    tag = page.elements[element].tag
    if tag not in ("p", "li", "blockquote") and tag not in HEADINGS:
        return False
    for _ in range(STEPS):
        if not element:
            break
        if page.elements[element].flags & OUT:
            return False
        element = page.elements[element].parent
    return True


def _path_of_block(page: Page, index: int, tree: LexborHTMLParser) -> str | None:
    """Return the path of the element that contains a block, perhaps among others."""
    return path_of(page.elements[page.blocks[index].element].node, tree)


def _path_of_text(page: Page, index: int, tree: LexborHTMLParser) -> str | None:
    """Return the path of the element that contains only a block's text."""
    block = page.blocks[index]
    element = page.elements[block.element].node
    for node in (element, *element.iter()):
        if clean(node.text()) == block.text:
            return path_of(node, tree)
    return None


def _part_of(page: Page, blocks: list[int], tree: LexborHTMLParser) -> tuple[int, str | None]:
    """Find the part of a page that a rule for its body should name, and its path."""
    element = smallest = common_element(page, blocks)
    for _ in range(3):
        if path := path_of(page.elements[element].node, tree):
            return element, path
        element = page.elements[element].parent
    return smallest, path_of(page.elements[smallest].node, tree, numbered=True)
