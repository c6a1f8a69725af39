"""Detect pages whose article is written by JavaScript, so that they must be rendered."""

from selectolax.lexbor import LexborHTMLParser

from newscrawl.errors import UnreadableHtmlError
from newscrawl.text.html import as_utf8, parse

FEW_WORDS = 150
"""Maximum number of visible words of a shell."""

HEAVY = 10
"""Ratio of script bytes to visible text bytes from which a page is mainly a program."""

_SCRIPTS = "script[src], script[type=module], link[rel=modulepreload]"
_ROOTS = "div[id], main[id], app-root, [ng-app], [data-reactroot], [data-server-rendered]"
_ROOT_IDS = ("root", "app", "__app", "__next", "__nuxt", "___gatsby", "svelte", "main", "content")
_UNSEEN = "script, style, noscript, template, svg, iframe"
_ASKS = ("javascript", "جافا سكريبت", "جافاسكريبت", "الجافا")


def is_shell(html: str | bytes, content_type: str | None = None) -> bool:
    """Return whether a page with little text may be an application that a browser can render.

    It has few visible words, loads scripts, and shows one of three signs: an empty element that
    they fill, a notice to readers without JavaScript, or a page that consists mainly of scripts.
    """
    try:
        tree = parse(as_utf8(html, content_type) if isinstance(html, bytes) else html)
    except UnreadableHtmlError:
        return False
    if not tree.css_matches(_SCRIPTS) or tree.body is None:
        return False
    asks = any(sign in node.text().casefold() for node in tree.css("noscript") for sign in _ASKS)
    empty = _has_empty_root(tree)
    program = sum(len(node.text()) for node in tree.css("script"))
    for node in tree.css(_UNSEEN):
        node.decompose()
    shown = tree.body.text(separator=" ")
    if len(shown.split()) >= FEW_WORDS:
        return False
    return asks or empty or program > HEAVY * len(shown)


def _has_empty_root(tree: LexborHTMLParser) -> bool:
    """Return whether there is an empty element that scripts usually fill."""
    return any(
        not node.text(strip=True)
        for node in tree.css(_ROOTS)
        if node.tag not in ("div", "main") or (node.id or "").casefold() in _ROOT_IDS
    )
