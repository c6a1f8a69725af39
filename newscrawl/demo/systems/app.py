"""A site that is a program: an empty shell, and the article as data for its scripts."""

import json
from html import escape
from typing import TYPE_CHECKING

from newscrawl.demo.systems import base
from newscrawl.demo.systems.base import Frame, Page, System

if TYPE_CHECKING:
    from newscrawl.demo.articles import DemoArticle


class App(System):
    """Nothing but the title can be read before the scripts have run."""

    name = "app"
    hidden = True

    def path(self, article: "DemoArticle") -> str:
        """``/news/{number}``."""
        return f"/news/{article.number}"

    def document(self, frame: Frame, title: str, head: str, main: str) -> str:
        """See the base class; ``main`` is the state that the scripts begin with."""
        words, outlet = frame.labels, frame.outlet
        state = main.replace("</", r"<\/")
        return f"""<!DOCTYPE html><html lang="{outlet.edition}" dir="{words.direction}"><head>\
<meta charset="utf-8"/><title>{escape(title)} | {escape(outlet.name)}</title>{head}
{base.style(outlet.slug + "app", 20)}</head>
<body><div id="__app"></div><noscript>You need to enable JavaScript to run this app.</noscript>
<script id="__APP_STATE__" type="application/json">{state}</script>
<script src="/static/chunks/main.js" defer></script></body></html>"""

    def head(self, page: Page) -> str:
        """See the base class."""
        return base.open_graph(page)

    def main(self, page: Page) -> str:
        """See the base class."""
        article = page.article
        state = {
            "headline": article.story.title,
            "writers": article.story.authors,
            "time": int(article.published.timestamp()),
            "lead": article.story.lead,
            "blocks": [[block.kind, block.text] for block in page.blocks],
            "locked": page.paywalled,
            "more": [[teaser.title, teaser.url] for teaser in page.frame.latest],
        }
        return json.dumps({"page": "news", "state": state}, ensure_ascii=False)

    def front(self, frame: Frame) -> str:
        """See the base class."""
        state = {"page": "home", "more": [[t.title, t.url] for t in frame.latest]}
        return self.document(frame, frame.labels.home, "", json.dumps(state, ensure_ascii=False))

    def notice(self, frame: Frame, text: str) -> str:
        """See the base class."""
        state = {"page": "notice", "text": text}
        return self.document(frame, text, "", json.dumps(state, ensure_ascii=False))
