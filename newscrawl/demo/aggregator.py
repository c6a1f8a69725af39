"""Generate the demo's aggregator pages and RSS feeds, in the markup of the real network."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from email.utils import format_datetime
from html import escape

from newscrawl.aggregator.sites import SITES, Site
from newscrawl.aggregator.urls import author_url, feed_url, home_url, listing_url
from newscrawl.demo.article_faults import ArticleFault
from newscrawl.demo.articles import DemoArticle
from newscrawl.demo.truth import CUT_MARK, copy_of
from newscrawl.items import Edition

PAGE_SIZE = 10
"""Articles per listing page."""
SECTIONS = ("politics", "economics", "sports", "society", "culture", "health")
"""Sections in the menu."""

_GAP = "&nbsp;" * 4  # separates the ticker's headlines
_PIECE = 4  # paragraphs per span; a text spans several


@dataclass(frozen=True, slots=True)
class _Wording:
    """Sentences that the aggregator prints around an article, in one language."""

    published: str
    source: str
    reported: str
    related: str
    search: str
    form: str


_WORDINGS: dict[Edition, _Wording] = {
    "fr": _Wording(
        "Publié dans {outlet} le {date}",
        "Cliquez {link} pour lire l'article depuis sa source.",
        "Merci d'avoir signalé!<br>Cette image sera automatiquement bloquée après qu'elle soit "
        "signalée par plusieurs personnes.",
        "Articles similaires",
        "Rechercher",
        "Nom Adresse email",
    ),
    "ar": _Wording(
        "نشر في {outlet} يوم {date}",
        "انقر {link} لقراءة الخبر من مصدره.",
        "شكرا على الإبلاغ!<br>سيتم حجب هذه الصورة تلقائيا عندما يتم الإبلاغ عنها من طرف عدة أشخاص.",
        "مواضيع ذات صلة",
        "بحث",
        "الاسم البريد الإلكتروني",
    ),
    "en": _Wording(
        "Published in {outlet} on {date}",
        "Click {link} to read the story from its source.",
        "Thank you for reporting!<br>This image will be automatically blocked when it gets "
        "reported by several people.",
        "Related stories",
        "Search",
        "Name Email address",
    ),
}
_HERE: dict[Edition, str] = {"fr": "ici", "ar": "هنا", "en": "here"}


def article_page(
    article: DemoArticle, ticker: Sequence[DemoArticle], related: Sequence[DemoArticle]
) -> str:
    """Return an article's page."""
    outlet, key = article.outlet, article.key
    copy, words = copy_of(article), _WORDINGS[outlet.edition]
    if article.fault is ArticleFault.COPY_UNKNOWN:
        main = f'<div class="box-new"><h5>{escape(copy.title)}</h5><p>§</p></div>'
        return _document(key.site, outlet.edition, copy.title, "", main, ticker)
    lines = [] if article.fault is ArticleFault.COPY_EMPTY else list(map(_text, copy.paragraphs))
    if article.fault is ArticleFault.LEFTOVERS:
        lines.append(words.form)
    pieces = [lines[i : i + _PIECE] for i in range(0, len(lines), _PIECE)] or [[]]
    content = "\n".join(
        f'<span class="articlecontent">{"<br>".join(piece)}<br></span>' for piece in pieces
    )
    name = (
        f'<a href="{listing_url(key.site, outlet.edition, outlet.slug)}">{_text(outlet.name)}</a>'
    )
    published = words.published.format(outlet=name, date=f"{copy.published:%d - %m - %Y}")
    byline = ""
    if copy.byline:
        at = author_url(key.site, outlet.edition, copy.byline)
        byline = f'<span class="articleauthor"><a href="{at}">{_text(copy.byline)}</a></span><br>'
    pictures = "".join(f'<div class="image"><img src="{url}" alt=""></div>' for url in copy.images)
    source = ""
    if copy.link:
        here = f'<a href="{escape(copy.link)}" target="_blank" rel="nofollow">{{}}</a>'.format(
            _HERE[outlet.edition]
        )
        source = f"<p>{words.source.format(link=here)}</p>"
    thumbnail = f"https://images2.{key.site.host}/{outlet.slug}/{article.number}/thumb"
    head = (
        f'<link rel="canonical" href="{key.url}">\n<meta property="og:image" content="{thumbnail}">'
    )
    main = f"""<div id="imagereport" style="display:none">{words.reported}</div>
<h1><span class="articletitle">{_text(copy.title)}</span></h1>
<span class="articlenewspaper">{published}</span><br>
{byline}
{pictures}
{content}
<br>
{source}
<hr><h4>{words.related}</h4>
<ul class="menu">{"".join(f"<li>{_anchor(other)}</li>" for other in related)}</ul>"""
    return _document(key.site, outlet.edition, copy.title, head, main, ticker)


def listing_page(
    aggregator: str,
    edition: Edition,
    path: str,
    articles: Sequence[DemoArticle],
    ticker: Sequence[DemoArticle],
    page: int = 1,
    pages: int = 1,
) -> str:
    """Return a listing page, newest first; ``path`` is its URL without the page number."""
    site = SITES[aggregator]
    cards = "\n".join(map(_card, articles))
    numbers = "" if pages == 1 else _pagination(aggregator, path, page, pages)
    feed = feed_url(site, edition)
    head = f'<link rel="alternate" type="application/rss+xml" href="{feed}">'
    main = f'<div id="list">{cards}</div>\n<div class="pages">{numbers}</div>'
    return _document(site, edition, site.title, head, main, ticker)


def _pagination(aggregator: str, path: str, page: int, pages: int) -> str:
    """Return the pagination: a link to the next page on one site, page numbers on the others."""
    if aggregator == "maghress":
        following = f'<a rel="next" href="{path}?page={page + 1}">»</a>' if page < pages else ""
        return f"<b>{page}</b> {following}"
    near = range(max(1, page - 3), min(pages, page + 3) + 1)
    return " ".join(
        f"<b>{n}</b>" if n == page else f'<a href="{path}?page={n}">{n}</a>' for n in near
    )


def feed(aggregator: str, edition: Edition, articles: Iterable[DemoArticle]) -> str:
    """Return an RSS feed."""
    site = SITES[aggregator]
    items = "\n".join(map(_item, articles))
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>
<title>{escape(site.title)}</title><link>{home_url(site, edition)}</link>
<description>{escape(site.title)}</description><language>{edition}</language>
{items}
</channel></rss>"""


def _item(article: DemoArticle) -> str:
    copy = copy_of(article)
    thumbnail = f"https://images2.{article.key.site.host}/{article.outlet.slug}/{article.number}"
    return f"""<item><title>{escape(copy.title)}</title><link>{article.key.url}</link>
<guid isPermaLink="true">{article.key.url}</guid>
<dc:creator>{escape(article.outlet.name)}</dc:creator>
<description>{escape(_teaser(article))}</description>
<pubDate>{format_datetime(article.published)}</pubDate>
<enclosure url="{thumbnail}/thumb" type="image/jpeg" length="0"/></item>"""


def _teaser(article: DemoArticle) -> str:
    """Return the first words of a copy, truncated as in listings and RSS feeds."""
    text = " ".join(copy_of(article).paragraphs)
    return text if len(text) < 280 else f"{text[:270].rpartition(' ')[0]} {CUT_MARK}"


def _card(article: DemoArticle) -> str:
    copy = copy_of(article)
    words = _WORDINGS[article.outlet.edition]
    published = words.published.format(
        outlet=_text(article.outlet.name), date=f"{copy.published:%d - %m - %Y}"
    )
    return (
        f'<div class="teasercontainer"><h3>{_anchor(article)}</h3>'
        f'<span class="newspaper">{published}</span>'
        f'<p class="teaser">{_text(_teaser(article))}</p></div>'
    )


def _anchor(article: DemoArticle) -> str:
    return f'<a href="{article.key.url}">{_text(article.copied.title)}</a>'


def _text(text: str) -> str:
    return escape(text, quote=False)


def _document(
    site: Site,
    edition: Edition,
    title: str,
    head: str,
    main: str,
    ticker: Sequence[DemoArticle],
) -> str:
    """Return a whole page: menu, ticker and main part."""
    direction = "rtl" if edition == "ar" else "ltr"
    sections = "".join(
        f'<li><a href="{listing_url(site, edition, name)}">{name}</a></li>' for name in SECTIONS
    )
    editions = "".join(f'<a href="{home_url(site, other)}">{other}</a> ' for other in site.editions)
    headlines = _GAP.join(map(_anchor, ticker))
    return f"""<!DOCTYPE html>
<html lang="{edition}" dir="{direction}"><head><meta charset="utf-8">
<title>{escape(title)} - {escape(site.title)}</title>
{head}
</head><body>
<div id="header"><a href="{home_url(site, edition)}"><img src="/images/logo.png" alt=""></a>
{editions}</div>
<ul class="ui-menu">{sections}</ul>
<form class="navbar" action="/search"><input name="q" placeholder="{_WORDINGS[edition].search}">\
</form>
<div class="tickercontainer"><div class="mask">{headlines}{_GAP}</div></div>
<div id="content">
{main}
</div>
<div class="footer">{escape(site.title)} - {site.host}</div>
</body></html>"""
