"""Word-level differences of two texts."""

import re
from difflib import SequenceMatcher
from typing import Literal

Part = tuple[Literal["both", "copy", "source"], str]
"""A stretch of text, and in which of the two texts it stands."""

_MOST_WORDS = 700
"""Words that are compared; the time grows with their square, and a reader has seen enough."""

_TOKEN = re.compile(r"\S+|\s+")


def differences(copy: str | None, source: str | None) -> list[Part]:
    """Both texts as one row of parts, in order; longer texts are cut and end in an ellipsis.

    The parts of ``both`` and ``copy`` give the copy, those of ``both`` and ``source`` the source.

    >>> differences("le roi parle", "le roi se tait")
    [('both', 'le roi '), ('copy', 'parle'), ('source', 'se tait')]
    """
    left, right = _tokens(copy), _tokens(source)
    parts: list[Part] = []
    matcher = SequenceMatcher(None, left, right, autojunk=False)
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "equal":
            parts.append(("both", "".join(left[a:b])))
            continue
        if a < b:
            parts.append(("copy", "".join(left[a:b])))
        if c < d:
            parts.append(("source", "".join(right[c:d])))
    return parts


def _tokens(text: str | None) -> list[str]:
    """Words and the white space between them."""
    tokens = _TOKEN.findall(text or "")
    if len(tokens) > 2 * _MOST_WORDS:
        tokens[2 * _MOST_WORDS :] = ["…"]
    return tokens
