"""Clean and compare text in any script; the project's only definition of "same text".

Functions that clean (``safe``, ``clean``, ``plain``, ``clean_text``) keep what was printed:
accents, case, punctuation. Functions that compare (``fold``, ``words``) return a form that is never
displayed. None of them raises for any string; all but ``plain`` and ``words`` are idempotent.
"""

import codecs
import re
import unicodedata
from collections.abc import Callable, Iterable
from functools import lru_cache, wraps
from html import unescape
from typing import Literal

# Browsers decode C1 control codes as the windows-1252 characters of the same bytes.
C1_AS_CP1252 = {code: bytes([code]).decode("cp1252", "ignore") for code in range(0x80, 0xA0)}

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
# Joiners are part of Arabic and Indian scripts and of emoji; elsewhere they are removed.
_STRAY_JOINER = re.compile(
    "\u200c(?![^\\W\\d_])"
    "|(?<![\u0600-\u0dff\ufb50-\ufdff\ufe70-\ufefc])\u200c"
    "|(?<![\u0600-\u0dff\ufb50-\ufdff\ufe70-\ufefc\ufe0f\u2600-\u27bf\U0001f000-\U0001faff])\u200d"
)
# An entity with its semicolon, even if its ampersand was encoded repeatedly.
_ENTITY = re.compile(
    r"&(?:(?:amp|AMP|#0*38|#[xX]0*26);)*"
    r"(#[0-9]{1,8}|#[xX][0-9a-fA-F]{1,7}|[a-zA-Z][a-zA-Z0-9]{1,31});"
)

_ENTITY_PASSES = 5


def safe(s: str) -> str:
    r"""Remove control and direction marks, zero-width characters and lone surrogates.

    White space is kept. C1 control codes become the windows-1252 characters of the same bytes.
    Joiners (ZWNJ, ZWJ) are kept in Arabic and Indian scripts and in emoji.

    >>> safe("\u200fAl\xadge\u200brie\x00 \ud800\x93ok\x94")
    'Algerie “ok”'
    """
    if s.isascii() and s.isprintable():
        return s
    s = _UNSAFE.sub(_c1, s)
    if "\u200c" in s or "\u200d" in s:
        s = _STRAY_JOINER.sub("", s)
    return s


_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    "\ud800-\udfff]"
)


def printable(s: str) -> str:
    r"""Return a text for a terminal or log, with invisible characters as escapes.

    Escaped are control characters except tab and line feed, all other line ends, direction marks,
    zero-width characters and lone surrogates.

    >>> print(printable("a\x1b[2J\u202eb\r\ud800 é"))
    a\x1b[2J\u202eb\r\ud800 é
    """
    return _UNPRINTABLE.sub(lambda match: ascii(match[0])[1:-1], s)


def _c1(match: re.Match[str]) -> str:
    return C1_AS_CP1252.get(ord(match[0]), "")


def _entity(match: re.Match[str]) -> str:
    return unescape(f"&{match[1]};")


LONGEST_TEXT = 400_000
"""Characters of an article's text that are kept; more are a book, or an attack."""

# Two references to halves of a pair, as programs write that count in UTF-16; the ampersands may
# have been encoded again.
_SURROGATES = re.compile(
    r"&(?:amp;)*#(5[56]\d{3}|[xX][dD][89aAbB][0-9a-fA-F]{2});"
    r"&(?:amp;)*#(5[67]\d{3}|[xX][dD][c-fC-F][0-9a-fA-F]{2});"
)


def join_surrogates(s: str) -> str:
    """Join the references to both halves of a surrogate pair to the character that they mean.

    >>> join_surrogates("Bravo &#55357;&#56832; &#xD83D;&#xDE00;")
    'Bravo 😀 😀'
    """
    return _SURROGATES.sub(_joined, s)


def _joined(match: re.Match[str]) -> str:
    high, low = (
        int(number[1:], 16) if number[0] in "xX" else int(number) for number in match.groups()
    )
    if not (0xD800 <= high <= 0xDBFF and 0xDC00 <= low <= 0xDFFF):
        return match[0]
    return chr(0x10000 + ((high - 0xD800) << 10) + low - 0xDC00)


_LONG = 500
"""Characters up to which the order of marks takes little time."""
_MOST_MARKS = 30
"""Combining marks on one character, as in Unicode's stream-safe format (UAX 15)."""
# Non-letters include the marks, except two that count as letters.
_MARK_RUN = re.compile(rf"(?:[^\w\s\x00-\x7f]|[\uff9e\uff9f]){{{_MOST_MARKS + 1},}}")


def _normalized(form: Literal["NFC", "NFKC"], s: str) -> str:
    """Normalise a text; surplus marks are dropped, as their order takes quadratic time."""
    if unicodedata.is_normalized(form, s):
        return s
    if len(s) > _LONG:
        s = _MARK_RUN.sub(_fewer_marks, s)
    return unicodedata.normalize(form, s)


def _fewer_marks(run: re.Match[str]) -> str:
    kept = []
    marks = 0
    for char in run[0]:
        is_mark = unicodedata.category(char)[0] == "M" or char in "\uff9e\uff9f"
        marks = marks + 1 if is_mark else 0
        if marks <= _MOST_MARKS:
            kept.append(char)
    return "".join(kept)


def _normal(s: str) -> str:
    """Decode entities repeatedly, up to a limit; return a safe text in NFC."""
    s = _normalized("NFC", safe(s))
    if "&" in s:
        s = join_surrogates(s)
    for _ in range(_ENTITY_PASSES):
        if "&" not in s or (decoded := _ENTITY.sub(_entity, s)) == s:
            break
        s = _normalized("NFC", safe(decoded))
    return s


def collapse(s: str) -> str:
    r"""Return a text with white space collapsed to single spaces, none at its ends.

    >>> collapse(" Le\u00a0 budget\n")
    'Le budget'
    """
    if s.isprintable() and "  " not in s:  # other white space is not printable
        return s.strip(" ")
    return " ".join(s.split())


def clean(s: str) -> str:
    r"""Return a text on one line: NFC, entities decoded, white space collapsed to single spaces.

    >>> clean(" L&amp;#39;e\u0301conomie\u00a0\r\n du  Maroc ")
    "L'économie du Maroc"
    """
    return collapse(_normal(s))


_SHORT = 500
"""Characters up to which results are cached."""


def cached_if_short(function: Callable[[str], str]) -> Callable[[str], str]:
    """Cache the results for short texts; a page has its title in several places."""
    cached = lru_cache(maxsize=256)(function)

    @wraps(function)
    def called(s: str) -> str:
        return cached(s) if len(s) <= _SHORT else function(s)

    return called


# Elements of running text; other text in angle brackets is kept.
_MARKUP = re.compile(
    r"</?(a|abbr|b|bdi|big|cite|code|del|div|em|font|h[1-6]|i|img|ins|li|mark|ol|p|q|s|small|span"
    r"|strike|strong|sub|sup|tt|u|ul|br)\b(?:\s[^<>]*)?/?>",
    re.IGNORECASE,
)
_PARTING = frozenset(("br", "div", "h1", "h2", "h3", "h4", "h5", "h6", "li", "ol", "p", "ul"))


@cached_if_short
def plain(s: str) -> str:
    """Return a text on one line as ``clean`` does, without markup.

    >>> plain("Le &lt;i&gt;budget&lt;/i&gt;<br>de 2024 &amp;lt; 3 %")
    'Le budget de 2024 < 3 %'
    """
    text = clean(unescape(join_surrogates(s)) if "&" in s else s)
    if "<" not in text:
        return text
    return clean(_MARKUP.sub(lambda tag: " " if tag[1].lower() in _PARTING else "", text))


def clean_text(s: str) -> str:
    r"""Clean a text of several paragraphs: one per line, separated by blank lines.

    Every line end separates paragraphs: mere line wrapping of the source must have been collapsed
    before.

    >>> clean_text("Un.\n \n\n Deux\xa0: trois\r\nQuatre")
    'Un.\n\nDeux : trois\n\nQuatre'
    """
    lines = map(collapse, _normal(s).splitlines())
    return "\n\n".join(line for line in lines if line)


def join_paragraphs(paragraphs: Iterable[str]) -> str:
    r"""Join paragraphs whose white space is collapsed: a faster ``clean_text``.

    What goes beyond ``LONGEST_TEXT`` is cut off.

    >>> join_paragraphs(["Un&nbsp;", "Deux"])
    'Un\n\nDeux'
    """
    text = "\n\n".join(paragraphs)[:LONGEST_TEXT].rstrip()
    return text if _normal(text) == text else clean_text(text)


# Combining marks that do not change the letter. Marks of Indian and South-East Asian scripts and
# Japanese voicing marks are parts of letters and are kept.
_MARKS = re.compile(
    "[\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670"
    "\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed\u08d3-\u08ff\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff"
    "\ufe00-\ufe2f\u200c\u200d]"
)
# Variants of letters and signs that Unicode does not decompose.
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
# Scripts without spaces between words: each of their characters counts as a word.
_SPACELESS = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u2fdf\u3040-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)


def _fold_character(char: str) -> str:
    """Return the folded form of a character; folding is idempotent for every character."""
    folded = unicodedata.normalize("NFKD", char.translate(_SAME))
    folded = _MARKS.sub("", folded).casefold().translate(_SAME)
    folded = "".join(
        c if (digit := unicodedata.decimal(c, None)) is None else str(digit) for c in folded
    )
    return unicodedata.normalize("NFC", _UNSAFE.sub("", folded))


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
    """Table for ``str.translate`` that computes each character on first use."""

    def __init__(self, rule: Callable[[str], str]) -> None:
        super().__init__()
        self._rule = rule

    def __missing__(self, code: int) -> str:
        value = self._rule(chr(code))
        if code < 0x10000:  # bounds the table; other characters are rare
            self[code] = value
        return value


_FOLD = _Table(_fold_character)
_WORDS = _Table(_word_character)
# Byte tables for ASCII text: folding by them is several times faster than by Unicode's tables.
_ASCII = list(map(chr, range(128)))
_FOLD_ASCII = "".join(_fold_character(char) or " " for char in _ASCII).encode().ljust(256)
_WORDS_ASCII = "".join(_word_character(char) or " " for char in _ASCII).encode().ljust(256)
_DROPPED_ASCII = "".join(char for char in _ASCII if not _fold_character(char)).encode()


def fold(s: str) -> str:
    r"""Return a text for comparison: no case, accents, tashkeel or tatweel, unified letters.

    Variants of alef, ya and ha are unified, digits are western, quotes and dashes plain, ligatures
    split. White space is kept.

    >>> fold("« L’Œuvre » de Straße—2024")
    '" l\'oeuvre " de strasse-2024'
    >>> fold("الأُسْـرة") == fold("الاسره")
    True
    """
    if s.isascii():
        return s.encode().translate(_FOLD_ASCII, _DROPPED_ASCII).decode()
    return _normalized("NFKC", s).translate(_FOLD)


def words(s: str) -> list[str]:
    """Return the folded words in order, without punctuation; in scripts without spaces, characters.

    >>> words("L'Économie, n° 12")
    ['l', 'economie', 'n', '12']
    >>> words("新聞 abc")
    ['新', '聞', 'abc']
    """
    if s.isascii():
        return s.encode().translate(_WORDS_ASCII, _DROPPED_ASCII).decode().split()
    try:
        coded = codecs.charmap_encode(s, "strict", _COMMON_CODES)[0]
    except UnicodeEncodeError:
        return _normalized("NFKC", s).translate(_WORDS).split()
    for code, letters in _LIGATURES:
        coded = coded.replace(code, letters)
    coded = coded.translate(_CODES_OF_WORDS, _DROPPED_CODES)
    if coded.isascii():
        return coded.decode().split()
    return codecs.charmap_decode(coded, "strict", _IN_WORDS)[0].split()


# The characters of Arabic, French and English form a code page, in which a text is folded by a
# byte table: four times faster than by Unicode's tables.
_COMMON = "\0" + "".join(
    (
        "\t\n\r !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`",
        "abcdefghijklmnopqrstuvwxyz{|}~\xa0¡£§©ª«\xad®°±²·º»¿×÷ÀÁÂÃÄÅÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜ",
        "àáâãäåçèéêëìíîïñòóôõöøùúûüÿœß‘’“”„‚…–—•‹›€−\u2009\u200b\u200e\u200f\u202f\ufeff",
        "،؛؟٪ءآأؤإئابةتثجحخدذرزسشصضطظعغـفقكلمنهوىي٠١٢٣٤٥٦٧٨٩",
        "".join(map(chr, range(0x64B, 0x653))),  # tashkeel
    )
)
_FOLDED = [unicodedata.normalize("NFKC", char).translate(_WORDS) for char in _COMMON]
# Codes of folded characters; those of ASCII are the same.
_IN_WORDS = "".join((*_ASCII, *sorted({char for char in "".join(_FOLDED) if not char.isascii()})))
_COMMON_CODES = codecs.charmap_build(_COMMON.ljust(256, "\ufffe"))  # U+FFFE: no character
_CODES_OF_WORDS = bytes(_IN_WORDS.find(folded[:1]) for folded in _FOLDED).ljust(256)
_DROPPED_CODES = bytes(code for code, folded in enumerate(_FOLDED) if not folded)
_LIGATURES = [
    (bytes([_COMMON.index(char)]), bytes(map(_COMMON.index, letters)))
    for char, letters in (("œ", "oe"), ("ß", "ss"))
]


_DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "01234567890123456789")


def western_digits(s: str) -> str:
    """Return a text with Arabic-Indic and Persian digits as 0 to 9.

    >>> western_digits("٢٠٢٤-۱۲")
    '2024-12'
    """
    return s if s.isascii() else s.translate(_DIGITS)
