"""Make stable CSS paths to elements, and find the elements of a path."""

import re
from functools import lru_cache

from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError

from newscrawl.extraction.blocks import Page
from newscrawl.text.html import LONGEST_LABEL

STEPS = 6
"""Maximum number of elements in a path or form."""

_LONGEST_PATH = 1000
_TELLING = re.compile(r"[.#:]|\b(?:article|main|h1|time)\b")
_STABLE = re.compile(r"^-?[A-Za-z_][A-Za-z_-]*$")


def nodes_of(tree: LexborHTMLParser, path: str) -> list[LexborNode]:
    """Return all nodes of a path; none if the selector is invalid."""
    try:
        return tree.css(path)
    except (SelectolaxError, ValueError):
        return []


def first_node(tree: LexborHTMLParser, path: str) -> LexborNode | None:
    """Return the first node of a path; ``None`` without one or if the selector is invalid."""
    try:
        return tree.css_first(path)
    except (SelectolaxError, ValueError):
        return None


def form_of(page: Page, element: int, container: int) -> str:
    """Return the tags and stable classes from a container down to an element."""
    steps: list[str] = []
    while element > container and len(steps) < STEPS:
        part = page.elements[element]
        steps.append(_form_step(part.tag, part.label))
        element = part.parent
    return " ".join(reversed(steps))


@lru_cache(maxsize=2048)
def _form_step(tag: str, label: str) -> str:
    return ".".join((tag, *_stable(label)))


def path_of(target: LexborNode, tree: LexborHTMLParser, *, numbered: bool = False) -> str | None:
    """Return a CSS path whose first match is the element; ``None`` if no stable one exists.

    Args:
        target: The element to be found.
        tree: The parsed page.
        numbered: Whether elements without a name may be numbered among their siblings, as old
            tables require.
    """
    node: LexborNode | None = target
    path = ""
    for _ in range(2 * STEPS if numbered else STEPS):
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


@lru_cache(maxsize=2048)
def _stable(label: str) -> list[str]:
    """Return the classes that do not vary between pages: no numbers, no utility classes."""
    return [name for name in label.split() if _STABLE.match(name)][:4]
