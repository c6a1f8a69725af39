"""Generate pages of custom systems: a hosted platform, a portal, two home-made scripts."""

from html import escape
from typing import TYPE_CHECKING, ClassVar

from newscrawl.demo.systems import base
from newscrawl.demo.systems.base import Frame, OutletPage, System
from newscrawl.items import Precision

if TYPE_CHECKING:
    from newscrawl.demo.articles import DemoArticle


class WMaker(System):
    """Hosted platform: text with line breaks, date and author on one line."""

    name = "wmaker"
    prints_tags = False

    def path(self, article: "DemoArticle") -> str:
        """``/{Title}_a{number}.html``."""
        words = article.story.title.encode("ascii", "ignore").decode().split()
        slug = "-".join(filter(str.isalnum, words)) or "Article"
        return f"/{slug}_a{article.number}.html"

    def document(self, frame: Frame, title: str, head: str, main: str) -> str:
        """See the base class."""
        words, outlet = frame.labels, frame.outlet
        cells = "".join(
            f'<div class="cel1"><h3 class="titre"><a href="{escape(t.url)}">{escape(t.title)}</a>'
            f'</h3><div class="infos">{t.published:%d/%m/%Y}</div><div class="texte">'
            f"{escape(t.excerpt)}</div></div>"
            for t in frame.latest
        )
        return f"""<!DOCTYPE html>
<html lang="{outlet.edition}" dir="{words.direction}">
<head><title>{escape(title)}</title><meta http-equiv="Content-Type" \
content="text/html; charset=utf-8" />
{head}
{base.style(outlet.slug + "wm", 22)}
{base.script(outlet.slug + "wm", 12)}
</head>
<body class="mep11 home">
<div id="z_col_130_responsive" class="responsive-menu"><ul>{base.menu(frame)}</ul></div>
<div id="main"><div id="z_col0" class="z_col"><div class="ban"><a href="/">{escape(outlet.name)}\
</a></div><div class="menuh"><ul>{base.menu(frame)}</ul></div></div>
<table class="main_column"><tr><td class="z_col1_td"><div id="z_col1" class="z_col">
<div class="mod_32_wrap">{main}</div></div></td>
<td class="z_col2_td"><div id="z_col2" class="z_col"><div class="mod_rub"><div class="entete">\
{words.latest}</div>{cells}</div><div class="mod_newsletter">{base.newsletter(frame)}</div></div>
</td></tr></table>
<div id="z_col100"><div class="footer">© {escape(outlet.name)} {words.rights}</div></div></div>
</body></html>"""

    def head(self, page: OutletPage) -> str:
        """See the base class."""
        return f"{base.canonical(page)}\n{base.open_graph(page)}"

    def main(self, page: OutletPage) -> str:
        """See the base class."""
        article, words = page.article, page.frame.labels
        story = article.story
        text = base.body(page.blocks, heading="<b>{}</b><br />", paragraph="{}<br /><br />")
        wall = f'<div class="prive">{words.paywall}</div>' if page.paywalled else ""
        comments = "".join(
            f'<div class="reaction"><div class="infos">{n}.</div><div class="texte">{escape(text)}'
            "</div></div>"
            for n, text in enumerate(page.comments, 1)
        )
        return f"""<div id="mod_article" class="mod_article">
<div class="auteur social"><a class="rub" href="/section/5">{escape(story.section)}</a></div>
<h1 class="access">{escape(story.title)}</h1>
<h2 class="access">{escape(story.lead, quote=False)}</h2>
<div class="auteur"><div class="date">{words.date(article.published)} - \
{article.published:%H:%M}</div></div>
<div class="photo shadow_x" style="width:300px"><img src="{article.picture}" alt="" />\
<div class="legende">{escape(story.caption)}</div></div>
<div class="texte"><div class="access firstletter">
{text}
</div></div>
{wall}
<div class="auteur real-auteur">{base.names(page)}</div>
<div class="boutons_ligne"><ul>{base.share(page.frame, article.url)}</ul></div>
<div class="mod_articles_lies"><div class="entete">{words.read_also}</div>
{base.teasers(page.related, "h3")}</div>
<div id="mod_reactions"><div class="entete">{words.comments}</div>{comments}\
{base.comment_form(page.frame)}</div></div>"""


class Portal(System):
    """Portal that declares the publication time in epoch seconds."""

    name = "portal"

    def path(self, article: "DemoArticle") -> str:
        """``/{language}/actualite/article-{number}``."""
        return f"/{article.outlet.edition}/actualite/article-{article.number}"

    def document(self, frame: Frame, title: str, head: str, main: str) -> str:
        """See the base class."""
        words, outlet = frame.labels, frame.outlet
        cards = base.teasers(frame.latest, "h4").replace('class="item"', 'class="card-news"')
        return f"""<!DOCTYPE html>
<html lang="{outlet.edition}" dir="{words.direction}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{escape(outlet.name)} :: {escape(title)}</title>
{head}
{base.style(outlet.slug + "po", 26)}
</head>
<body>
<div class="topbar"><ul class="quick">{base.menu(frame)}</ul></div>
<header class="masthead"><a href="/" class="logo">{escape(outlet.name)}</a>
<nav class="navbar"><ul>{base.menu(frame)}</ul></nav></header>
<div class="wrapper"><section id="content" class="col-lg-8">
{main}
</section>
<aside class="col-lg-4"><div class="widget"><div class="title-widget">{words.latest}</div>
<div class="list-cards">{cards}</div></div>
<div class="widget ads"><span>{words.advertisement}</span></div>
<div class="widget">{base.newsletter(frame)}</div></aside></div>
<footer class="footer-site"><ul>{base.menu(frame)}</ul><p>© {escape(outlet.name)} - {words.rights}\
</p></footer>
{base.cookies(frame)}
{base.script(outlet.slug + "po", 8)}
</body></html>"""

    def head(self, page: OutletPage) -> str:
        """See the base class."""
        seconds = str(int(page.article.published.timestamp()))
        return f"{base.open_graph(page)}\n{base.meta(article__published_time=seconds)}"

    def main(self, page: OutletPage) -> str:
        """See the base class."""
        article, words = page.article, page.frame.labels
        story = article.story
        tags = "".join(
            f'<a class="tag" href="/tag/{n}">{escape(t)}</a>' for n, t in enumerate(story.tags)
        )
        also = (
            f'<div class="module-also"><span>{words.read_also}</span>'
            f"<ul>{base.links(page.related[:2])}</ul></div>"
        )
        wall = f'<div class="subscribe-wall"><p>{words.paywall}</p></div>' if page.paywalled else ""
        comments = "".join(f'<div class="fb-like-comment">{escape(t)}</div>' for t in page.comments)
        return f"""<header class="heading-a"><p class="overline"><a href="/section/6">\
{escape(story.section)}</a></p><h1>{escape(story.title)}</h1>
<ul class="list-details"><li class="scheme-user">{base.by(page)}</li>\
<li>{article.published:%d-%m-%Y}</li><li>{article.published:%H:%M}</li><li>\
{len(story.blocks) % 7 + 2} {words.minutes}</li></ul></header>
<ul class="list-share">{base.share(page.frame, article.url)}</ul>
<figure class="cover"><img src="{article.picture}" alt=""><figcaption>{escape(story.caption)} | \
{escape(story.credit)}</figcaption></figure>
<article class="module-article">
<p class="intro">{escape(story.lead, quote=False)}</p>
{base.body(page.blocks, heading="<h4>{}</h4>", after={3: also})}
</article>
{wall}
<div class="tags">{words.tags} {tags}</div>
<div class="module-related"><h3>{words.read_also}</h3>{base.teasers(page.related, "h4")}</div>
<div class="module-comments"><h3>{words.comments}</h3>{comments}{base.comment_form(page.frame)}\
</div>"""


class Tables(System):
    """Pages in the style of the early 2000s: nested tables, ``font`` elements."""

    name = "tables"
    precision: ClassVar[Precision] = "day"
    prints_tags = False

    def path(self, article: "DemoArticle") -> str:
        """``/article.php?id={number}``."""
        return f"/article.php?id={article.number}"

    def document(self, frame: Frame, title: str, head: str, main: str) -> str:
        """See the base class."""
        words, outlet = frame.labels, frame.outlet
        rows = "".join(
            f'<tr><td bgcolor="#eeeeee"><font size="1">{t.published:%d/%m/%Y}</font><br>'
            f'<a href="{escape(t.url)}"><b>{escape(t.title)}</b></a><br><font size="1">'
            f"{escape(t.excerpt)}</font></td></tr>"
            for t in (*frame.latest, *frame.latest[:8])
        )
        cells = base.menu(frame, '<td align="center"><a href="{url}">{name}</a></td>')
        return f"""<HTML><HEAD>{base.declaration(frame)}
<TITLE>{escape(outlet.name)} - {escape(title)}</TITLE>
{head}
{base.script(outlet.slug + "ta", 7)}
</HEAD>
<BODY bgcolor="#ffffff" dir="{words.direction}" topmargin="0">
<table width="980" border="0" cellspacing="0" align="center"><tr><td colspan="3">\
<font size="6"><b>{escape(outlet.name)}</b></font></td></tr>
<tr><td colspan="3"><table width="100%" bgcolor="#003366"><tr>{cells}</tr></table></td></tr>
<tr><td width="160" valign="top"><table width="100%">{rows}</table></td>
<td width="600" valign="top">
{main}
</td>
<td width="220" valign="top"><table width="100%"><tr><td>{base.newsletter(frame)}</td></tr>\
<tr><td><b>{words.most_read}</b><ul>{base.links(frame.latest)}</ul></td></tr></table></td></tr>
<tr><td colspan="3" align="center"><font size="1">© {escape(outlet.name)} - {words.rights}</font>\
</td></tr></table></BODY></HTML>"""

    def head(self, page: OutletPage) -> str:
        """See the base class."""
        return f'<meta name="keywords" content="{escape(page.frame.outlet.name)}">'

    def main(self, page: OutletPage) -> str:
        """See the base class."""
        article, words = page.article, page.frame.labels
        story = article.story
        text = base.body(
            page.blocks,
            heading="<font size=3 color=#990000><b>{}</b></font><br>",
            paragraph="<p align=justify><font face=Arial size=2>{}</font></p>",
        )
        wall = f"<p><b>{words.paywall}</b></p>" if page.paywalled else ""
        comments = "".join(
            f'<tr><td bgcolor="#f7f7f7"><font size="1">{escape(t)}</font></td></tr>'
            for t in page.comments
        )
        return f"""<table width="100%" cellpadding="6"><tr><td><font size="1" color="#666666">\
{escape(story.section)}</font></td></tr>
<tr><td><font face="Georgia" size="5"><b>{escape(story.title)}</b></font></td></tr>
<tr><td><font size="1">{words.published} {article.published:%d/%m/%Y} | {base.by(page)}</font></td>\
</tr>
<tr><td><table align="right" width="240"><tr><td><img src="{article.picture}" width="240"></td>\
</tr><tr><td><font size="1"><i>{escape(story.caption)}</i></font></td></tr></table>
<p align=justify><font face=Arial size=2><b>{escape(story.lead, quote=False)}</b></font></p>
{text}
{wall}
</td></tr>
<tr><td><a href="javascript:window.print()">Imprimer</a> | <a href="javascript:history.back()">\
&lt;&lt;</a></td></tr>
<tr><td><b>{words.read_also}</b><ul>{base.links(page.related)}</ul></td></tr></table>
<table width="100%"><tr><td><b>{words.comments}</b></td></tr>{comments}
<tr><td>{base.comment_form(page.frame)}</td></tr></table>"""


class Asp(System):
    """Arabic ASP site: one table cell, line breaks between paragraphs."""

    name = "asp"
    precision: ClassVar[Precision] = "day"
    prints_tags = False

    def path(self, article: "DemoArticle") -> str:
        """``/news.asp?newsid={number}``."""
        return f"/news.asp?newsid={article.number}"

    def document(self, frame: Frame, title: str, head: str, main: str) -> str:
        """See the base class."""
        words, outlet = frame.labels, frame.outlet
        return f"""<html dir="{words.direction}">
<head>{base.declaration(frame)}<title>{escape(outlet.name)} : {escape(title)}</title>
{base.style(outlet.slug + "as", 8)}
{head}</head>
<body>
<div id="wrapper"><div id="top"><img src="/images/logo.gif" alt="{escape(outlet.name)}"></div>
<div id="bar">{base.menu(frame, "<a href='{url}'>{name}</a> | ")}</div>
<table id="layout"><tr><td id="right"><div class="box"><div class="boxtitle">{words.latest}</div>
{base.teasers(frame.latest, "b")}</div></td>
<td id="middle">
{main}
</td>
<td id="left"><div class="box"><div class="boxtitle">{words.most_read}</div><ul>\
{base.links(frame.latest)}</ul></div><div class="box">{base.newsletter(frame)}</div></td></tr>
</table><div id="bottom">{escape(outlet.name)} {words.rights}</div></div>
{base.script(outlet.slug + "as", 4)}
</body></html>"""

    def head(self, page: OutletPage) -> str:
        """See the base class."""
        return f'<meta name="description" content="{escape(page.article.story.title)}">'

    def main(self, page: OutletPage) -> str:
        """See the base class."""
        article, words = page.article, page.frame.labels
        story = article.story
        text = base.body(page.blocks, heading="<b>{}</b><br>", paragraph="{}<br><br>")
        wall = f'<div class="wall">{words.paywall}</div>' if page.paywalled else ""
        comments = "<hr>".join(escape(t) for t in page.comments)
        return f"""<div class="newscat">{escape(story.section)}</div>
<div class="newstitle">{escape(story.title)}</div>
<div class="newsdate">{words.date(article.published)}</div>
<div class="newswriter">{base.by(page)}</div>
<div class="newsimage"><img src="{article.picture}"><span>{escape(story.caption)}</span></div>
<div class="newsbody"><b>{escape(story.lead, quote=False)}</b><br><br>
{text}</div>
{wall}
<div class="newstools"><a href="#">{words.share}</a> <a href="#">{words.search}</a></div>
<div class="newsrelated"><b>{words.read_also}</b><ul>{base.links(page.related)}</ul></div>
<div class="newscomments"><b>{words.comments}</b><br>{comments}
{base.comment_form(page.frame)}</div>"""
