"""Word-level diff of an article's copy and source, for the report page."""

import re
from difflib import SequenceMatcher
from typing import Literal

Part = tuple[Literal["both", "copy", "source"], str]
"""A passage and the text it occurs in: ``both``, ``copy`` or ``source``."""

_MOST_WORDS = 700
"""Maximum number of compared words: the time grows with the square."""

_TOKEN = re.compile(r"\S+|\s+")


def differences(copy: str | None, source: str | None) -> list[Part]:
    """Return the differences as one sequence of parts; long texts are truncated with an ellipsis.

    The parts of ``both`` and ``copy`` form the copy, those of ``both`` and ``source`` the source.

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
    """Return the words and the white space between them."""
    tokens = _TOKEN.findall(text or "")
    if len(tokens) > 2 * _MOST_WORDS:
        tokens[2 * _MOST_WORDS :] = ["…"]
    return tokens
