"""Recognise blocks that are not article text: links, credits, prompts, related headings."""

import re

from newscrawl.extraction.blocks import IDEOGRAPHS, Block

SENTENCE = 40
"""Characters from which a block may be prose."""
_SENTENCE_OF_IDEOGRAPHS = 15
"""The same in scripts without spaces, whose characters say more."""

_CREDIT = re.compile(
    r"^\W*(?:©|\(c\)|(?:(?:foto|photo|crédit|credit|image|bild|صورة)s?\s*)+:)|"
    r"(?:©|\((?:c\)|foto|photo|crédit|credit|image|bild|صورة)|"
    r"(?<!\bla )\b(?:foto|photo|crédit|credit|image|bild|صورة)s?\s*:).{0,60}$",
    re.IGNORECASE,
)
_CREDIT_SIGN = re.compile("[©(:]")
"""Characters of which each credit has one; most texts have none."""
_INVITES = 0.2
"""Linked share of a prompt; a sentence that mentions a service has fewer links."""
_PHRASE = 100
"""Maximum characters of a block that is furniture by its words alone; longer ones have links."""
_SERVICE = re.compile("whatsapp|telegram", re.IGNORECASE)
_INVITATION = re.compile(
    r"newsletter|sign up|subscrib|abonn(?:ez|ier)|bookmark|نشرتنا|اشترك|"
    r"donate (?:now|here|to us)|faites? un don\b|soutenez-nous|support us\b|"
    r"mit einer spende|haz una donación|تبرع الآن",
    re.IGNORECASE,
)

# Headings of content after an article.
_AFTERWARDS = re.compile(
    r"^\W*(?:\d+ )?(?:commentaires?|comments?|r[ée]actions?|kommentare?|comentarios|تعليقات|"
    r"التعليقات|أضف تعليق|(?:articles? )?(?:li[ée]s|similaires|connexes|associ[ée]s)|"
    r"(?:dans|sur) (?:le|la) m[êe]me \w+|related (?:articles|stories|news|posts)|"
    r"(?:مواضيع|مقالات) (?:ذات صلة|مشابهة|أخرى))(?: \(?\d+\)?)?\W*$",
    re.IGNORECASE,
)

_POINTING = re.compile(
    r"^\W*(?:(?:lire|voir|[àa] lire|lisez|d[ée]couvrez|sur le m[êe]me (?:sujet|th[èe]me))\b.{0,12}"
    r"(?:aussi|[ée]galement|plus)|[àa] (?:lire|voir)(?: aussi)?\s*:|read (?:more|also|next)|"
    r"see also|also read|more (?:on|from)|related (?:articles|stories|news|posts)|"
    r"lesen sie|mehr zum thema|lee tambi[ée]n|"
    r"اقرأ (?:أيضا|ايضا|المزيد)|إقرأ أيضا|اقرا ايضا|طالع أيضا|شاهد أيضا|مواضيع ذات صلة)",
    re.IGNORECASE,
)
"""Beginnings of a pointer to another article."""
_ASKING = re.compile(
    r"^\W*(?:subscribe|sign up|abonnez|inscrivez|follow us|suivez|تابعنا|اشترك|rejoignez)",
    re.IGNORECASE,
)
"""Beginnings of an invitation."""
_CHANNEL = re.compile(
    r"news-?letter|lettre|cha[îi]ne|channel|compte|account|r[ée]seaux|e-?mail|inbox|alert|notification"
    r"|appli|\bapp\b|facebook|twitter|instagram|youtube|linkedin|tiktok|whatsapp|telegram|google|rss"
    r"|(?:نشرت|قنا[ةت]|صفحت|حساب)|البريد|تطبيق|[إا]شعارات|منصات|فيس\s?بوك|تويتر|[إا]نستغرام|يوتيوب"
    r"|وات\s?س[اآ]ب|تل[يغجق]|غوغل|جوجل",
    re.IGNORECASE,
)
"""What an invitation leads to."""
_LABEL_ONLY = re.compile(
    r"^\W*(?:copyright|©|\(c\)|all rights reserved|tous droits r[ée]serv[ée]s|جميع الحقوق محفوظة"
    r"|(?:newsletter|advertisement|publicit[ée]|anzeige|werbung|إعلان)\W*$)",
    re.IGNORECASE,
)
_SHORT_INVITATION = 30
"""Maximum characters of a prompt that need not name its target."""


_POINTER = re.compile(r"^(?:>+|»|→|►|▶|☞|👉)")
"""Signs before a link to another article."""


def may_be_prose(text: str) -> bool:
    """Return whether a text is long enough to be prose.

    >>> may_be_prose("Read more about it"), may_be_prose("外拍的攝影班學員一堆早已不時穿梭其間")
    (False, True)
    """
    length = len(text)
    return length >= SENTENCE or (
        length >= _SENTENCE_OF_IDEOGRAPHS and text[length // 2] > IDEOGRAPHS
    )


def is_link(block: Block) -> bool:
    """Return whether a block is a link with little other text."""
    return block.linked > 0.5 * len(block.text) and len(block.text) - block.linked < 50


def is_notice(block: Block) -> bool:
    """Return whether a short block is a credit, a prompt or a reference to another page."""
    text = block.text
    return len(text) - block.linked < 200 and (
        ((block.linked > 0 or len(text) < _PHRASE) and _leads_elsewhere(block))
        or (_CREDIT_SIGN.search(text) is not None and _CREDIT.search(text) is not None)
        or (is_link(block) and _POINTER.match(text) is not None)
        or (block.linked > 0 and _INVITATION.search(text) is not None)
        or (block.linked > _INVITES * len(text) and _SERVICE.search(text) is not None)
    )


def _leads_elsewhere(block: Block) -> bool:
    """Return whether a block begins like a reference to other pages, and is not a sentence.

    An unlinked pointer has a colon or is cut; an invitation says to where.
    """
    text = block.text
    if _LABEL_ONLY.match(text):
        return True
    if pointing := _POINTING.match(text):
        behind = text[pointing.end() - 1 : pointing.end() + 2]
        return block.linked > 0 or ":" in behind or text[-1] not in _SENTENCE_ENDS
    return _ASKING.match(text) is not None and (
        block.linked > 0 or len(text) < _SHORT_INVITATION or _CHANNEL.search(text) is not None
    )


_SENTENCE_ENDS = ".!؟?"


def is_furniture(block: Block) -> bool:
    """Return whether a block only refers to other pages."""
    return is_link(block) or is_notice(block)


def is_afterwards(block: Block) -> bool:
    """Return whether a block is the heading of content after an article."""
    text = block.text
    return len(text) < SENTENCE and not block.linked and _AFTERWARDS.match(text) is not None
