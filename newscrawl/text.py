"""Cleaning and comparing text in any script; the house's only definition of "clean" and "same".

Two kinds of functions stand here. Those that clean (``safe``, ``clean``, ``clean_text``,
``split_bylines``) keep what was printed: accents, case, punctuation. Those that compare (``fold``,
``words``) give a form that is never shown. None raises for any string, and each but
``split_bylines`` gives the same again when applied twice.
"""

import re
import unicodedata
from collections.abc import Callable
from html import unescape

# What browsers read C1 control codes as: the windows-1252 characters of the same bytes.
_C1 = {code: bytes([code]).decode("cp1252", "ignore") for code in range(0x80, 0xA0)}

_UNSAFE = re.compile(
    "["
    "\x00-\x08\x0e-\x1f\x7f-\x9f"  # control codes; tab and line ends are white space
    "\xad\u034f\u180e\u200b\u2060-\u2064\ufeff"  # soft hyphen and zero-width
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u206f"  # marks of direction
    "\ud800-\udfff"  # halves of surrogate pairs
    "\ue000-\uf8ff"  # private use: glyphs of icon fonts
    "\ufff9-\ufffc\ufdd0-\ufdef\ufffe\uffff"  # annotations, placeholders, non-characters
    "]"
)
# Joiners shape letters of Arabic and Indian scripts, and build emoji; elsewhere they are stray.
_STRAY_JOINER = re.compile(
    "\u200c(?![^\\W\\d_])"
    "|(?<![\u0600-\u0dff\ufb50-\ufdff\ufe70-\ufefc])\u200c"
    "|(?<![\u0600-\u0dff\ufb50-\ufdff\ufe70-\ufefc\ufe0f\u2600-\u27bf\U0001f000-\U0001faff])\u200d"
)
# An entity with its semicolon, however often its ampersand was encoded again.
_ENTITY = re.compile(
    r"&(?:(?:amp|AMP|#0*38|#[xX]0*26);)*"
    r"(#[0-9]{1,8}|#[xX][0-9a-fA-F]{1,7}|[a-zA-Z][a-zA-Z0-9]{1,31});"
)


def safe(s: str) -> str:
    r"""Drop what no text should hold: control and direction marks, zero-width, lone surrogates.

    White space stays as it is. C1 control codes become the windows-1252 characters that they
    stand for. Joiners (ZWNJ, ZWJ) stay where they shape a word: in Arabic and Indian scripts and
    in emoji.

    >>> safe("\u200fAl\xadge\u200brie\x00 \ud800\x93ok\x94")
    'Algerie “ok”'
    """
    if s.isascii() and s.isprintable():
        return s
    s = _UNSAFE.sub(_c1, s)
    if "\u200c" in s or "\u200d" in s:
        s = _STRAY_JOINER.sub("", s)
    return s


def _c1(match: re.Match[str]) -> str:
    return _C1.get(ord(match[0]), "")


def _decode_entities(s: str) -> str:
    """Decode entities until none is left; each pass shortens the string."""
    while "&" in s and (decoded := _ENTITY.sub(_entity, s)) != s:
        s = decoded
    return s


def _entity(match: re.Match[str]) -> str:
    return unescape(f"&{match[1]};")


def _normal(s: str) -> str:
    return unicodedata.normalize("NFC", safe(_decode_entities(s)))


def clean(s: str) -> str:
    r"""Text on one line: NFC, entities decoded, white space of every kind one space.

    >>> clean(" L&amp;#39;e\u0301conomie\u00a0\r\n du  Maroc ")
    "L'\u00e9conomie du Maroc"
    """
    return " ".join(_normal(s).split())


def clean_text(s: str) -> str:
    r"""Text of paragraphs: as ``clean`` does, each line a paragraph, one blank line between two.

    Every line end parts paragraphs: white space that is only the source's wrapping must have been
    collapsed before.

    >>> clean_text("Un.\n \n\n Deux\xa0: trois\r\nQuatre")
    'Un.\n\nDeux : trois\n\nQuatre'
    """
    lines = (" ".join(line.split()) for line in _normal(s).splitlines())
    return "\n\n".join(line for line in lines if line)


# Combining marks that say how a letter is read, not which letter it is. Marks of Indian and
# South-East Asian scripts and Japanese voicing marks are letters' parts and stay.
_MARKS = re.compile(
    "[\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670"
    "\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed\u08d3-\u08ff\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff"
    "\ufe00-\ufe2f\u200c\u200d]"
)
# Letters and signs that stand for another one and that Unicode does not decompose.
_SAME = str.maketrans(
    {
        **dict.fromkeys("\u0671\u0672\u0673\u0675", "\u0627"),  # alef
        **dict.fromkeys("\u0649\u06cc\u06cd\u06d2", "\u064a"),  # ya
        **dict.fromkeys("\u0629\u06be\u06c1\u06c3\u06d5", "\u0647"),  # ta marbuta, ha
        **dict.fromkeys("\u06a9\u06aa", "\u0643"),  # kaf
        **dict.fromkeys("`´‘’‚‛′‵‹›ʹʻʼʽʾʿˈ", "'"),
        **dict.fromkeys("“”„‟″‶«»❝❞〝〞", '"'),
        **dict.fromkeys("‐‑‒–—―⁃−\u05be﹘﹣", "-"),
        "œ": "oe",
        "æ": "ae",
        "ø": "o",
        "ł": "l",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "ı": "i",
    }
)
# Scripts that write no spaces between words: each of their characters counts as a word.
_SPACELESS = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u2fdf\u3040-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)


def _fold_character(char: str) -> str:
    folded = char.casefold().translate(_SAME)
    folded = _MARKS.sub("", unicodedata.normalize("NFKD", folded)).casefold().translate(_SAME)
    folded = "".join(
        c if (digit := unicodedata.decimal(c, None)) is None else str(digit) for c in folded
    )
    folded = unicodedata.normalize("NFC", _UNSAFE.sub("", folded))
    return folded if folded == char else "".join(map(_fold_character, folded))


def _word_character(char: str) -> str:
    return "".join(
        f" {c} "
        if _SPACELESS.match(c)
        else c
        if c.isalnum() or unicodedata.category(c)[0] == "M"
        else " "
        for c in _fold_character(char)
    )


class _Table(dict[int, str]):
    """A table for ``str.translate`` that works out each character when it is first met."""

    def __init__(self, rule: Callable[[str], str]) -> None:
        super().__init__()
        self._rule = rule

    def __missing__(self, code: int) -> str:
        value = self._rule(chr(code))
        if code < 0x10000:  # bounds the table; what lies beyond is rare
            self[code] = value
        return value


_FOLD = _Table(_fold_character)
_WORDS = _Table(_word_character)


def fold(s: str) -> str:
    """Form for comparing: no case, accents, tashkeel or tatweel; one form of letters and signs.

    Alef, ya and ha are each written one way, digits are western, quotes and dashes plain, ligatures
    taken apart. White space stays.

    >>> fold("« L’Œuvre » de Straße—2024")
    '" l\\'oeuvre " de strasse-2024'
    >>> fold("الأُسْـرة") == fold("الاسره")
    True
    """
    return unicodedata.normalize("NFKC", s).translate(_FOLD)


def words(s: str) -> list[str]:
    """Folded words in order, without punctuation; single characters in scripts without spaces.

    >>> words("L'Économie, n° 12")
    ['l', 'economie', 'n', '12']
    >>> words("新聞 abc")
    ['新', '聞', 'abc']
    """
    return unicodedata.normalize("NFKC", s).translate(_WORDS).split()


_DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "01234567890123456789")


def western_digits(s: str) -> str:
    """Arabic-Indic and Persian digits written as 0 to 9.

    >>> western_digits("٢٠٢٤-۱۲")
    '2024-12'
    """
    return s if s.isascii() else s.translate(_DIGITS)


def split_bylines(s: str) -> list[str]:
    """People and desks of a byline."""
    return [clean(s)] if s.strip() else []
