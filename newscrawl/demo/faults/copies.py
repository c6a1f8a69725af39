"""Generate aggregator pages whose source links lead to the fault servers."""

from collections.abc import Collection, Iterator
from html import escape

from newscrawl.demo.faults.pages import TEXT, TITLE, Language
from newscrawl.demo.faults.server import FaultServer
from newscrawl.demo.faults.table import Fault
from newscrawl.demo.proxy import Reply

_WORDING: dict[Language, tuple[str, str]] = {
    "fr": (
        "Publié dans Le Quartier le {date}",
        "<a href='{link}'>Cliquez ici</a> pour lire l'article depuis sa source.",
    ),
    "ar": ("نشر في الحي يوم {date}", "انقر <a href='{link}'>هنا</a> لقراءة الخبر من مصدره."),
}
"""Text printed above and below a copy."""


def slug(fault: Fault) -> str:
    """Return the outlet slug of a fault's articles."""
    return fault.name.replace(" ", "").replace("-", "")


def article_id(fault: Fault, number: int) -> str:
    """Return the record identifier of a fault's article."""
    return f"maghress:{fault.language}/{slug(fault)}/{number + 100}"


def copies(server: FaultServer, faults: Collection[Fault]) -> Iterator[tuple[str, Reply]]:
    """Yield the aggregator's URL and response for each article."""
    for fault in faults:
        branch = "" if fault.language == "ar" else f"{fault.language}/"
        for number, path in enumerate(fault.paths):
            url = f"https://www.maghress.com/{branch}{slug(fault)}/{number + 100}"
            yield url, _copy(fault.language, server.origin(fault) + path)


def _copy(language: Language, link: str) -> Reply:
    """Return an aggregator page."""
    above, below = _WORDING[language]
    page = (
        f"<!DOCTYPE html><html><head><title>{TITLE[language]}</title></head><body>"
        f'<h1><span class="articletitle">{TITLE[language]}</span></h1>'
        f'<span class="articlenewspaper">{above.format(date="29 - 03 - 2024")}</span><br>'
        f'<span class="articlecontent">{"<br>".join(TEXT[language])}</span><br>'
        f"{below.format(link=escape(link))}</body></html>"
    )
    return Reply(200, {"Content-Type": "text/html; charset=utf-8"}, page.encode())
