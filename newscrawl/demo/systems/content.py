"""Generate pages of Drupal, Joomla and SPIP, which the region's older sites use."""

from datetime import UTC, datetime
from html import escape
from typing import TYPE_CHECKING, ClassVar

from newscrawl.demo.systems import base
from newscrawl.demo.systems.base import Frame, OutletPage, System
from newscrawl.items import Precision

if TYPE_CHECKING:
    from newscrawl.demo.articles import DemoArticle


class Drupal(System):
    """Drupal: nodes with fields, RDFa titles, and times in UTC."""

    name = "drupal"

    def modified(self, article: "DemoArticle") -> datetime | None:
        """See the base class."""
        return article.modified

    def path(self, article: "DemoArticle") -> str:
        """``/{language}/node/{number}``."""
        return f"/{article.outlet.edition}/node/{article.number}"

    def document(self, frame: Frame, title: str, head: str, main: str) -> str:
        """See the base class."""
        words, outlet = frame.labels, frame.outlet
        rows = "".join(
            f'<div class="views-row"><div class="views-field views-field-title">'
            f'<span class="field-content"><a href="{escape(t.url)}">{escape(t.title)}</a></span>'
            f'</div><div class="views-field views-field-created">{t.published:%d/%m/%Y - %H:%M}'
            f'</div><div class="views-field views-field-body">{escape(t.excerpt)}</div></div>'
            for t in frame.latest
        )
        return f"""<!DOCTYPE html>
<html lang="{outlet.edition}" dir="{words.direction}" prefix="content: http://purl.org/rss/1.0/\
modules/content/  dc: http://purl.org/dc/terms/  schema: http://schema.org/">
<head><meta charset="utf-8" /><meta name="Generator" content="Drupal 9 (https://www.drupal.org)" />
<title>{escape(title)} | {escape(outlet.name)}</title>
{head}
{base.style(outlet.slug + "dr", 11)}
<script type="application/json" data-drupal-selector="drupal-settings-json">{{"path":\
{{"baseUrl":"\\/","currentPathIsAdmin":false}}}}</script></head>
<body class="path-node page-node-type-article">
<div class="dialog-off-canvas-main-canvas" data-off-canvas-main-canvas>
<div class="layout-container">
<header role="banner"><div id="block-branding" class="block block-system"><a href="/" rel="home">\
{escape(outlet.name)}</a></div><nav role="navigation" id="block-main-menu"><ul class="menu">\
{base.menu(frame)}</ul></nav></header>
<main role="main"><a id="main-content" tabindex="-1"></a><div class="layout-content">
<div class="region region-content">{main}</div></div>
<aside class="layout-sidebar-second" role="complementary"><div class="region region-sidebar">
<div class="views-element-container block"><h2>{words.latest}</h2><div class="view view-latest">
<div class="view-content">{rows}</div></div></div>
<div class="block block-newsletter">{base.newsletter(frame)}</div></div></aside></main>
<footer role="contentinfo"><p>© {escape(outlet.name)} - {words.rights}</p></footer></div></div>
{base.cookies(frame)}
{base.script(outlet.slug, 6)}
</body></html>"""

    def head(self, page: OutletPage) -> str:
        """See the base class."""
        changed = page.article.modified
        return "\n".join(
            (
                base.canonical(page),
                base.open_graph(page),
                base.meta(
                    og__updated_time=changed.astimezone(UTC).isoformat() if changed else None,
                    article__modified_time=changed.isoformat() if changed else None,
                ),
            )
        )

    def main(self, page: OutletPage) -> str:
        """See the base class."""
        article, words = page.article, page.frame.labels
        story = article.story
        utc = article.published.astimezone(UTC)
        tags = "".join(
            f'<div class="field__item"><a href="/taxonomy/term/{n}" hreflang="'
            f'{page.frame.outlet.edition}">{escape(tag)}</a></div>'
            for n, tag in enumerate(story.tags, 40)
        )
        wall = f'<div class="paywall-message"><p>{words.paywall}</p></div>'
        comments = "".join(
            f'<article role="article" class="comment js-comment"><footer class="comment__meta">'
            f'<p class="comment__author">{words.visitor} {n}</p></footer>'
            '<div class="content"><div class="field field--name-comment-body">'
            f"<p>{escape(text)}</p></div></div></article>"
            for n, text in enumerate(page.comments, 1)
        )
        return f"""<div id="block-page-title" class="block block-core"><h1 class="page-title">\
<span property="schema:name" class="field field--name-title field--type-string">\
{escape(story.title)}</span></h1></div>
<article role="article" about="/node/{article.number}" typeof="schema:Article" \
class="node node--type-article node--view-mode-full">
<footer class="node__meta"><div class="node__submitted">{words.written_by} \
<span class="field field--name-uid"><span rel="schema:author" class="username">\
{base.names(page)}</span></span> | <span class="field field--name-created">\
<time datetime="{utc:%Y-%m-%dT%H:%M:%SZ}" property="schema:dateCreated">\
{words.date(article.published)} - {article.published:%H:%M}</time></span></div></footer>
<div class="node__content">
<div class="field field--name-field-section"><a href="/section/3">{escape(story.section)}</a></div>
<div class="field field--name-field-image"><img src="{article.picture}" alt="">\
<blockquote class="image-field-caption"><p>{escape(story.caption)}</p></blockquote></div>
<div class="clearfix text-formatted field field--name-field-chapo">\
<p>{escape(story.lead, quote=False)}</p></div>
<div property="schema:text" class="clearfix text-formatted field field--name-body \
field--type-text-with-summary field--label-hidden field__item">
{base.body(page.blocks, heading="<h3>{}</h3>")}
</div>
{wall if page.paywalled else ""}
<div class="social-sharing"><ul>{base.share(page.frame, article.url)}</ul></div>
<div class="field field--name-field-tags"><div class="field__label">{words.tags}</div>\
<div class="field__items">{tags}</div></div>
<section class="field field--name-comment comment-wrapper"><h2 class="title">{words.comments}</h2>
{comments}{base.comment_form(page.frame)}</section>
</div></article>
<div class="views-element-container block-related"><h2>{words.read_also}</h2>
<div class="clearfix text-formatted field field--name-body">{base.teasers(page.related)}</div>
</div>"""


class Joomla(System):
    """Joomla: items with microdata."""

    name = "joomla"

    def modified(self, article: "DemoArticle") -> datetime | None:
        """See the base class."""
        return article.modified

    def path(self, article: "DemoArticle") -> str:
        """``/index.php/{section}/{number}``."""
        return f"/index.php/actualite/{article.number}-article"

    def document(self, frame: Frame, title: str, head: str, main: str) -> str:
        """See the base class."""
        words, outlet = frame.labels, frame.outlet
        item = '<li class="item-{name}"><a href="{url}"><span>{name}</span></a></li>'
        return f"""<!DOCTYPE html>
<html xmlns="http://www.w3.org/1999/xhtml" xml:lang="{outlet.edition}" lang="{outlet.edition}" \
dir="{words.direction}">
<head><meta charset="utf-8" /><base href="https://{outlet.host}/" />
<meta name="generator" content="Joomla! - Open Source Content Management" />
<title>{escape(title)}</title>
{head}
{base.style(outlet.slug + "jo", 18)}
</head>
<body class="site com_content view-article no-layout">
<div class="body"><div class="container"><header class="header"><a class="brand" href="/">\
{escape(outlet.name)}</a><div class="header-search">{words.search}</div></header>
<nav class="navigation"><ul class="nav menu nav-pills">{base.menu(frame, item)}</ul></nav>
<div class="row-fluid">
<main id="content" role="main" class="span9">
<div id="system-message-container"></div>
{main}
<ul class="breadcrumb"><li>{words.home}</li></ul>
</main>
<div id="aside" class="span3"><div class="well"><h3 class="page-header">{words.latest}</h3>
<ul class="latestnews">{base.links(frame.latest)}</ul></div>
<div class="well"><h3 class="page-header">{words.most_read}</h3>
{base.teasers(frame.latest[3:20], "h4")}</div><div class="well">{base.newsletter(frame)}</div></div>
</div></div></div>
<footer class="footer"><p>© {escape(outlet.name)}. {words.rights}</p></footer>
{base.cookies(frame)}
</body></html>"""

    def head(self, page: OutletPage) -> str:
        """See the base class."""
        story = page.article.story
        return (
            f'<meta name="keywords" content="{escape(", ".join(story.tags))}" />\n'
            f'<meta name="author" content="{base.names(page)}" />\n'
            f'<meta name="description" content="{escape(base.excerpt(story.lead))}" />'
        )

    def main(self, page: OutletPage) -> str:
        """See the base class."""
        article, words = page.article, page.frame.labels
        story = article.story
        also = (
            f'<div class="relateditems"><p>{words.read_also}</p><ul>'
            f"{base.links(page.related)}</ul></div>"
        )
        tags = "".join(
            f'<li itemprop="keywords"><a class="label label-info" href="/tags/{n}">{escape(tag)}'
            "</a></li>"
            for n, tag in enumerate(story.tags)
        )
        changed = (
            f'<dd class="modified">{words.updated} <time datetime="{article.modified.isoformat()}" '
            f'itemprop="dateModified">{words.date(article.modified)}</time></dd>'
            if article.modified
            else ""
        )
        wall = f'<p class="readmore">{words.paywall}</p>' if page.paywalled else ""
        comments = "".join(
            f'<div class="comment-box"><span class="comment-author">{words.visitor} {n}</span>'
            f'<div class="comment-body">{escape(text)}</div></div>'
            for n, text in enumerate(page.comments, 1)
        )
        return f"""<div class="item-page" itemscope itemtype="https://schema.org/Article">
<meta itemprop="inLanguage" content="{page.frame.outlet.edition}" />
<div class="page-header"><h2 itemprop="headline">{escape(story.title)}</h2></div>
<div class="icons"><ul>{base.share(page.frame, article.url)}</ul></div>
<dl class="article-info muted"><dt class="article-info-term"></dt>
<dd class="createdby" itemprop="author" itemscope itemtype="https://schema.org/Person">\
{words.written_by} <span itemprop="name">{base.names(page)}</span></dd>
<dd class="category-name"><a href="/section/4" itemprop="genre">{escape(story.section)}</a></dd>
<dd class="published">{words.published} <time datetime="{article.published.isoformat()}" \
itemprop="datePublished">{words.date(article.published)}</time></dd>{changed}
<dd class="hits">{article.number % 7000}</dd></dl>
<div class="pull-right item-image"><img src="{article.picture}" alt="" itemprop="image" />\
<p class="img_caption">{escape(story.caption)}</p></div>
<div itemprop="articleBody">
<p class="intro">{escape(story.lead, quote=False)}</p>
{base.body(page.blocks, after={4: also})}
{wall}
</div>
<ul class="tags inline">{tags}</ul>
<ul class="pager pagenav"><li class="previous"><a href="/" rel="prev">«</a></li></ul>
</div>
<div id="jc"><h4>{words.comments}</h4>{comments}{base.comment_form(page.frame)}</div>"""


class Spip(System):
    """SPIP: articles with a chapo and written-out dates without a time."""

    name = "spip"
    precision: ClassVar[Precision] = "day"

    def path(self, article: "DemoArticle") -> str:
        """``/spip.php?article{number}``."""
        return f"/spip.php?article{article.number}"

    def document(self, frame: Frame, title: str, head: str, main: str) -> str:
        """See the base class."""
        words, outlet = frame.labels, frame.outlet
        return f"""<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" \
"http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">
<html xmlns="http://www.w3.org/1999/xhtml" xml:lang="{outlet.edition}" lang="{outlet.edition}" \
dir="{words.direction}">
<head><title>{escape(title)} - {escape(outlet.name)}</title>
<meta http-equiv="Content-Type" content="text/html; charset=utf-8" />
<meta name="generator" content="SPIP 3.2.19" />
{head}
{base.style(outlet.slug + "sp", 9)}
</head>
<body id="top" class="pas_surlignable page_article">
<div class="page"><div class="header" role="banner"><h2 class="spip_logo_site"><a rel="start home" \
href="/">{escape(outlet.name)}</a></h2></div>
<div class="nav clearfix" id="nav"><ul>{base.menu(frame)}</ul></div>
<div class="main"><div class="wrapper"><div class="content" id="content">
<p class="arbo"><a href="/">{words.home}</a> &gt; </p>
{main}
</div></div>
<div class="aside"><div class="menu articles"><h2>{words.latest}</h2><ul>\
{base.links(frame.latest)}</ul></div>
<div class="menu breves">{base.teasers(frame.latest[2:22], "h4")}</div>
{base.newsletter(frame)}</div></div>
<div class="footer"><p class="colophon">© {escape(outlet.name)} | {words.rights}</p></div></div>
{base.script(outlet.slug, 5)}
</body></html>"""

    def head(self, page: OutletPage) -> str:
        """See the base class."""
        lead = escape(base.excerpt(page.article.story.lead))
        return f'{base.canonical(page)}\n<meta name="description" content="{lead}" />'

    def main(self, page: OutletPage) -> str:
        """See the base class."""
        article, words = page.article, page.frame.labels
        story = article.story
        tags = "".join(
            f'<li><a rel="tag" href="/spip.php?mot{n}">{escape(tag)}</a></li>'
            for n, tag in enumerate(story.tags, 7)
        )
        forum = "".join(
            f'<li class="forum-fil"><div class="forum-message"><div class="forum-texte"><p>'
            f"{escape(text)}</p></div></div></li>"
            for text in page.comments
        )
        text = base.body(
            page.blocks, heading='<h3 class="spip">{}</h3>', paragraph='<p class="spip">{}</p>'
        ).replace("<ul>", '<ul class="spip">')
        wall = f'<div class="acces_restreint"><p>{words.paywall}</p></div>'
        return f"""<div class="cartouche"><h1 class="crayon article-titre-{article.number}">\
{escape(story.title)}</h1>
<p class="info-publi"><span class="date">{words.date(article.published)}</span>\
<span class="sep">, </span><span class="auteurs">{words.written_by.lower()} \
<span class="vcard author"><a class="url fn spip_in" href="/auteur{article.number % 9}">\
{base.names(page)}</a></span></span></p></div>
<div class="crayon article-chapo-{article.number} chapo"><p>{escape(story.lead, quote=False)}</p>\
</div>
<div class="crayon article-texte-{article.number} texte surlignable">
<dl class="spip_document spip_documents_right"><dt><img src="{article.picture}" alt="" /></dt>\
<dd class="spip_doc_descriptif">{escape(story.caption)}</dd></dl>
{text}
</div>
{wall if page.paywalled else ""}
<div class="partage"><ul>{base.share(page.frame, article.url)}</ul></div>
<div class="mots"><h3>{words.tags}</h3><ul>{tags}</ul></div>
<div class="menu articles voir-aussi"><h2>{words.read_also}</h2><ul>{base.links(page.related)}\
</ul></div>
<div class="comments"><h2>{words.comments}</h2><ul class="forum">{forum}</ul>\
{base.comment_form(page.frame)}</div>"""
