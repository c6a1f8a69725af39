"""Split a byline into names of people and news desks, without labels and roles."""

import re
from functools import lru_cache

from newscrawl.text.cleaning import clean, fold

_TO = r"(?:\s(?:à|au|aux|en|in|في|ب)\s\w+)?"  # where a correspondent is
# Labels before a name: directly, or, if a desk's name may begin like that, with a colon.
_LABEL = re.compile(
    rf"""
    (?: (?:[^\W\d_]+\s(?:et\sphotos?\s)?)?  # "Propos", "Texte et photos"
        (?:recueilli|réalisé|rédigé|écrit|publié|posté|préparé|présenté|animé|traduit)e?s?
        (?:\s(?:d[eu]|à|au|en)\s\S+)?\spar
      | (?:reportage|dossier|enquête|chronique|analyse|texte|article|entretien)\s(?:par|de)
      | (?:par|de)\s(?:notre|nos)\s(?:bureau|correspondante?s?|envoyée?s?\sspécia\w+){_TO}
      | (?:(?:this|cet|cette|dieser)\s\w+\s(?:was|a\sété|wurde)\s)?
        (?:(?:written|posted|published|reported|edited|compiled|story|words|text|guide|article
        |artikel|analysis|report|interview|erstellt|geschrieben|verfasst)\s)?(?:by|von)
      | from\sour\scorrespondents?{_TO}
      | par|por|escrito\spor|door|et|and|und|with|avec|via|و|مع
      | بقلم(?:\sالكاتبة?)?|ي?كتب(?:ت|ه|ها)?|[إا]عداد(?:\sو\w+)?|تقديم
      | [أا]عد(?:ه|ها|ته|تها)|حرر(?:ه|ها|ته|تها)
      | حاور(?:ه|ها|ته|تها)|[أا]جر(?:ى|ت)\sالحوار|من\sمراسلنا{_TO}
    ) (?: \s*[:：/,–—-]+\s* | \s+ | $ )
  | (?: auteure?s?|autrice|authors?|autore?s?|autoren?|rédaction|textes?(?:\set\sphotos?)?
      | reportage|dossier|enquête|chronique|analyse|compte[\s-]rendu|interview|entretien
      | source | الكاتبة?|كاتب\sالمقال|تحرير|تقرير|متابعة|تغطية|تحقيق|حوار|ترجمة|المصدر|مراسلنا{_TO}
    ) \s*[:：/–—-]+\s*
  | (?: (?:rédact(?:eur|rice)|direct(?:eur|rice)|editor|journaliste|reporter)(?:\s[^:\s]+){{0,4}}
      | (?:رئيسة?|مديرة?|سكرتيرة?)\s(?:ال)?(?:تحرير|نشر)
    ) \s*[:：]\s*
    """,
    re.IGNORECASE | re.VERBOSE,
)
# End of a name: a date, the words before a date, or the person's role.
_DATED = re.compile(
    r"""
    \b(?: (?:publié|published|posted|updated)(?!\s(?:par|by)\b) | mise?\sà\sjour | modifié
        | last\supdated | is\san? | est\sune? | نشر | بتاريخ | [آا]خر\sتحديث )\b.*
  | (?:\b(?:le|on|يوم|في)\s+)?
    (?:\b(?: (?:lun|mar|mercre|jeu|vendre|same)di | dimanche | (?:mon|tues|wednes|thurs|fri|satur
        |sun)day | (?:mon|tue|wed|thu|fri|sat|sun) | ال(?:[إا]ثنين|ثلاثاء|[أا]ربعاء|خميس|جمعة|سبت
        |[أا]حد) )\b[\s,،]*)?
    (?<!\w)[\d٠-٩]{1,4} (?: \s?[-/.]\s?[\d٠-٩]{1,2}\s?[-/.]\s?[\d٠-٩]{2,4} | [:h][\d٠-٩]{2}\b
        | (?:er|st|nd|rd|th)?\s[^\W\d_]+[.,،]*\s[\d٠-٩]{4}\b ).*
  | \b[^\W\d_]{3,}\.?\s\d{1,2}(?:st|nd|rd|th)?[,،]?\s(?:19|20)\d\d\b.*
  | (?:\b(?:temps\sde\s)?lecture\s?:|\b(?:reading\stime|read\stime)\b|\d+\s?min(?:s|utes?)?\b).*
    """,
    re.IGNORECASE | re.VERBOSE,
)
# A date, perhaps with a time, followed by a name.
_DATE_BEFORE = re.compile(
    r"^\W*(?:le\s)?(?:\d{1,2}(?:er)?\s[^\W\d_]+\.?\s\d{4}|\d{1,2}[/.-]\d{1,2}[/.-]\d{4})"
    r"(?:\s?(?:à|-|–|at)?\s?\d{1,2}[:h]\d\d)?[\s|,–-]*(?=[^\W\d_])",
    re.IGNORECASE,
)
_ADDRESS = re.compile(
    r"[(<\[]?[^\s@]{1,64}@[^\s@]{1,255}\.\w+[)>\]]?|(?:https?://|www\.)\S*"
    r"|\b[\w-]{1,63}\.\w{2,4}/\S*|@\w+|(?<!\S)(?:/|auteurs?/|authors?/)[\w/.-]+|(?<!\S)\S+?\.html?\b",
    re.IGNORECASE,
)
_ADDRESS_MARKS = frozenset("@/.")
"""Characters of which each address has one."""
# White space is matched from its beginning only: trying each of many blanks is quadratic.
_BRACKETS = re.compile(r"(?:(?<!\s)\s++)?[(\[]([^()\[\]]*)[)\]]")
_BETWEEN_NAMES = re.compile(
    r"""
    (?:(?<!\s)\s++)?(?: [;؛|•·、]\s* | [,،](?!\s*[js]r\b)\s* )
    | (?<!\s)\s++[/–—ـ-]+\s+ | (?<!\s)\s++/\s* | /\s+
    | (?<!\s)\s++(?:avec|with|مع)\s+
    | (?<!crédit)(?<!crédits)(?<!credit)(?<!credits)(?<!\s)\s++(?=(?:تصوير|عدسة|صور|photos?)\s*[:/])
    """,
    re.IGNORECASE | re.VERBOSE,
)
_CONJUNCTION = re.compile(r"(?<!\s)\s++(?:et|and|und|&|و)\s+", re.IGNORECASE)
# Words that also occur inside names: each side must be a full name.
_SHORT_CONJUNCTION = re.compile(r"(?<!\s)\s++(?:y|e|i|en|och|og|ve)\s+|/")
_BEFORE_AGENCY = re.compile(r"(?<=[^\W\d_]{2})/(?=[A-Z]{2,6}$)")
# The Arabic "and" is joined to the following word; some names begin with its letter.
_AGENCY = r"(?:ال)?وكالات|رويترز|الأناضول|فرانس\sبرس|أ\s?ف\s?ب|هيئة\sالتحرير"
_ATTACHED_AND = re.compile(
    rf"\sو(?:(?=(?:{_AGENCY})$)|(?=[^\W\d_]{{2,}}\s)(?!(?:ال|لاء|ليد|ليم|لد|ائل|فاء|فيق|سيم|سام|داد"
    r"|ديع|هب|هيب|جد|جيه|حيد|رد|صال|صفي|ئام|عد|قاص|كال|زار|زان|زير|طن|اصف|اعر|ادي|سن|ضاح|لي |لى )))"
)
_PLACES = (
    *("rabat", "casablanca", "fès", "marrakech", "tanger", "agadir", "oujda", "tétouan"),
    *("alger", "oran", "constantine", "annaba", "tunis", "sfax", "sousse", "tripoli", "nouakchott"),
    *("le caire", "cairo", "alexandrie", "khartoum", "sanaa", "riyadh", "djeddah", "doha", "dubai"),
    *("baghdad", "beyrouth", "beirut", "amman", "gaza", "istanbul", "paris", "london", "londres"),
    *("washington", "new york", "bruxelles", "brussels", "madrid", "genève", "berlin", "dakar"),
    *("الرباط", "الدار البيضاء", "فاس", "مراكش", "طنجة", "أكادير", "وجدة", "تطوان", "العيون"),
    *("الجزائر", "وهران", "قسنطينة", "عنابة", "تونس", "صفاقس", "سوسة", "طرابلس", "بنغازي"),
    *("القاهرة", "الإسكندرية", "الجيزة", "الخرطوم", "صنعاء", "عدن", "الرياض", "جدة", "مكة"),
    *("الدمام", "دبي", "أبوظبي", "الدوحة", "الكويت", "بغداد", "دمشق", "بيروت", "عمان", "غزة"),
    *("القدس", "رام الله", "باريس", "لندن", "واشنطن", "نيويورك", "بروكسل", "مدريد", "نواكشوط"),
)
"""Places of correspondents; such a word alone may be a name."""
_PLACE = "|".join(_PLACES)
_FOLDED_PLACES = frozenset(map(fold, _PLACES))
# A place before a name: "Rabat : Amina Idder"
_PLACE_BEFORE = re.compile(
    rf"(?:(?:من|de|à|from)\s)?(?:{_PLACE})\s*[:،,–—ـ-]+\s*|من\s(?:{_PLACE})\s+", re.IGNORECASE
)
# "Journaliste politique Amina Idder"
_ROLE_BEFORE = re.compile(
    r"(?i:journaliste|reporter|correspondante?|rédact(?:eur|rice)|envoyée?\sspéciale?|staff\swriter)"
    r"\s(?:(?:[a-zà-ÿ]|d['’])[a-zà-ÿ]*\s)*(?=[A-ZÀ-Ý])"
)
# A person's role after the name.
_ROLE = re.compile(
    r"""
    journaliste|reporter|grand\sreporter|correspond[ae]nt|envoyée?\sspécial|rédact|directeur
    |directrice|secrétaire|éditorialiste|chroniqueu|pigiste|stagiaire|écrivain|professeur|enseignant
    |chercheu|économiste|politologue|sociologue|universitaire|avocat|ancien|président|membre
    |journalist|staff\s(?:writer|reporter)|editor|senior|chief|columnist|contribut|freelance|special\sto|writer
    |professor|(?:head|director|manager|founder|co-?founder|c[et]o|vp|vice)\b|ph\.?\s?d|redakt|periodista|giornalista
    |صحف|صحاف|مراسل|كاتب|رئيس|مدير|محرر|[أا]ستاذ|باحث|محلل|خبير|محام|[إا]علام|دكتور\sفي
    """,
    re.IGNORECASE | re.VERBOSE,
)
# The same without a separator: "Amina Idder Senior Reporter".
_ROLE_BEHIND = re.compile(
    r"(?<=\S)\s+(?:(?i:senior|staff|chief|lead|deputy|managing|associate|contributing|freelance|former"
    r"|grande?|special|tech|political)\s+){0,4}"
    r"(?i:(?:reporter|writer|editor|correspondent|journalist|columnist|contributor|founder|author)"
    r"|journaliste|rédact(?:eur|rice)|(?i:chef)?(?i:redakteur(?:in)?)|correspondante?|envoyée?\sspécial|صحفية?|صحافية?|مراسلة?"
    r"|رئيسة?\s(?:ال)?تحرير|مديرة?\s(?:ال)?\w+|(?i:for)\s(?:the\s)?[A-Z]\w+|pour\s(?:L[ea]s?|L['’])"
    rf"|(?:à|au|in|من|في)\s(?i:{_PLACE}))(?!\w).*$"
)
# Text of a link next to a name.
_CONTACT = re.compile(
    r"(?:écrire|contacte|suivre|envoyer|voir|tous\sses|follow|contact|e-?mail|view|read|see|more|share"
    r"|about|bio\b|website|profile|all\s|alles?\s|راسل|تابع|جميع\s|كل\s|المزيد)",
    re.IGNORECASE,
)
_CREDENTIAL = re.compile(
    r"(?:M\.?D|D\.?O|R\.?D|R\.?N|M\.?S|M\.?A|B\.?A|J\.?D|MPH|MBA|MSc|BSc|CPA|CFP|CFA|CPP|PSP|LDN|CDN"
    r"|CSCS|RDN|Esq|Ph\.?\s?D|FACLM|FAND|FOMA|SMT)\.?®?"
)
_MAKER = re.compile(r"(?:developed|powered|designed|hosted)\sby\b|conçu\spar\b", re.IGNORECASE)
# Each place is tried for the character after it first, as most have none of these.
_GLUED = re.compile(
    r"(?<=^بقلم)(?=[^\W\d_])|"
    r"(?=\d)(?<=[^\W\d_]{2})(?=\d{1,2}(?:\s[^\W\d_]{3}|[/.-]\d))"  # "Idder23 mars"
    r"|(?=[A-ZÀ-Ý])(?:"
    r"(?:(?<=\bBy)|(?<=\bby)|(?<=\bPar)|(?<=\bpar))(?=.[\w.'’-]*\s)"  # "ByTravis Haney"
    r"|(?<=[a-zà-ÿ])(?=(?:Rédact|Journalist|Report|Senior|Staff|Editor|Founder|Correspond)))"
)
_ACRONYM = re.compile(rf"[A-Z][A-Z.]{{1,7}}|(?:[^\W\d_a-zA-Z]\s){{1,3}}[^\W\d_a-zA-Z]|{_AGENCY}")
_PICTURES = re.compile(
    r"(?:crédits?\s|credits?\s)?(?:[fp]h?otos?|ph\.?|images?|صورة?|تصوير|عدسة)\s*[:/©]|photos?\s",
    re.IGNORECASE,
)
_NOBODY = frozenset(
    map(
        fold,
        (
            *("admin", "administrator", "administrateur", "webmaster", "webmestre", "root", "user"),
            *("super user", "superuser", "super utilisateur", "guest", "author", "auteur"),
            *("rédacteur en chef", "rédactrice en chef", "directeur de publication", "journaliste"),
            *("directeur de la publication", "editor in chief", "editor-in-chief", "editor"),
            *("رئيس التحرير", "رئيسة التحرير", "مدير النشر", "المدير العام", "مدير الموقع"),
            *("مدير التحرير", "سكرتير التحرير", "المحرر", "محرر", "كاتب", "صحفي", "مراسل"),
        ),
    )
)
"""Default account names of software, and roles without a name."""
_LOOSE_END = re.compile(
    r"(?<!\s)\s++(?:on|le|at|in|dans|à)$", re.IGNORECASE
)  # the date after it was removed
_EDGES = " \t\"'“”«»‘’:：;,،؛|/•·*_–—-([<>])"
_LONGEST_NAME, _LONGEST_BYLINE, _LONGEST_LABEL = 100, 1000, 40
_MOST_WORDS = 7  # words of a second name; longer parts describe a person


def split_bylines(s: str) -> list[str]:
    """Return the people and desks of a byline, as printed, without surrounding words and dates.

    Names are separated at commas, bars, spaced dashes and slashes, "et", "and", "و" between blanks
    and the like. Web addresses, roles after a name, picture credits and default account names of
    software are dropped.

    >>> split_bylines("Par Amina Alaoui et M. Le Doré, journaliste")
    ['Amina Alaoui', 'M. Le Doré']
    >>> split_bylines("بقلم: نورة وهبي و سعيد بن علي")
    ['نورة وهبي', 'سعيد بن علي']
    >>> split_bylines("By Staff (AFP) | 12 March 2024, 10:30")
    ['Staff', 'AFP']
    >>> split_bylines("Ali Ben, who has taught the law of the sea for years")
    ['Ali Ben']
    """
    return list(_names_in(s[:_LONGEST_BYLINE]))


@lru_cache(maxsize=1024)  # an outlet's pages have the same authors, each in several places
def _names_in(s: str) -> tuple[str, ...]:
    s = clean(s)
    if not _ADDRESS_MARKS.isdisjoint(s):
        s = _ADDRESS.sub(" ", s)
    s = unglued(s)
    s = _DATED.sub("", _DATE_BEFORE.sub("", s))
    agencies = []
    if "(" in s or "[" in s:
        inner = map(_unlabelled, _BRACKETS.findall(s))
        agencies = list(filter(_ACRONYM.fullmatch, inner))
        s = _BRACKETS.sub("", s)
    parts = _BETWEEN_NAMES.split(_unlabelled(s))
    if len(parts) > 1:
        parts = list(map(_unlabelled, parts))
    names: dict[str, str] = {}
    for part in [*parts, *agencies]:
        for name in map(_trim, _conjoined(part)):
            if names and (
                names_role(name) or _CREDENTIAL.fullmatch(name) or len(name.split()) > _MOST_WORDS
            ):
                continue
            if _PICTURES.match(name) or _MAKER.match(name) or len(name) > _LONGEST_NAME:
                continue
            if any(map(str.isalpha, name)):
                names.setdefault(fold(name), name)
    if len(names) > 1:
        names = {key: name for key, name in names.items() if key not in _FOLDED_PLACES} or names
    return tuple(name for folded, name in names.items() if folded not in _NOBODY)


_CAPITAL = re.compile(r"(?<=[a-zà-ÿ])(?=[A-ZÀ-Ý][a-zà-ÿ])")


def is_label(s: str) -> bool:
    """Return whether a text announces an author and names none.

    >>> is_label("Par :"), is_label("بقلم"), is_label("Par Amina Alaoui")
    (True, True, False)
    """
    return len(s) <= _LONGEST_LABEL and _is_label(s)


@lru_cache(maxsize=2048)  # an outlet's pages print the same lines around their articles
def _is_label(s: str) -> bool:
    return _LABEL.fullmatch(s.strip(" :") + ": ") is not None


def is_place(s: str) -> bool:
    """Return whether a text is a city that correspondents write from, and nothing else.

    >>> is_place("الرباط"), is_place("Amina Rabat")
    (True, False)
    """
    return fold(s.strip(_EDGES)) in _FOLDED_PLACES


def names_role(s: str) -> bool:
    """Return whether a text is a role or contact, not a name.

    >>> names_role("Rédactrice en chef"), names_role("Amina Alaoui")
    (True, False)
    """
    return bool(_ROLE.match(s) or _CONTACT.match(s))


def unglued(s: str) -> str:
    """Separate a name from adjoining text without a space: a label, a date, a role.

    >>> unglued("ByAmina Alaoui12 mars"), unglued("Amina AlaouiJournaliste")
    ('By Amina Alaoui 12 mars', 'Amina Alaoui Journaliste')
    """
    if _ROLE.match(s):
        s = _CAPITAL.sub(" ", s)
    return _GLUED.sub(" ", s)


def _unlabelled(part: str) -> str:
    part = part.strip(_EDGES)
    while label := _LABEL.match(part) or _PLACE_BEFORE.match(part) or _ROLE_BEFORE.match(part):
        part = part[label.end() :].strip(_EDGES)
    return part


def _conjoined(part: str) -> list[str]:
    """Return the names of a part. "et" separates names and acronyms, but not "Arts et lettres"."""
    sides = _CONJUNCTION.split(part)
    if len(sides) == 2 and not any(" " in side or _ACRONYM.fullmatch(side) for side in sides):
        return [part]
    return [name for side in sides for name in _full_names(side)]


def _attached(part: str) -> list[str]:
    """Split joined Arabic names, each of at least two words unless it is an agency."""
    names = _ATTACHED_AND.split(part)
    full = all(" " in name.strip() or _ACRONYM.fullmatch(name.strip()) for name in names)
    return names if full else [part]


def _full_names(part: str) -> list[str]:
    names = _BEFORE_AGENCY.split(part)
    if len(names) == 1:
        names = _SHORT_CONJUNCTION.split(part)
        names = names if all(" " in name.strip() for name in names) else [part]
    return [name for one in names for name in _attached(one)]


def _trim(name: str) -> str:
    """Strip characters around a name, but not the dot of an abbreviation."""
    name = _LOOSE_END.sub("", name.strip(_EDGES))
    if (role := _ROLE_BEHIND.search(name)) and " " in name[: role.start()]:
        name = name[: role.start()].strip(_EDGES)
    if name.endswith(".") and name[-4:-1].isalpha() and "." not in name[:-1]:
        name = name[:-1]
    return name
