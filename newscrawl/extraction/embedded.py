"""Find article text that a page carries as HTML inside JSON in its scripts.

Pages that are built in the browser have their article as HTML inside JSON, sometimes escaped twice.
This is searched only if the page itself shows no article.
"""

import json
import re
from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser

# An unterminated string extends to the end: searching again from each quote is quadratic.
_STRING = re.compile(r'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)', re.DOTALL)
_KEY = re.compile(r'[{,]\s*"\w+"\s*:')
_PARAGRAPH = re.compile(r"<(?:p|br|div)\b", re.IGNORECASE)
_SHORTEST = 200
_MOST = 20


def embedded_html(tree: LexborHTMLParser) -> str | None:
    """Return the HTML in a page's scripts, joined; ``None`` if there is none."""
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
