"""Finds article text that a page carries as HTML inside JSON in its scripts.

Pages built in the browser hold their article as HTML inside JSON, sometimes escaped twice. It is
looked for only when the page itself shows no article.
"""

import json
import re
from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser

# One that never ends is taken to the end of the text: to look again from each quote is quadratic.
_STRING = re.compile(r'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)', re.DOTALL)
_KEY = re.compile(r'[{,]\s*"\w+"\s*:')
_PARAGRAPH = re.compile(r"<(?:p|br|div)\b", re.IGNORECASE)
_SHORTEST = 200
_MOST = 20


def embedded_html(tree: LexborHTMLParser) -> str | None:
    """Return the HTML that a page's scripts hold, joined; ``None`` when there is none."""
    found: dict[str, None] = {}
    for script in tree.css("script:not([src])"):
        text = script.text()
        if len(text) > 500:
            for html in _strings(text, 2):
                found.setdefault(html)
                if len(found) >= _MOST:
                    break
    return "\n".join(f"<div>{html}</div>" for html in found) or None


def _strings(text: str, depth: int) -> Iterator[str]:
    for match in _STRING.finditer(text):
        if match.end() - match.start() < _SHORTEST:
            continue
        try:
            value = json.loads(match[0], strict=False)
        except ValueError:
            continue
        if depth and _KEY.search(value):
            yield from _strings(value, depth - 1)
        elif len(_PARAGRAPH.findall(value)) >= 2:
            yield value
