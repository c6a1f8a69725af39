"""Detect and repair text that was decoded with the wrong encoding."""

import re
from functools import lru_cache

from newscrawl.text.cleaning import C1_AS_CP1252

_AS_BYTES = {
    ord(char): code for code, char in C1_AS_CP1252.items() if char
}  # windows-1252 to Latin-1
_TAIL = "[\x80-\xbf" + "".join(map(chr, _AS_BYTES)) + "]"
# UTF-8 read as windows-1252: accented, Greek, Cyrillic, Arabic letters; punctuation; emoji.
_DOUBLE = re.compile(f"[\xc2-\xc6\xcb\xce-\xd1\xd8-\xdb]{_TAIL}|[âï]{_TAIL}{{2}}|ð{_TAIL}{{3}}")
_SURE_TAIL = f"(?:(?<=[ÂÃ]){_TAIL}|(?<=â)€|(?<=ð)Ÿ|(?<=[\xc2-\xdb]){_TAIL}[\xc2-\xdb]{_TAIL})"
_SURELY_DOUBLE = re.compile(rf"[\xc2-\xdbâð]{_SURE_TAIL}")
# Arabic in windows-1256 read as windows-1252: two words of accented letters in a row.
_SECOND_ACCENTED_WORD = r"(?<=[\xc0-\xff]{3})[^\w]++[\xc0-\xff]{3}"
_ACCENTED_WORDS = re.compile(rf"[\xc0-\xff]{_SECOND_ACCENTED_WORD}")
# Either of the two, searched for in every text: their rare first character makes that fast.
_EITHER = re.compile(rf"[\xc0-\xff](?:{_SURE_TAIL}|{_SECOND_ACCENTED_WORD})")


@lru_cache(maxsize=16)  # each text of a record is judged several times
def looks_mojibake(s: str) -> bool:
    r"""Return whether a text shows signs of having been decoded wrongly, repairable or not.

    >>> looks_mojibake("DÃ©cret"), looks_mojibake("D\ufffdcret"), looks_mojibake("Décret à Âne")
    (True, True, False)
    """
    return "\ufffd" in s or _EITHER.search(s) is not None


def repair_mojibake(s: str) -> str:
    """Undo a wrong decoding, line by line, where it is certain; U+FFFD cannot be repaired.

    Repaired are UTF-8 decoded as windows-1252 or Latin-1, even twice, and Arabic windows-1256
    decoded as windows-1252.

    >>> repair_mojibake("Lâ€™Ã©tÃ© Ã FÃ¨s")
    'L’été à Fès'
    >>> repair_mojibake("ÇáÓáÇã Úáíßã")
    'السلام عليكم'
    """
    return "".join(map(_repair_line, s.splitlines(keepends=True)))


def _repair_line(line: str) -> str:
    for _ in range(3):
        if not _SURELY_DOUBLE.search(line):
            break
        # The second byte of à is a no-break space, which cleaning has replaced by a plain one.
        line = _DOUBLE.sub(_decode_double, line).replace("Ã ", "à ")
    if _ACCENTED_WORDS.search(line):
        try:
            arabic = line.translate(_AS_BYTES).encode("latin-1").decode("cp1256")
        except UnicodeEncodeError:  # some characters were decoded correctly
            return line
        if "ال" in arabic:
            return arabic
    return line


def _decode_double(match: re.Match[str]) -> str:
    try:
        return match[0].translate(_AS_BYTES).encode("latin-1").decode()
    except UnicodeDecodeError:
        return match[0]
