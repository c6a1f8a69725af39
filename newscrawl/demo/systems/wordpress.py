"""Generate WordPress pages: the default theme with an SEO plug-in, and a magazine theme."""

from datetime import datetime
from html import escape
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from newscrawl.demo.systems import base
from newscrawl.demo.systems.base import Frame, OutletPage, System

if TYPE_CHECKING:
    from newscrawl.demo.articles import DemoArticle


def _texturized(html: str) -> str:
    """Replace apostrophes and ellipses by typographic ones, as WordPress does."""
    return html.replace("&#x27;", "'").replace("'", "’").replace("...", "…")


def _slug(title: str) -> str:
    words = "".join(c.lower() if c.isalnum() else " " for c in title).split()
    return quote("-".join(words[:9]))


class WordPress(System):
    """WordPress with the default theme, and one JSON-LD graph by an SEO plug-in."""

    name = "wordpress"

    def modified(self, article: "DemoArticle") -> datetime | None:
        """Return the modification time, which equals the publication time of unchanged articles."""
        return article.modified or article.published

    def path(self, article: "DemoArticle") -> str:
        """``/{title}-{number}/``."""
        return f"/{_slug(article.story.title)}-{article.number}/"

    def document(self, frame: Frame, title: str, head: str, main: str) -> str:
        """See the base class."""
        words, outlet = frame.labels, frame.outlet
        entry = '<li class="menu-item menu-item-type-taxonomy"><a href="{url}">{name}</a></li>'
        return f"""<!DOCTYPE html>
<html lang="{outlet.edition}" dir="{words.direction}" prefix="og: https://ogp.me/ns#">
<head><meta charset="UTF-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)} - {escape(outlet.name)}</title>
{head}
<meta name="generator" content="WordPress 6.5.2">
{base.style(outlet.slug + "wp", 14)}
</head>
<body class="post-template-default single single-post single-format-standard">
<div id="page" class="site"><a class="skip-link screen-reader-text" href="#primary">↓</a>
<header id="masthead" class="site-header"><p class="site-title"><a href="/" rel="home">\
{escape(outlet.name)}</a></p><nav id="site-navigation" class="main-navigation">\
<ul id="primary-menu" class="menu">{base.menu(frame, entry)}</ul></nav>
<form role="search" class="search-form"><label><span class="screen-reader-text">{words.search}\
</span><input type="search" class="search-field" name="s"></label></form></header>
<div id="content" class="site-content"><main id="primary" class="site-main">
{main}
</main>
<aside id="secondary" class="widget-area">
<section class="widget widget_recent_entries"><h2 class="widget-title">{words.latest}</h2>\
<ul>{base.links(frame.latest)}</ul></section>
<section class="widget widget_newsletter">{base.newsletter(frame)}</section>
<section class="widget widget_most_read"><h2 class="widget-title">{words.most_read}</h2>
{base.teasers(frame.latest[5:15], "h4")}</section>
</aside></div>
<footer id="colophon" class="site-footer"><div class="site-info">© {escape(outlet.name)}. \
{words.rights}</div></footer></div>
{base.cookies(frame)}
{base.script(outlet.slug, 9)}
</body></html>"""

    def head(self, page: OutletPage) -> str:
        """See the base class."""
        article, outlet = page.article, page.frame.outlet
        changed = self.modified(article) or article.published
        graph: list[dict[str, Any]] = [
            {
                "@type": "NewsArticle",
                "@id": f"{article.url}#article",
                "isPartOf": {"@id": article.url},
                "author": base.people(page),
                "headline": article.story.title,
                "datePublished": article.published.isoformat(),
                "dateModified": changed.isoformat(),
                "mainEntityOfPage": {"@id": article.url},
                "image": {"@id": f"{article.url}#primaryimage"},
                "keywords": list(article.story.tags),
                "articleSection": [article.story.section],
                "inLanguage": outlet.edition,
            },
            {"@type": "WebPage", "@id": article.url, "url": article.url, "name": outlet.name},
            {
                "@type": "ImageObject",
                "@id": f"{article.url}#primaryimage",
                "url": article.picture,
                "caption": article.story.caption,
            },
            {"@type": "WebSite", "url": f"https://{outlet.host}/", "name": outlet.name},
            {"@type": "Organization", "name": outlet.name, "url": f"https://{outlet.host}/"},
        ]
        return "\n".join(
            (
                base.canonical(page),
                base.open_graph(page),
                base.meta(
                    article__published_time=article.published.isoformat(),
                    article__modified_time=changed.isoformat() if article.modified else None,
                ),
                base.json_ld({"@context": "https://schema.org", "@graph": graph}),
            )
        )

    def main(self, page: OutletPage) -> str:
        """See the base class."""
        article, words = page.article, page.frame.labels
        story = article.story
        also = (
            f'<p><strong>{words.read_also} : <a href="{escape(page.related[0].url)}">'
            f"{escape(page.related[0].title)}</a></strong></p>"
        )
        lead = f"<strong>{escape(story.lead, quote=False)}</strong>"
        text = base.body(page.blocks, after={2: also})
        wall = f'<div class="paywall"><p>{words.paywall}</p></div>' if page.paywalled else ""
        tags = "".join(f'<a href="/tag/{quote(t)}" rel="tag">{escape(t)}</a> ' for t in story.tags)
        comments = "".join(
            f'<li class="comment"><article class="comment-body"><footer class="comment-meta">'
            f'<b class="fn">{words.visitor} {n}</b></footer><div class="comment-content"><p>'
            f"{escape(text)}</p></div></article></li>"
            for n, text in enumerate(page.comments, 1)
        )
        return f"""<article id="post-{article.number}" \
class="post-{article.number} post type-post status-publish format-standard hentry">
<header class="entry-header"><span class="cat-links"><a href="/section/1" rel="category tag">\
{escape(story.section)}</a></span>
<h1 class="entry-title">{_texturized(escape(story.title))}</h1>
<div class="entry-meta"><span class="posted-on">{words.published} <time class="entry-date \
published" datetime="{article.published.isoformat()}">{words.date(article.published)}</time></span>
<span class="byline">{words.written_by} <span class="author vcard"><a class="url fn n" \
href="/author/{article.number % 17}" rel="author">{base.names(page)}</a></span></span></div>
</header>
<figure class="post-thumbnail"><img class="wp-post-image" src="{article.picture}" alt="">\
<figcaption class="wp-caption-text">{escape(story.caption)} ({escape(story.credit)})</figcaption>\
</figure>
<div class="entry-content">
<p>{_texturized(lead)}</p>
{_texturized(text)}
{wall}
<div class="sharedaddy sd-sharing-enabled"><ul>{base.share(page.frame, article.url)}</ul></div>
</div>
<footer class="entry-footer"><span class="tags-links">{words.tags} {tags}</span></footer>
</article>
<div class="related-posts"><h3>{words.read_also}</h3>{base.teasers(page.related, "h4")}</div>
<div id="comments" class="comments-area"><h2 class="comments-title">{words.comments}</h2>
<ol class="comment-list">{comments}</ol>{base.comment_form(page.frame)}</div>"""


class Newspaper(System):
    """WordPress with a magazine theme of page-builder blocks."""

    name = "newspaper"

    def path(self, article: "DemoArticle") -> str:
        """``/{year}/{month}/{day}/{title}_{number}/``."""
        return f"/{article.published:%Y/%m/%d}/{_slug(article.story.title)}_{article.number}/"

    def document(self, frame: Frame, title: str, head: str, main: str) -> str:
        """See the base class."""
        words, outlet = frame.labels, frame.outlet
        module = base.teasers(frame.latest[:20], "h3").replace('class="item"', 'class="td_module"')
        return f"""<!doctype html>
<html lang="{outlet.edition}" dir="{words.direction}">
<head><meta charset="UTF-8" /><title>{escape(title)} | {escape(outlet.name)}</title>
{head}
{base.style(outlet.slug + "td", 30)}
{base.script(outlet.slug + "td", 10)}
</head>
<body class="td-standard-pack single td-full-layout">
<div id="td-outer-wrap" class="td-theme-wrap"><div class="td-header-wrap">
<div class="td-header-top-menu">{words.date(frame.latest[0].published) if frame.latest else ""}\
</div><ul class="sf-menu td-main-menu">{base.menu(frame)}</ul></div>
<div class="td-main-content-wrap td-container-wrap"><div class="td-container"><div class="tdc-row">
<div class="td-pb-span8 td-main-content" role="main"><div class="td-ss-main-content">
{main}
</div></div>
<div class="td-pb-span4 td-main-sidebar" role="complementary"><div class="td-ss-main-sidebar">
<div class="td_block_wrap td_block_1"><h4 class="td-block-title"><span>{words.most_read}</span>\
</h4>{module}</div>
<div class="td-a-rec td-a-rec-id-sidebar"><span class="td-adspot-title">{words.advertisement}\
</span></div>
<div class="tdn-newsletter">{base.newsletter(frame)}</div></div></div></div></div></div>
<div class="td-footer-wrapper"><ul>{base.menu(frame)}</ul></div>
<div class="td-sub-footer-copy">© {escape(outlet.name)} {words.rights}</div></div>
{base.cookies(frame)}
</body></html>"""

    def head(self, page: OutletPage) -> str:
        """See the base class."""
        article, outlet = page.article, page.frame.outlet
        return "\n".join(
            (
                base.canonical(page),
                base.open_graph(page),
                base.json_ld(
                    {
                        "@context": "http://schema.org",
                        "@type": "BlogPosting",
                        "headline": article.story.title,
                        "datePublished": article.published.isoformat(),
                        "author": base.people(page),
                        "articleSection": article.story.section,
                        "publisher": {"@type": "Organization", "name": outlet.name},
                    }
                ),
            )
        )

    def main(self, page: OutletPage) -> str:
        """See the base class."""
        article, words = page.article, page.frame.labels
        story = article.story
        inline = (
            '<div class="td-a-rec td-a-rec-id-content_inline"><span class="td-adspot-title">'
            f'{words.advertisement}</span></div><div class="td_block_related_inline"><h4>'
            f"{words.read_also}</h4>{base.teasers(page.related[:2], 'h5', excerpt=False)}</div>"
        )
        wall = f'<div class="tds-locker"><p>{words.paywall}</p></div>' if page.paywalled else ""
        tags = "".join(f'<li><a href="/tag/{quote(t)}">{escape(t)}</a></li>' for t in story.tags)
        comments = "".join(
            f'<li class="comment"><cite>{words.visitor} {n}</cite><div class="comment-content"><p>'
            f"{escape(text)}</p></div></li>"
            for n, text in enumerate(page.comments, 1)
        )
        return f"""<article id="post-{article.number}" class="td-post-template-1 hentry">
<div class="td-post-header"><ul class="td-category"><li class="entry-category"><a \
href="/section/2">{escape(story.section)}</a></li></ul>
<header class="td-post-title"><h1 class="entry-title">{_texturized(escape(story.title))}</h1>
<p class="td-post-sub-title">{_texturized(escape(story.lead))}</p>
<div class="td-module-meta-info"><div class="td-post-author-name">\
<div class="td-author-by">{words.written_by}</div> <a href="/author/{article.number % 13}">\
{base.names(page)}</a></div><span class="td-post-date"><time class="entry-date updated \
td-module-date" datetime="{article.published.isoformat()}">{words.date(article.published)}</time>\
</span><div class="td-post-views">{article.number % 4000}</div></div></header></div>
<div class="td-post-sharing"><ul>{base.share(page.frame, article.url)}</ul></div>
<div class="td-post-content tagdiv-type">
<div class="td-post-featured-image"><figure><img class="entry-thumb" src="{article.picture}" \
alt=""><figcaption class="wp-caption-text">{escape(story.caption)}</figcaption></figure></div>
{_texturized(base.body(page.blocks, heading="<h3>{}</h3>", after={3: inline}))}
{wall}
</div>
<footer><div class="td-post-source-tags"><ul class="td-tags"><li><span>{words.tags}</span></li>\
{tags}</ul></div>
<div class="td-author-box"><a>{base.names(page)}</a></div></footer></article>
<div class="td_block_related_posts"><h4 class="td-related-title">{words.read_also}</h4>
{base.teasers(page.related, "h3")}</div>
<div class="comments" id="comments"><h4>{words.comments}</h4><ol class="comment-list">{comments}\
</ol>{base.comment_form(page.frame)}</div>"""
