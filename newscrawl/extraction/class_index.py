"""Find elements of a page by parts of their classes, faster than selectors do."""

from collections.abc import Iterable
from functools import cached_property

from selectolax.lexbor import LexborHTMLParser, LexborNode


class ClassIndex:
    """Index of a page's elements by their ``class`` attribute.

    The parser compares each element with each selector such as ``[class*="author"]``. A page
    repeats its classes, so that comparing the distinct ones is faster.
    """

    def __init__(self, tree: LexborHTMLParser | None) -> None:
        self._nodes = tree.css("[class]") if tree else []
        self._labels = [node.attrs.get("class") or "" for node in self._nodes]

    @cached_property
    def _distinct(self) -> set[str]:
        return set(self._labels)

    @cached_property
    def _joined(self) -> str:
        return "\n".join(self._distinct)

    def containing(self, parts: Iterable[str]) -> list[LexborNode]:
        """Return the elements whose ``class`` contains one of some texts, in document order."""
        present = filter(self._joined.__contains__, parts)
        found = {label for part in present for label in self._distinct if part in label}
        if not found:
            return []
        return [
            node for node, label in zip(self._nodes, self._labels, strict=True) if label in found
        ]


def in_document_order(tree: LexborHTMLParser, nodes: Iterable[LexborNode]) -> list[LexborNode]:
    """Return the distinct elements among some, in document order."""
    found = {node.mem_id for node in nodes}
    return [node for node in tree.css("*") if node.mem_id in found] if found else []
