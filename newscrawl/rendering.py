"""Which pages are shown to the browser: by what they hold, and what their host has shown before."""

from dataclasses import dataclass, field

from scrapy.http import Response
from scrapy.settings import BaseSettings

from newscrawl.extraction.shell import is_shell
from newscrawl.items import Article, Status
from newscrawl.state.interfaces import Stores
from newscrawl.urls import host

_TOO_LITTLE: tuple[Status, ...] = ("unreadable", "mismatch")
"""What becomes of a page that holds too little of the copy; one that names its price is left."""


@dataclass(slots=True)
class _Host:
    """What the browser has shown of a host in this run."""

    in_vain: int = 0
    """Pages in a row that were shown in vain."""
    under_way: int = 0
    """Pages of which it is not yet known whether they were."""
    ended: int = 0
    """Pages of which it is known."""
    waiting: dict[str, int] = field(default_factory=dict)
    """Articles whose pages wait for that, in order, each with what ``ended`` was when it asked."""


class Renderings:
    """The settings ``BROWSER`` and ``BROWSER_VAIN_PAGES``, and what hosts have taught."""

    def __init__(self, settings: BaseSettings, ledger: Stores) -> None:
        self._off = settings["BROWSER"] == "off"
        self._most_in_vain = settings.getint("BROWSER_VAIN_PAGES")
        self._ledger = ledger
        self._hosts: dict[str, _Host] = {}

    def may_help(self, article: Article, page: Response) -> bool | None:
        """Tell whether the browser might show the article that a plain page, just read, has not.

        ``None`` if that depends on pages of its host that are being shown: were they all in vain,
        this one would be left alone; or one of them might teach that the host needs a browser. It
        is to be asked again at the end of the line, after those; if none of them has come to an end
        until then, there is nothing to wait for. A page that waits is overtaken by no other of its
        host, as what one teaches helps to read the next.
        """
        if self._off or article.source.status not in _TOO_LITTLE:
            return False
        met = self._at(page)
        helps = self._judge(page, met)
        behind = next(iter(met.waiting), article.id) != article.id
        if behind or (helps is None and met.ended > met.waiting.get(article.id, -1)):
            met.waiting[article.id] = met.ended
            return None
        met.waiting.pop(article.id, None)
        return helps is not False

    def _judge(self, page: Response, met: _Host) -> bool | None:
        """What is known by now of a page's host; ``None`` if that may change."""
        if met.in_vain >= self._most_in_vain:
            return False
        if met.in_vain + met.under_way >= self._most_in_vain:
            return None
        kind = (page.headers.get("Content-Type") or b"").decode("latin-1")
        if self._ledger.hosts.is_rendered(host(page.url)) or is_shell(page.body, kind):
            return True
        return None if met.under_way else False

    def begin(self, page: Response) -> None:
        """Note that a page is going to be shown."""
        self._at(page).under_way += 1

    def end(self, page: Response, status: Status | None = None) -> None:
        """Remember of a page's host whether the browser has helped.

        ``status`` is what its article's source has become, ``None`` if the page was not shown.
        """
        met = self._at(page)
        met.under_way -= 1
        met.ended += 1
        if status in _TOO_LITTLE:
            met.in_vain += 1
        elif status is not None:
            met.in_vain = 0
            self._ledger.hosts.note_rendered(host(page.url))

    def _at(self, page: Response) -> _Host:
        return self._hosts.setdefault(host(page.url), _Host())
