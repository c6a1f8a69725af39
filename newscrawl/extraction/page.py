"""One walk over a parsed page: what stands where, as a light list of text blocks.

A block is a run of text that a reader sees as one: a paragraph, a heading, a list item, or the
text between two line breaks. Blocks know the element they stand in; elements know their parent,
so that "which part of the page is this?" is answered with integers, without touching the tree.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from selectolax.lexbor import LexborNode

# fmt: off
# Never article text, whatever they hold.
_SKIPPED = frozenset((
    "script", "style", "noscript", "template", "svg", "iframe", "object", "embed", "button",
    "select", "textarea", "canvas", "audio", "video", "map", "dialog", "datalist", "progress",
    "math", "head", "input", "label", "nav",
))
# Run on with the text around them; every other element parts blocks.
_INLINE = frozenset((
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em",
    "font", "i", "img", "ins", "kbd", "mark", "meta", "picture", "q", "rp", "rt", "ruby", "s",
    "samp", "small", "source", "span", "strike", "strong", "sub", "sup", "time", "tt", "u", "var",
    "wbr", "link", "o:p", "nobr", "amp-img",
))
# fmt: on
HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))

AWAY = 1
"""Flag of an element that leads away from the article: links, shares, boxes, forms."""
CAPTION = 2
"""Flag of an element that belongs to a picture."""
COMMENTS = 4
"""Flag of an element that holds what readers wrote."""
BYLINE = 8
"""Flag of an element that names authors or dates."""
BODY = 16
"""Flag of an element that is declared to be the article's body."""
RUBRIC = 32
"""Flag of an element that names the article's section."""

_B = r"(?:^|[\s_-])"  # a word of a name starts here
_E = r"(?:$|[\s_\d-])"  # and ends here
_AWAY = re.compile(
    rf"{_B}(?:"
    r"related|relacionad|relation|similar|recommend|recirc|see-?also|read-?(?:more|also|next|on)|"
    r"more-?(?:on|from|stor|news|art|link)|lire|voir|also|further|sharing|social|partage|compart|"
    r"teilen|follow|newsletter|subscri|suscri|abonn|sign-?up|promo|advert|adslot|adsby|anzeige|"
    r"werbung|publicit|banner|sponsor|outbrain|taboola|widget|footer|breadcrumb|ariane|menu|pagin|"
    r"pager|keywords|cookie|consent|gdpr|popup|modal|regist|log-?in|trending|popular|"
    r"most-?(?:read|view|pop)|latest|ticker|carousel|toolbar|copyright|disclaimer|rating|quiz|"
    r"sr-only|visually|screen-?reader|donat|whatsapp|telegram|facebook|twitter|tweet|instagram|"
    r"tiktok|youtube|playlist|player|table-of-content|call-?to|affiliate|infobo|factbo|"
    r"ad-?(?:box|wrap|contain|unit|slot|label|place)"
    rf")|{_B}(?:ads?|pub|aside|side-?bar|share|nav|navbar|navigation|tags?|tag-?(?:list|cloud)|"
    rf"topics|toc|cta|abo|box-?link|links?|vote|poll|skip){_E}"
)
_CAPTION = re.compile(
    rf"{_B}(?:(?:\w*-)?caption|legend|credit|photo|image|img|picture|figur|media|thumb)"
)
_COMMENTS = re.compile(rf"{_B}(?:comments?(?!ary|aire-)|disqus|respond|reactions?{_E}|reply)")
_BYLINE = re.compile(
    rf"{_B}(?:byline|authors?|autor|auteurs?|bio|signature|dateline|timestamp|date|posted|"
    rf"published|pub-?date|meta|written|reporter|contributor|journalist){_E}"
)
_BODY = re.compile(
    r"(?:article|story|post|entry|news|content|text)[-_]*body|article-?text|"
    r"(?:entry|post|article|story|news)[-_]*content(?!-wrap)"
)
_DIGIT = re.compile(r"\d")
_RUBRIC = re.compile(
    r"categor|rubri|newscat|overline|surtitre|kicker|field-section|articlesection|\brub\b|\bgenre\b"
)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


_TAG_FLAGS = {
    **dict.fromkeys(("footer", "form", "aside", "menu"), AWAY),
    **dict.fromkeys(("figcaption", "caption"), CAPTION),
    **dict.fromkeys(("address", "time"), BYLINE),
}


@dataclass(slots=True)
class Block:
    """A run of text."""

    text: str
    """White space folded to single spaces."""
    element: int
    """Index in ``Page.elements`` of the element it stands in."""
    linked: int
    """How many of its characters stand in links."""


@dataclass(slots=True)
class Element:
    """A part of the page that is more than a run of text."""

    key: int
    """The node's ``mem_id``: equal only to that of the same node of the same tree."""
    parent: int
    """Index of the element around it; the first one is its own parent."""
    tag: str
    label: str
    """Its classes, and its id after a ``#``."""

    @property
    def kind(self) -> str:
        """Its classes without what tells it from its likes: ids and names with digits."""
        return _kind(self.label)

    @property
    def flags(self) -> int:
        """What its tag and label say of its purpose: ``AWAY`` and its kin, joined."""
        return flags_of(self.tag, self.label)


@dataclass(slots=True)
class Page:
    """A page as a list of blocks."""

    elements: list[Element] = field(default_factory=list)
    """In the order of the document: an element comes after the one around it."""
    ends: list[int] = field(default_factory=list)
    """For each element, the index after that of its last descendant."""
    blocks: list[Block] = field(default_factory=list)

    def inside(self, element: int, ancestor: int) -> bool:
        """Tell whether an element is ``ancestor`` or stands in it."""
        return ancestor <= element < self.ends[ancestor]


@lru_cache(maxsize=8192)
def _kind(label: str) -> str:
    return " ".join(name for name in label.split() if name[0] != "#" and not _DIGIT.search(name))


@lru_cache(maxsize=8192)
def flags_of(tag: str, name: str) -> int:
    """Tell what a tag, class and id say of an element's purpose."""
    if tag in ("html", "body", "main"):
        return 0
    flags = _TAG_FLAGS.get(tag, 0)
    if name:
        label = _CAMEL.sub("-", name).lower()
        if _BODY.search(label):
            return flags | BODY
        if _AWAY.search(label):
            flags |= AWAY
        if _CAPTION.search(label):
            flags |= CAPTION
        if _COMMENTS.search(label):
            flags |= COMMENTS
        if _BYLINE.search(label):
            flags |= BYLINE
        if _RUBRIC.search(label):
            flags |= RUBRIC
    return flags


# Marks put among the texts of a run: a line break, and where links begin and end.
_BREAK, _LINK, _UNLINK = "\x00", "\x01", "\x02"
_MARKS = re.compile("[\x01\x02]")
_ENDS = frozenset('.!?:…؟。»”"')


def walk(root: LexborNode) -> Page:
    """List the text blocks below a node, in the order of the document."""
    page = Page()
    elements, ends, blocks = page.elements, page.ends, page.blocks
    parts: list[str] = []
    links = articles = 0
    current = 0
    stack: list[tuple[LexborNode | None, int, str]] = []

    def flush() -> None:
        text = " ".join((parts[0] if len(parts) == 1 else "".join(parts)).split())
        parts.clear()
        if links:
            parts.append(_LINK)
        if not (_LINK in text or _UNLINK in text or _BREAK in text):
            if text:
                blocks.append(Block(text, current, 0))
        elif _BREAK not in text:
            linked = _linked(text)
            if text := " ".join(text.replace(_LINK, "").replace(_UNLINK, "").split()):
                blocks.append(Block(text, current, min(linked, len(text))))
        else:
            for line, linked in _lines(text):
                blocks.append(Block(line, current, linked))

    tag = root.tag or ""
    label = _label(root)
    elements.append(Element(root.mem_id, 0, tag, label))
    ends.append(0)
    node = root.first_child
    while True:
        if node is None:
            if not stack:
                break
            node, parent, tag = stack.pop()
            if tag == "a":
                links -= 1
                parts.append(_UNLINK)
            elif tag not in _INLINE:
                if parts:
                    flush()
                ends[current] = len(elements)
                current = parent
                articles -= tag == "article"
            continue
        following = node.next
        if node.is_text_node:
            text = node.text_content
            if text and not text.isspace():
                parts.append(text)
            elif parts:
                parts.append(" ")
        elif node.is_element_node:
            tag = node.tag or ""
            if tag == "br":
                parts.append(_BREAK)
            elif (
                tag not in _SKIPPED
                and (child := node.first_child) is not None
                and (articles or tag != "footer")
            ):
                if tag in _INLINE:
                    if tag == "a":
                        links += 1
                        parts.append(_LINK)
                    stack.append((following, current, tag))
                else:
                    if parts:
                        flush()
                    stack.append((following, current, tag))
                    articles += tag == "article"
                    label = _label(node)
                    elements.append(Element(node.mem_id, current, tag, label))
                    ends.append(0)
                    current = len(elements) - 1
                node = child
                continue
        node = following
    flush()
    ends[0] = len(elements)
    return page


def _label(node: LexborNode) -> str:
    attributes = node.attributes
    name = attributes.get("class") or ""
    if identity := attributes.get("id"):
        name = f"{name} #{identity}"
    return name


def _linked(run: str) -> int:
    """Count the characters of a run that stand in links."""
    first, *links = run.split(_LINK)
    count = len(first.rpartition(_UNLINK)[0])  # of a link that began before the run
    for text in links:
        count += len(text.partition(_UNLINK)[0].strip())
    return count


def _lines(raw: str) -> Iterator[tuple[str, int]]:
    """Part a run at its line breaks: at every doubled one, and where a sentence ends.

    Each line comes with the number of its characters that stand in links.
    """
    pending: list[str] = []
    count = 0
    inside = False
    for piece in raw.split(_BREAK):
        linked = 0
        if inside or _LINK in piece:
            texts = _MARKS.split(piece)
            marks = _MARKS.findall(piece)
            for text, mark in zip(texts, [*marks, ""], strict=True):
                if inside:
                    linked += len(" ".join(text.split()))
                inside = mark == _LINK or (inside and not mark)
            piece = "".join(texts)
        elif _UNLINK in piece:
            piece = piece.replace(_UNLINK, "")
        text = " ".join(piece.split())
        if pending and not (text and pending[-1][-1] not in _ENDS):
            yield " ".join(pending), count
            pending, count = [], 0
        if text:
            pending.append(text)
        count += linked
    if pending:
        yield " ".join(pending), count
