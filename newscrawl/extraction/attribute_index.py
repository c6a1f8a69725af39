"""Finds elements of a page by parts of an attribute, faster than selectors do."""

import re
from collections.abc import Iterable, Set

from selectolax.lexbor import LexborHTMLParser, LexborNode


class AttributeIndex:
    """Index of elements by the value of an attribute.

    The parser compares each element with each selector such as ``[class*="author"]``. A page
    repeats its classes and links, so that comparing the distinct ones is faster.

    Args:
        nodes: The elements, in document order.
        attribute: Name of the attribute; most of the elements have it.
    """

    def __init__(self, nodes: list[LexborNode], attribute: str) -> None:
        self._nodes = nodes
        self._values = [node.attrs.get(attribute) or "" for node in nodes]
        self._distinct = set(self._values)
        self._joined = "\n".join(self._distinct)

    def containing(self, parts: Iterable[str]) -> list[LexborNode]:
        """Return the elements whose value contains one of some texts, in document order."""
        present = filter(self._joined.__contains__, parts)
        return self._with({value for part in present for value in self._distinct if part in value})

    def matching(self, pattern: re.Pattern[str]) -> list[LexborNode]:
        """Return the elements in whose value a pattern is found, in document order."""
        return self._with(set(filter(pattern.search, self._distinct)))

    def _with(self, values: Set[str]) -> list[LexborNode]:
        if not values:
            return []
        pairs = zip(self._nodes, self._values, strict=True)
        return [node for node, value in pairs if value in values]


def in_document_order(tree: LexborHTMLParser, nodes: Iterable[LexborNode]) -> list[LexborNode]:
    """Return the distinct elements among some, in document order."""
    found = {node.mem_id for node in nodes}
    return [node for node in tree.css("*") if node.mem_id in found] if found else []
