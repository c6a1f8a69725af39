"""Generate pages of a JavaScript application: the article is only in its scripts' data."""

import json
from html import escape
from typing import TYPE_CHECKING

from newscrawl.demo.systems import base
from newscrawl.demo.systems.base import Frame, OutletPage, System

if TYPE_CHECKING:
    from newscrawl.demo.articles import DemoArticle


class App(System):
    """JavaScript application: pages show only the title before their scripts have run."""

    name = "app"
    hidden = True
    prints_tags = False

    scripts = "/static/chunks/main.js"
    """Path of the script that renders the shell."""

    def path(self, article: "DemoArticle") -> str:
        """``/news/{number}``."""
        return f"/news/{article.number}"

    def document(self, frame: Frame, title: str, head: str, main: str) -> str:
        """See the base class; ``main`` is the initial state of the script."""
        words, outlet = frame.labels, frame.outlet
        state = main.replace("</", r"<\/")
        return f"""<!DOCTYPE html><html lang="{outlet.edition}" dir="{words.direction}"><head>\
<meta charset="utf-8"/><title>{escape(title)} | {escape(outlet.name)}</title>{head}
{base.style(outlet.slug + "app", 20)}</head>
<body><div id="__app"></div><noscript>You need to enable JavaScript to run this app.</noscript>
<script id="__APP_STATE__" type="application/json">{state}</script>
<script src="{self.scripts}" defer></script></body></html>"""

    def head(self, page: OutletPage) -> str:
        """See the base class."""
        return base.open_graph(page)

    def main(self, page: OutletPage) -> str:
        """See the base class."""
        article = page.article
        state = {
            "headline": article.story.title,
            "section": article.story.section,
            "writers": base.by(page),
            "time": article.published.isoformat(),
            "lead": article.story.lead,
            "blocks": [[block.kind, block.text] for block in page.blocks],
            "locked": page.frame.labels.paywall if page.paywalled else None,
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


PROGRAM = """\
const {page, state} = JSON.parse(document.getElementById("__APP_STATE__").textContent);
const root = document.getElementById("__app");
function add(parent, tag, text, attributes) {
  const node = document.createElement(tag);
  node.textContent = text || "";
  Object.assign(node, attributes || {});
  return parent.appendChild(node);
}
if (page === "news") {
  const article = add(root, "article");
  add(article, "a", state.section, {className: "section", href: "/section/6"});
  add(article, "h1", state.headline);
  add(article, "p", state.writers, {className: "byline"});
  add(article, "time", state.time.slice(0, 10), {dateTime: state.time});
  add(article, "p", state.lead, {className: "lead"});
  const body = add(article, "div", "", {className: "article-body"});
  const tags = {paragraph: "p", heading: "h2", quote: "blockquote", item: "li"};
  for (const [kind, text] of state.blocks) add(body, tags[kind], text);
  if (state.locked) add(article, "div", state.locked, {className: "locked"});
} else if (page === "notice") {
  add(root, "h1", state.text);
}
const side = add(root, "aside");
for (const [title, url] of state.more || []) add(add(side, "h4"), "a", title, {href: url});
"""
"""Script at ``App.scripts``: it renders the page from the shell's state."""
