"""Read JSON as pages write it, well-formed or not."""

import json
import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import msgspec

# A string that never ends is taken to the end: to look again from each quote is quadratic.
_TRAILING_COMMA = re.compile(r'("(?:\\.|[^"\\]++)*+(?:"|\\?\Z))|,(?=\s*+[}\]])', re.DOTALL)
_ESCAPED_APOSTROPHE = re.compile(r"(?<!\\)((?:\\\\)*)\\'")
_BAD_ESCAPE = re.compile(r'\\(?!["\\/bfnrt]|u[0-9a-fA-F]{4})')
_ESCAPED = re.compile(r'[\[{\s]*\\"')  # JSON written as the content of a string
_WRAPPER = re.compile(r"^\s*(?:(?://\s*)?<!\[CDATA\[|<!--|/\*[\s\S]{0,200}?\*/|;)+\s*")
_MOST_VALUES = 20
"""JSON values that are read from one script."""
# The repairing parser is slow and, with many open brackets, quadratic.
_LONGEST_REPAIR, _MOST_BRACKETS = 50_000, 400


def read_json_values(text: str) -> Iterator[Any]:
    r"""Read the JSON values of a script one after the other, up to what cannot be read.

    Tolerated: comments and CDATA around them, entities for quotes, trailing commas, raw control
    characters in strings, wrong escapes, and anything behind the values.

    >>> list(read_json_values('<!-- {"a": [1, 2,], "b": "x\ny\\\'"} -->'))
    [{'a': [1, 2], 'b': "x\ny'"}]
    """
    try:
        yield msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        yield from _tolerant(text)


def _tolerant(text: str) -> Iterator[Any]:
    text = _prepared(text)
    decoder = json.JSONDecoder(strict=False)
    for _ in range(_MOST_VALUES):
        text = text.lstrip(" \t\r\n;,")
        try:
            value, end = decoder.raw_decode(text)
        except (ValueError, RecursionError):
            return
        yield value
        text = text[end:]


_QUOTE = re.compile(r"&(?:quot|#0*34|#x0*22);", re.IGNORECASE)


def _prepared(text: str) -> str:
    text = _WRAPPER.sub("", text)
    if '"' not in text and _QUOTE.search(text):
        text = unescape(text)
    elif _ESCAPED.match(text):
        text = text.replace('\\"', '"')
    text = _TRAILING_COMMA.sub(lambda match: match[1] or "", text)
    text = _ESCAPED_APOSTROPHE.sub(r"\1'", text)
    return _BAD_ESCAPE.sub(r"\\\\", text).lstrip()


# Fields and authors that are saved from JSON that no parser reads.
_FIELD = re.compile(
    r'"(headline|datePublished|dateModified|articleSection|inLanguage|url|@type)"\s{0,9}:\s{0,9}'
    r'"((?:\\.|[^"\\\n]){1,2000})"\s{0,9}[,}\]\n]'
)
_AUTHOR = re.compile(
    r'"author"\s{0,9}:[\[{\s]{0,40}(?:"@type"\s{0,9}:\s{0,9}"\w+"\s{0,9},\s{0,9})?(?:"name"\s{0,9}:\s{0,9})?'
    r'"((?:\\.|[^"\\\n]){1,200})"\s{0,9}[,}\]\n]'
)


def repair_json(text: str) -> Any:
    """Repair malformed JSON; salvage single fields from JSON that is too large.

    >>> repair_json('{"headline": "Le "oui" passe", "author": {"name": "Ali')
    {'headline': 'Le "oui" passe', 'author': {'name': 'Ali'}}
    """
    text = _prepared(text)
    if len(text) <= _LONGEST_REPAIR and text.count("{") + text.count("[") <= _MOST_BRACKETS:
        try:
            import json_repair  # few pages need it

            value = json_repair.loads(text, skip_json_loads=True)
        except (ValueError, RecursionError):
            value = None
        items = value if isinstance(value, list) else [value]
        if any(item and isinstance(item, dict) for item in items):
            return value
    fields: dict[str, Any] = {}
    for name, value in _FIELD.findall(text):
        fields.setdefault(name, _unescaped(value))
    if author := _AUTHOR.search(text):
        fields["author"] = _unescaped(author[1])
    return fields


def _unescaped(value: str) -> str:
    try:
        return str(json.loads(f'"{value}"', strict=False))
    except ValueError:
        return value
