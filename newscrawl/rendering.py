"""Which pages are shown to the browser: by what they hold, and what their host has shown before."""

from collections import Counter

from scrapy.http import Response
from scrapy.settings import BaseSettings

from newscrawl.extraction.shell import is_shell
from newscrawl.items import Article, Status
from newscrawl.ledger import Ledger
from newscrawl.urls import host

_TOO_LITTLE: tuple[Status, ...] = ("unreadable", "mismatch")
"""What becomes of a page that holds too little of the copy; one that names its price is left."""


class Renderings:
    """The settings ``BROWSER`` and ``BROWSER_VAIN_PAGES``, and what hosts have taught."""

    def __init__(self, settings: BaseSettings, ledger: Ledger) -> None:
        self._off = settings["BROWSER"] == "off"
        self._most_in_vain = settings.getint("BROWSER_VAIN_PAGES")
        self._ledger = ledger
        self._in_vain: Counter[str] = Counter()

    def may_help(self, article: Article, page: Response) -> bool:
        """Tell whether the browser might show the article that a plain page, just read, has not."""
        if self._off or article.source.status not in _TOO_LITTLE:
            return False
        name = host(page.url)
        if self._in_vain[name] >= self._most_in_vain:
            return False
        kind = (page.headers.get("Content-Type") or b"").decode("latin-1")
        return self._ledger.is_rendered(name) or is_shell(page.body, kind)

    def note(self, article: Article, page: Response) -> None:
        """Remember of a host whether the browser has helped."""
        name = host(page.url)
        if article.source.status in _TOO_LITTLE:
            self._in_vain[name] += 1
        else:
            self._in_vain[name] = 0
            self._ledger.note_rendered(name)
