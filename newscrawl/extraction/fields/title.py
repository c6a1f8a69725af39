"""Extract the article's headline from metadata, ``<title>`` and headings."""

import re
from collections.abc import Iterable
from html import unescape

from selectolax.lexbor import LexborHTMLParser, LexborNode

from newscrawl.extraction.alignment import likeness
from newscrawl.extraction.fields.names import SiteNames, folded_line
from newscrawl.extraction.metadata import Metadata, types_of
from newscrawl.extraction.trace import chose, note
from newscrawl.text.cleaning import clean, fold, plain, words

_LONGEST_TITLE = 500
_SHORTEST_TITLE = 15
_BAR = r"(?:(?<!\s)\s*+(?:[|·•»«ǀ｜ㅣ]|::|--)++\s*+|(?<!\s)\s++[-–—:/]++\s++|：)"
_ENDING = re.compile(rf"^(.*\S){_BAR}(\S.*?)$", re.DOTALL)
_BEGINNING = re.compile(rf"^(\S.*?){_BAR}(\S.*)$", re.DOTALL)
_SEPARATED = re.compile(r"(?<!\s)\s*+[-–—|·•»«ǀ｜ㅣ：]|(?<!\s)\s++:")


def title(
    metadata: Metadata,
    headings: list[str],
    names: SiteNames,
    wanted: str | None,
) -> str | None:
    """Choose the headline on which most sources agree, or the most similar to the wanted title."""
    headings = _as_shown(metadata.headings, headings)
    headline, shared = metadata.text("headline"), metadata.meta("og:title")
    tweeted = metadata.meta("twitter:title")
    sources: list[tuple[float, str | None]] = [
        (1.0, headline),
        (3.0, shared),
        (0.4, tweeted or metadata.meta("title", "dc.title", "sailthru.title")),
        (0.3, metadata.text("name", "alternativeHeadline")),
        (0.5, metadata.head),
    ]
    foreign = bool(headings) and _is_foreign(headings[0], metadata.head, names)
    first = 0.3 if foreign else 0.7
    sources += [(0.3 if i else first, heading) for i, heading in enumerate(headings[:4])]
    # Pages other than press articles have titles for search engines; their headline is the <h1>.
    unlike_press = not foreign and metadata.meta("og:type") != "article"
    if len(headings) == 1 and unlike_press and not headline:
        sources.append((3.0, headings[0]))
    elif len(headings) == 1 and not foreign and _is_for_search_engines(metadata, headings[0]):
        sources.append((5.0, headings[0]))
    # If an outlet has different titles for readers and social networks, the first is used.
    if _same(headline, *headings[:2]) and _same(shared, tweeted) and not _same(headline, shared):
        sources.append((3.0, headline))
    for name, value in (
        ("JSON-LD headline", headline),
        ("og:title", shared),
        ("twitter:title", tweeted),
        ("<title>", metadata.head),
        *(("<h1>", heading) for heading in headings[:4]),
    ):
        note("title", name, value)
    weights: dict[str, float] = {}
    for weight, source in sources:
        text = plain(source[:_LONGEST_TITLE]) if source else ""
        if text in weights:
            weights[text] += weight
        elif text and not _is_generic(text):
            weights[text] = weight
    if not weights:
        return _sub_heading(metadata.tree)
    _complete(weights)
    exact = {fold(text) for text in weights}
    sought = fold(wanted[:_LONGEST_TITLE]) if wanted else ""
    shown = {fold(plain(heading[:_LONGEST_TITLE])) for heading in headings[:4]}
    labels = _labels(metadata.head, weights)
    site = folded_line(_beside(metadata.head, shared))
    if shared and (names.exactly(line := folded_line(plain(shared))) or line in labels):
        site = ""
    votes: dict[str, float] = {}
    printed: dict[str, str] = {}
    for text, weight in weights.items():
        short = _without_site(_without_labels(text, labels), names, exact, sought)
        if fold(short) not in shown and fold(short) != sought:
            short = _without_addition(short)
        key = folded_line(short)
        if names.exactly(key) or key == site or key in labels:
            continue
        votes[key] = votes.get(key, 0.0) + weight
        printed.setdefault(key, short)
    for key in list(votes):
        # "EauNeuf millions": text of a separate element above a title
        for other in votes:
            glued = key.endswith(other) and key.removesuffix(other)[-1:].isalnum()
            if glued and len(other) >= _SHORTEST_TITLE:
                votes[other] += votes.pop(key)
                break
    if not votes:
        return _sub_heading(metadata.tree) or next(iter(weights))
    if wanted:
        scored = {key: likeness(text, wanted) or 0.0 for key, text in printed.items()}
        best = max(votes, key=lambda key: (round(scored[key], 2), votes[key]))
        if scored[best] >= 0.5:
            chose("title", f"most like the copy's title (similarity {scored[best]:.2f})")
            return printed[best]
    best = max(votes, key=lambda key: votes[key])
    chose(
        "title", f"most weight of agreeing sources ({votes[best]:.1f} of {sum(votes.values()):.1f})"
    )
    return printed[best]


def _labels(head: str | None, titles: Iterable[str]) -> set[str]:
    """Return the folded titles of one or two words next to a complete headline in ``<title>``.

    They are the site's name or the rubric, whatever they are printed as.
    """
    parts = _PARTING.split(plain(head[:_LONGEST_TITLE])) if head else []
    sizes = [len(words(part)) for part in parts]
    if max(sizes, default=0) < _TELLING_WORDS:
        return set()
    short = {
        folded_line(part) for part, size in zip(parts, sizes, strict=True) if size <= _LABEL_WORDS
    }
    return short.intersection(map(folded_line, titles)) if short else short


_PARTING = re.compile(_BAR)
_LABEL_WORDS = 2


def _without_labels(text: str, labels: set[str]) -> str:
    """Strip labels from a title's two ends."""
    while labels and (match := _BEGINNING.match(text)) and folded_line(match[1]) in labels:
        text = match[2]
    while labels and (match := _ENDING.match(text)) and folded_line(match[2]) in labels:
        text = match[1]
    return text


def _is_for_search_engines(metadata: Metadata, heading: str) -> bool:
    """Return whether a page's social-network title is its search-engine title, not its headline.

    News articles are excluded: they have separate headlines for social networks.
    """
    shared = metadata.meta("og:title")
    return (
        _same(shared, metadata.head)
        and not any("News" in kind for kind in types_of(metadata.article))
        and len(words(heading[:_LONGEST_TITLE])) >= _HEADLINE_WORDS
    )


_HEADLINE_WORDS = 4


# Placeholder titles of templates and front pages, in folded text.
_GENERIC = re.compile(
    r"(?:un|no\s|sans\s|without\s)?tit(?:led?|re)|untitled(?:\sdocument)?|document|page|article|posts?"
    r"|actualites?|actus?|news|accueil|home(?:\s?page)?|blog|a\sla\sune|undefined|null|none|nan"
    r"|(?:ال)?رييسيه|الصفحه\sالرييسيه|بدون\sعنوان|(?:ال)?اخبار|مقالات?|[%{$\[].*[%}\]]|\W*"
)


def _is_generic(text: str) -> bool:
    """Return whether a text is a generic title, which any page could have."""
    return _GENERIC.fullmatch(folded_line(text)) is not None


_UNSEEN = (
    '[class*="sr-only"], [class*="hidden"], [class*="screen-reader"], [hidden], '
    '[style*="display:none"], [style*="display: none"], [aria-hidden="true"]'
)


def _as_shown(nodes: list[LexborNode], headings: list[str]) -> list[str]:
    """Return headings as displayed: without hidden words, with blanks between parts.

    Adjacent elements without a blank between them are displayed as blocks; a single first letter is
    joined to its word.
    """
    shown = headings[:_MOST_HEADINGS]
    for node in nodes[:_MOST_HEADINGS]:
        parts = [part for part in node.iter() if part.tag != "br"]
        if not parts:
            continue
        for unseen in (clean(hidden.text()) for hidden in node.css(_UNSEEN)):
            shown = [heading.replace(unseen, " ", 1).strip(" :") for heading in shown]
        texts = [clean(part.text()) for part in parts]
        glued = "".join(texts)
        if len(texts) > 1 and glued == clean(node.text()) and all(len(text) > 1 for text in texts):
            shown = [" ".join(texts) if heading == glued else heading for heading in shown]
    return shown


_MOST_HEADINGS = 4


def _sub_heading(tree: LexborHTMLParser | None) -> str | None:
    """Return the first second-level heading of a page whose first-level ones are the site's."""
    for node in tree.css("article h2, main h2")[:1] if tree else ():
        return plain(node.text(separator=" ")) or None
    return None


def _is_foreign(heading: str, head: str | None, names: SiteNames) -> bool:
    """Return whether a heading has no word of a meaningful ``<title>``, like a menu's heading."""
    text = _without_site(plain(head[:_LONGEST_TITLE]), names, set(), "") if head else ""
    told = set(words(text))
    return len(told) >= _TELLING_WORDS and not told.intersection(words(heading[:_LONGEST_TITLE]))


_TELLING_WORDS = 5
_CUT = re.compile(r"^(.{20,}?)(?<!\s)\s*+(?:\.{3}|…|\[(?:\.{3}|…)\])$", re.DOTALL)


def _complete(weights: dict[str, float]) -> None:
    """Add a cut title's weight to another title that continues after the cut."""
    for text in list(weights):
        if not (cut := _CUT.match(text)):
            continue
        begin = fold(cut[1])
        for other in weights:
            if other != text and len(other) > len(begin) and fold(other).startswith(begin):
                weights[other] += weights.pop(text)
                break


def _same(title: str | None, *others: str | None) -> bool:
    """Return whether a title is one of some others."""
    line = folded_line(unescape(title[:_LONGEST_TITLE])) if title else ""
    return any(
        other == title or line == folded_line(unescape(other[:_LONGEST_TITLE]))
        for other in others
        if other and line
    )


def _without_site(text: str, names: SiteNames, exact: set[str], sought: str) -> str:
    """Strip additions that other sources lack, and the site's name, from both ends of a title.

    ``exact`` are the folded titles of all sources: if one of them is followed by a separator, it is
    the title and the rest an addition. A prefix, such as a section or the first half of a headline,
    is removed only if the wanted folded title begins after it.
    """
    folded = fold(text)
    if len(folded) == len(text):
        for other in (*exact, sought):
            if folded.startswith(other) and _is_set_off(folded[len(other) :], other):
                return text[: len(other)]
        if folded.endswith(sought) and _is_set_off(folded[: -len(sought)][::-1], sought):
            return text[-len(sought) :]
    for _ in range(4):
        match = _ENDING.match(text)
        if not match or not (names.include(match[2]) or _is_generic(match[2])):
            break
        text = match[1]
    head, dash, tail = text.rpartition("-")
    # There may be a section between title and site; without spaces only if no word has a hyphen.
    rubric = len(text) < len(folded) and len(tail) <= 6 and tail.isalpha() and not tail.isascii()
    if dash and head and (rubric or names.exactly(folded_line(tail))):
        text = head.rstrip()
    for _ in range(2):
        match = _BEGINNING.match(text)
        if not match or not names.include(match[1]):
            break
        text = match[2]
    return text


def _without_addition(text: str) -> str:
    """Strip the part after a bar from a title that is not printed on the page."""
    match = _BARRED.match(text)
    return match[1] if match and len(words(match[1])) >= _HEADLINE_WORDS else text


_BARRED = re.compile(r"^(.*?\S)(?<!\s)\s++[|｜]\s++\S.*$", re.DOTALL)


def _beside(head: str | None, shared: str | None) -> str:
    """Return the rest of ``<title>`` without the shared title: the site's name, or a section."""
    whole, title = (plain(text[:_LONGEST_TITLE]) if text else "" for text in (head, shared))
    if not title or title == whole:
        return ""
    if whole.endswith(title):
        rest = whole.removesuffix(title).strip()
        bare = rest.rstrip(_SEPARATORS)
    elif whole.startswith(title):
        rest = whole.removeprefix(title).strip()
        bare = rest.lstrip(_SEPARATORS)
    else:
        return ""
    return bare.strip() if bare != rest else ""


_SEPARATORS = "-–—|·•»«:："


def _is_set_off(rest: str, title: str) -> bool:
    """Return whether the rest of a text is set off from a title in it by a separator."""
    return len(title) >= _SHORTEST_TITLE and _SEPARATED.match(rest) is not None
