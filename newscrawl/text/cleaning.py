"""Cleaning and comparing text in any script; the house's only definition of "clean" and "same".

Two kinds of functions stand here. Those that clean (``safe``, ``clean``, ``clean_text``,
``split_bylines``) keep what was printed: accents, case, punctuation. Those that compare (``fold``,
``words``) give a form that is never shown. None raises for any string, and each but
``split_bylines`` gives the same again when applied twice.
"""

import codecs
import re
import unicodedata
from collections.abc import Callable, Iterable
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

_ENTITY_PASSES = 5


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


_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    "\ud800-\udfff]"
)


def printable(s: str) -> str:
    r"""Text for a terminal or a log, where what cannot be seen is shown as an escape.

    Those are control characters but for tab and line feed, all other line ends, marks of direction,
    zero-width characters and lone surrogates.

    >>> print(printable("a\x1b[2J\u202eb\r\ud800 é"))
    a\x1b[2J\u202eb\r\ud800 é
    """
    return _UNPRINTABLE.sub(lambda match: ascii(match[0])[1:-1], s)


def _c1(match: re.Match[str]) -> str:
    return _C1.get(ord(match[0]), "")


def _entity(match: re.Match[str]) -> str:
    return unescape(f"&{match[1]};")


def _normal(s: str) -> str:
    """Decode entities until none is left, within reason; NFC, safe."""
    s = unicodedata.normalize("NFC", safe(s))
    for _ in range(_ENTITY_PASSES):
        if "&" not in s or (decoded := _ENTITY.sub(_entity, s)) == s:
            break
        s = unicodedata.normalize("NFC", safe(decoded))
    return s


def clean(s: str) -> str:
    r"""Text on one line: NFC, entities decoded, white space of every kind one space.

    >>> clean(" L&amp;#39;e\u0301conomie\u00a0\r\n du  Maroc ")
    "L'économie du Maroc"
    """
    return " ".join(_normal(s).split())


# Elements of running text; what else stands between angle brackets is kept.
_MARKUP = re.compile(
    r"</?(a|abbr|b|bdi|big|cite|code|del|div|em|font|h[1-6]|i|img|ins|li|mark|ol|p|q|s|small|span"
    r"|strike|strong|sub|sup|tt|u|ul|br)\b(?:\s[^<>]*)?/?>",
    re.IGNORECASE,
)
_PARTING = frozenset(("br", "div", "h1", "h2", "h3", "h4", "h5", "h6", "li", "ol", "p", "ul"))


def plain(s: str) -> str:
    """Text on one line as ``clean`` gives it, without the markup that some values hold.

    >>> plain("Le &lt;i&gt;budget&lt;/i&gt;<br>de 2024 &amp;lt; 3 %")
    'Le budget de 2024 < 3 %'
    """
    text = clean(unescape(s))
    if "<" not in text:
        return text
    return clean(_MARKUP.sub(lambda tag: " " if tag[1].lower() in _PARTING else "", text))


def clean_text(s: str) -> str:
    r"""Text of paragraphs: as ``clean`` does, each line a paragraph, one blank line between two.

    Every line end parts paragraphs: white space that is only the source's wrapping must have been
    collapsed before.

    >>> clean_text("Un.\n \n\n Deux\xa0: trois\r\nQuatre")
    'Un.\n\nDeux : trois\n\nQuatre'
    """
    lines = (" ".join(line.split()) for line in _normal(s).splitlines())
    return "\n\n".join(line for line in lines if line)


def join_paragraphs(paragraphs: Iterable[str]) -> str:
    r"""Text of paragraphs whose white space is folded: what ``clean_text`` gives, sooner.

    >>> join_paragraphs(["Un&nbsp;", "Deux"])
    'Un\n\nDeux'
    """
    text = "\n\n".join(paragraphs)
    return text if _normal(text) == text else clean_text(text)


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
    """The folded form of a character; folding it again changes nothing, for any character."""
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
    r"""Form for comparing: no case, accents, tashkeel or tatweel; one form of letters and signs.

    Alef, ya and ha are each written one way, digits are western, quotes and dashes plain, ligatures
    taken apart. White space stays.

    >>> fold("« L’Œuvre » de Straße—2024")
    '" l\'oeuvre " de strasse-2024'
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
    parted = s.replace("œ", "oe").replace("ß", "ss")
    try:
        coded = codecs.charmap_encode(parted, "strict", _COMMON_CODES)[0]
    except UnicodeEncodeError:
        return unicodedata.normalize("NFKC", s).translate(_WORDS).split()
    coded = coded.translate(_CODES_OF_WORDS, _DROPPED_CODES)
    return codecs.charmap_decode(coded, "strict", _IN_WORDS)[0].split()


# The characters that Arabic, French and English are written in make a code page of their own, in
# which a text is folded by a table of bytes: four times faster than by Unicode's tables.
_COMMON = "\0" + "".join(
    (
        "\t\n\r !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`",
        "abcdefghijklmnopqrstuvwxyz{|}~\xa0¡£§©ª«\xad®°±²·º»¿×÷ÀÁÂÃÄÅÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜ",
        "àáâãäåçèéêëìíîïñòóôõöøùúûüÿ‘’“”„‚…–—•‹›€−\u2009\u200b\u200e\u200f\u202f\ufeff",
        "،؛؟٪ءآأؤإئابةتثجحخدذرزسشصضطظعغـفقكلمنهوىي٠١٢٣٤٥٦٧٨٩",
        "".join(map(chr, range(0x64B, 0x653))),  # tashkeel
    )
)
_FOLDED = [unicodedata.normalize("NFKC", char).translate(_WORDS) for char in _COMMON]
_IN_WORDS = "".join(sorted({folded[:1] for folded in _FOLDED}))
_COMMON_CODES = codecs.charmap_build(_COMMON.ljust(256, "\ufffe"))  # U+FFFE: no character
_CODES_OF_WORDS = bytes(_IN_WORDS.find(folded[:1]) for folded in _FOLDED).ljust(256, b"\0")
_DROPPED_CODES = bytes(code for code, folded in enumerate(_FOLDED) if not folded)


_DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "01234567890123456789")


def western_digits(s: str) -> str:
    """Arabic-Indic and Persian digits written as 0 to 9.

    >>> western_digits("٢٠٢٤-۱۲")
    '2024-12'
    """
    return s if s.isascii() else s.translate(_DIGITS)


# --- Text that was decoded as something else -----------------------------------------------------

_AS_BYTES = {ord(char): code for code, char in _C1.items() if char}  # windows-1252 to Latin-1
_TAIL = "[\x80-\xbf" + "".join(map(chr, _AS_BYTES)) + "]"
# UTF-8 read as windows-1252: accented, Greek, Cyrillic, Arabic letters; punctuation; emoji.
_DOUBLE = re.compile(f"[\xc2-\xc6\xcb\xce-\xd1\xd8-\xdb]{_TAIL}|[âï]{_TAIL}{{2}}|ð{_TAIL}{{3}}")
# These two are searched for in every text: a first character that is seldom met makes them fast.
_SURELY_DOUBLE = re.compile(
    f"[\xc2-\xdbâð](?:(?<=[ÂÃ]){_TAIL}|(?<=â)€|(?<=ð)Ÿ|(?<=[\xc2-\xdb]){_TAIL}[\xc2-\xdb]{_TAIL})"
)
# Arabic in windows-1256 read as windows-1252: two words of accented letters in a row.
_ACCENTED_WORDS = re.compile(r"[\xc0-\xff](?<=[\xc0-\xff]{3})[^\w]++[\xc0-\xff]{3}")


def looks_mojibake(s: str) -> bool:
    r"""Whether a text shows signs of having been decoded wrongly, repairable or not.

    >>> looks_mojibake("DÃ©cret"), looks_mojibake("D\ufffdcret"), looks_mojibake("Décret à Âne")
    (True, True, False)
    """
    return "\ufffd" in s or bool(_SURELY_DOUBLE.search(s) or _ACCENTED_WORDS.search(s))


def repair_mojibake(s: str) -> str:
    """Undo a wrong decoding, line by line, where the signs are sure; U+FFFD is beyond repair.

    Known are UTF-8 read as windows-1252 or Latin-1, also twice, and Arabic windows-1256 read so.

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
        # The second byte of à is a no-break space, which cleaning has made a plain one.
        line = _DOUBLE.sub(_decode_double, line).replace("Ã ", "à ")
    if _ACCENTED_WORDS.search(line):
        try:
            arabic = line.translate(_AS_BYTES).encode("latin-1").decode("cp1256")
        except UnicodeEncodeError:  # some characters were decoded rightly
            return line
        if "ال" in arabic:
            return arabic
    return line


def _decode_double(match: re.Match[str]) -> str:
    try:
        return match[0].translate(_AS_BYTES).encode("latin-1").decode()
    except UnicodeDecodeError:
        return match[0]


# --- Bylines -------------------------------------------------------------------------------------

_TO = r"(?:\s(?:à|au|aux|en|in|في|ب)\s\w+)?"  # where a correspondent is
# What stands before a name: right before it, or, where a desk's name may begin so, with a colon.
_LABEL = re.compile(
    rf"""
    (?: (?:[^\W\d_]+\s(?:et\sphotos?\s)?)?  # "Propos", "Texte et photos"
        (?:recueilli|réalisé|rédigé|écrit|publié|posté|préparé|présenté|animé|traduit)e?s?
        (?:\sd[eu]\s\S+)?\spar
      | (?:par|de)\s(?:notre|nos)\s(?:correspondante?s?|envoyée?s?\sspécia\w+){_TO}
      | (?:(?:written|posted|published|reported|edited|compiled|story|words|text)\s)?by
      | from\sour\scorrespondents?{_TO}
      | par|von|por|escrito\spor|door|et|and|und|with|avec|via|و|مع
      | بقلم(?:\sالكاتبة?)?|ي?كتب(?:ت|ه|ها)?|[إا]عداد|[أا]عد(?:ه|ها|ته|تها)|حرر(?:ه|ها|ته|تها)
      | حاور(?:ه|ها|ته|تها)|[أا]جر(?:ى|ت)\sالحوار|من\sمراسلنا{_TO}
    ) (?: \s*[:：/,–—-]+\s* | \s+ | $ )
  | (?: auteure?s?|autrice|authors?|autore?s?|autoren?|rédaction|textes?(?:\set\sphotos?)?
      | source | الكاتبة?|كاتب\sالمقال|تحرير|تقرير|متابعة|تغطية|تحقيق|حوار|ترجمة|المصدر|مراسلنا{_TO}
    ) \s*[:：/–—-]+\s*
    """,
    re.IGNORECASE | re.VERBOSE,
)
# Where a name ends for good: a date, what announces it, or what the person is.
_DATED = re.compile(
    r"""
    \b(?: (?:publié|published|posted|updated)(?!\s(?:par|by)\b) | mis\sà\sjour | modifié
        | last\supdated | is\san? | est\sune? | نشر | بتاريخ | [آا]خر\sتحديث )\b.*
  | (?:\b(?:le|on|يوم|في)\s+)?
    (?:\b(?: (?:lun|mar|mercre|jeu|vendre|same)di | dimanche | (?:mon|tues|wednes|thurs|fri|satur
        |sun)day | (?:mon|tue|wed|thu|fri|sat|sun) | ال(?:[إا]ثنين|ثلاثاء|[أا]ربعاء|خميس|جمعة|سبت
        |[أا]حد) )\b[\s,،]*)?
    (?<!\w)[\d٠-٩]{1,4} (?: \s?[-/.]\s?[\d٠-٩]{1,2}\s?[-/.]\s?[\d٠-٩]{2,4} | [:h][\d٠-٩]{2}\b
        | (?:er|st|nd|rd|th)?\s[^\W\d_]+[.,،]*\s[\d٠-٩]{4}\b ).*
  | \b[^\W\d_]{3,}\.?\s\d{1,2}(?:st|nd|rd|th)?[,،]?\s(?:19|20)\d\d\b.*
    """,
    re.IGNORECASE | re.VERBOSE,
)
_ADDRESS = re.compile(
    r"[(<\[]?[^\s@]{1,64}@[^\s@]{1,255}\.\w+[)>\]]?|(?:https?://|www\.)\S*"
    r"|\b[\w-]{1,63}\.\w{2,4}/\S*|@\w+",
    re.IGNORECASE,
)
# White space is matched from its beginning only: to try each of many blanks is quadratic.
_BRACKETS = re.compile(r"(?:(?<!\s)\s++)?[(\[]([^()\[\]]*)[)\]]")
_BETWEEN_NAMES = re.compile(
    r"""
    (?:(?<!\s)\s++)?(?: [;؛|•·、]\s* | [,،](?!\s*[js]r\b)\s* )
    | (?<!\s)\s++[/–—-]+\s+ | (?<!\s)\s++/\s* | /\s+
    | (?<!\s)\s++(?:avec|with|مع)\s+
    """,
    re.IGNORECASE | re.VERBOSE,
)
_CONJUNCTION = re.compile(r"(?<!\s)\s++(?:et|and|und|&|و)\s+", re.IGNORECASE)
# Words that also stand inside of names: each side must be a full one.
_SHORT_CONJUNCTION = re.compile(r"(?<!\s)\s++(?:y|e|i|en|och|og|ve)\s+|/")
# The Arabic "and" is written together with the word behind it; some names begin with its letter.
_ATTACHED_AND = re.compile(
    r"\sو(?=[^\W\d_]{2,}\s)(?!(?:ال|لاء|ليد|ليم|لد|ائل|فاء|فيق|سيم|سام|داد|ديع|هب|هيب|جد|جيه|حيد|رد"
    r"|صال|صفي|ئام|عد|قاص|كال|زار|زان|زير|طن|اصف|اعر|ادي|سن|ضاح|لي |لى ))"
)
# What a person is, behind the name.
_ROLE = re.compile(
    r"""
    journaliste|reporter|grand\sreporter|correspond[ae]nt|envoyée?\sspécial|rédact|directeur
    |directrice|secrétaire|éditorialiste|chroniqueu|pigiste|stagiaire|écrivain|professeur|enseignant
    |chercheu|économiste|politologue|sociologue|universitaire|avocat|ancien|président|membre
    |journalist|staff\swriter|editor|senior|chief|columnist|contribut|freelance|special\sto|writer
    |professor|ph\.?\s?d|redakt|periodista|giornalista
    |صحف|صحاف|مراسل|كاتب|رئيس|مدير|محرر|[أا]ستاذ|باحث|محلل|خبير|محام|[إا]علام|دكتور\sفي
    """,
    re.IGNORECASE | re.VERBOSE,
)
# The same without a separator: "Amina Idder Senior Reporter".
_ROLE_BEHIND = re.compile(
    r"(?<=\S)\s+(?:(?i:senior|staff|chief|lead|deputy|managing|associate|contributing|freelance|former"
    r"|grande?|special|tech|political)\s+){0,4}"
    r"(?i:(?:reporter|writer|editor|correspondent|journalist|columnist|contributor|founder|author)"
    r"|journaliste|rédact(?:eur|rice)|correspondante?|envoyée?\sspécial|صحفية?|صحافية?|مراسلة?)\b.*$"
)
# What a link beside a name says.
_CONTACT = re.compile(
    r"(?:écrire|contacte|suivre|envoyer|voir|tous\sses|follow|contact|e-?mail|view|read|see|more|share"
    r"|about|bio\b|website|profile|راسل|تابع)",
    re.IGNORECASE,
)
_CREDENTIAL = re.compile(
    r"(?:M\.?D|D\.?O|R\.?D|R\.?N|M\.?S|M\.?A|B\.?A|J\.?D|MPH|MBA|MSc|BSc|CPA|CFP|CFA|CPP|PSP|LDN|CDN"
    r"|CSCS|RDN|Esq|Ph\.?\s?D|FACLM|FAND|FOMA|SMT)\.?®?"
)
_MAKER = re.compile(r"(?:developed|powered|designed|hosted)\sby\b|conçu\spar\b", re.IGNORECASE)
_GLUED = re.compile(
    r"(?<=[^\W\d_]{2})(?=\d{1,2}(?:\s[^\W\d_]{3}|[/.-]\d))"  # "Idder23 mars"
    r"|(?:(?<=\bBy)|(?<=\bby)|(?<=\bPar)|(?<=\bpar))(?=[A-ZÀ-Ý][\w.'’-]*\s)"  # "ByTravis Haney"
    r"|(?<=[a-zà-ÿ])(?=(?:Rédact|Journalist|Report|Senior|Staff|Editor|Founder|Correspond))"
)
# Where a correspondent writes from; without anything beside it, it may be a name.
_PLACES = frozenset(
    map(
        fold,
        (
            *("rabat", "casablanca", "alger", "tunis", "paris", "le caire", "cairo", "beyrouth"),
            *("london", "londres", "washington", "new york", "bruxelles", "madrid", "dakar"),
            *(
                "الرباط",
                "الدار البيضاء",
                "فاس",
                "مراكش",
                "طنجة",
                "أكادير",
                "وجدة",
                "تطوان",
                "العيون",
            ),
            *("الجزائر", "وهران", "قسنطينة", "عنابة", "تونس", "صفاقس", "سوسة", "طرابلس", "بنغازي"),
            *("القاهرة", "الإسكندرية", "الجيزة", "الخرطوم", "صنعاء", "عدن", "الرياض", "جدة", "مكة"),
            *(
                "الدمام",
                "دبي",
                "أبوظبي",
                "الدوحة",
                "الكويت",
                "بغداد",
                "دمشق",
                "بيروت",
                "عمان",
                "غزة",
            ),
            *(
                "القدس",
                "رام الله",
                "باريس",
                "لندن",
                "واشنطن",
                "نيويورك",
                "بروكسل",
                "مدريد",
                "نواكشوط",
            ),
        ),
    )
)
_ACRONYM = re.compile(r"[A-Z][A-Z.]{1,7}")
_PICTURES = re.compile(
    r"(?:crédits?\s|credits?\s)?(?:[fp]h?otos?|images?|صورة|تصوير)\s*[:/©]", re.IGNORECASE
)
_SOFTWARE = frozenset(
    (
        *("admin", "administrator", "administrateur", "webmaster", "webmestre", "root", "user"),
        *("super user", "superuser", "super utilisateur", "guest"),
        *map(fold, ("رئيس التحرير", "مدير النشر", "المدير العام", "مدير الموقع", "مدير التحرير")),
    )
)
_LOOSE_END = re.compile(r"(?<!\s)\s++(?:on|le|at|in|dans|à)$")  # the date behind it is gone
_EDGES = " \t\"'“”«»‘’:：;,،؛|/•·*_–—-([<>])"
_LONGEST_NAME, _LONGEST_BYLINE = 100, 1000
_MOST_WORDS = 7  # of a name behind another one; what has more says who that is


def split_bylines(s: str) -> list[str]:
    """People and desks of a byline, as printed, without the words and dates around them.

    Names are parted at commas, bars, spaced dashes and slashes, "et", "and", "و" between blanks and
    their like. Dropped are web addresses, roles behind a name, picture credits and what the page's
    software calls its own accounts.

    >>> split_bylines("Par Amina Alaoui et M. Le Doré, journaliste")
    ['Amina Alaoui', 'M. Le Doré']
    >>> split_bylines("بقلم: نورة وهبي و سعيد بن علي")
    ['نورة وهبي', 'سعيد بن علي']
    >>> split_bylines("By Staff (AFP) | 12 March 2024, 10:30")
    ['Staff', 'AFP']
    >>> split_bylines("Ali Ben, who has taught the law of the sea for years")
    ['Ali Ben']
    """
    s = _DATED.sub("", unglued(_ADDRESS.sub(" ", clean(s[:_LONGEST_BYLINE]))))
    agencies = [inner for inner in _BRACKETS.findall(s) if _ACRONYM.fullmatch(_unlabelled(inner))]
    s = _unlabelled(_BRACKETS.sub("", s))
    names: dict[str, str] = {}
    for part in [*_BETWEEN_NAMES.split(s), *agencies]:
        for name in map(_trim, _conjoined(_unlabelled(part))):
            if names and (
                names_role(name) or _CREDENTIAL.fullmatch(name) or len(name.split()) > _MOST_WORDS
            ):
                continue
            if _PICTURES.match(name) or _MAKER.match(name) or len(name) > _LONGEST_NAME:
                continue
            if any(map(str.isalpha, name)):
                names.setdefault(fold(name), name)
    if len(names) > 1:
        names = {folded: name for folded, name in names.items() if folded not in _PLACES} or names
    return [name for folded, name in names.items() if folded not in _SOFTWARE]


def names_role(s: str) -> bool:
    """Tell whether a text says what a person is or how to reach them, not who.

    >>> names_role("Rédactrice en chef"), names_role("Amina Alaoui")
    (True, False)
    """
    return bool(_ROLE.match(s) or _CONTACT.match(s))


def unglued(s: str) -> str:
    """Part a name from what was written against it: the word before, a date, a role.

    >>> unglued("ByAmina Alaoui12 mars"), unglued("Amina AlaouiJournaliste")
    ('By Amina Alaoui 12 mars', 'Amina Alaoui Journaliste')
    """
    return _GLUED.sub(" ", s)


def _unlabelled(part: str) -> str:
    part = part.strip(_EDGES)
    while (label := _LABEL.match(part)) and label[0]:
        part = part[label.end() :].strip(_EDGES)
    return part


def _conjoined(part: str) -> list[str]:
    """The names of a part. "et" parts names and acronyms, not the words of "Arts et lettres"."""
    sides = _CONJUNCTION.split(part)
    if len(sides) == 2 and not any(" " in side or _ACRONYM.fullmatch(side) for side in sides):
        return [part]
    return [name for side in sides for name in _full_names(side)]


def _attached(part: str) -> list[str]:
    """The Arabic names of a part, of two words or more each."""
    names = _ATTACHED_AND.split(part)
    return names if all(" " in name.strip() for name in names) else [part]


def _full_names(part: str) -> list[str]:
    names = _SHORT_CONJUNCTION.split(part)
    full = names if all(" " in name.strip() for name in names) else [part]
    return [name for one in full for name in _attached(one)]


def _trim(name: str) -> str:
    """Take off what is not of the name; the dot of an abbreviation is."""
    name = _LOOSE_END.sub("", name.strip(_EDGES))
    if (role := _ROLE_BEHIND.search(name)) and " " in name[: role.start()]:
        name = name[: role.start()].strip(_EDGES)
    if name.endswith(".") and name[-4:-1].isalpha() and "." not in name[:-1]:
        name = name[:-1]
    return name
