"""Pages and copies of invented articles."""

import json
import random
from dataclasses import dataclass

_FRENCH = """
le conseil de la ville a voté mardi un budget pour les écoles et les jardins du quartier tandis que
les habitants demandent plus de bus vers la gare où les travaux avancent avec lenteur selon une
source proche du dossier qui espère une ouverture avant la fin de l'été malgré la pluie et les
retards de livraison annoncés par l'entreprise chargée du chantier
"""
_ARABIC = """
أعلن مجلس المدينة عن ميزانية جديدة للمدارس والحدائق في الحي بينما طالب السكان بمزيد من الحافلات نحو
المحطة حيث تتقدم الأشغال ببطء وفق مصدر قريب من الملف يأمل في افتتاحها قبل نهاية الصيف رغم المطر
وتأخر التسليم الذي أعلنته الشركة المكلفة بالورش
"""
FRENCH = _FRENCH.split()
ARABIC = _ARABIC.split()


@dataclass
class Copy:
    title: str | None
    text: str | None
    published: object = None


def paragraphs(seed: int, count: int = 8, words: list[str] | None = None) -> list[str]:
    """Invent paragraphs that no other seed invents."""
    rnd = random.Random(seed)
    return [
        " ".join(rnd.choices(words or FRENCH, k=rnd.randrange(25, 45))).capitalize()
        + f" n° {seed}-{n}."
        for n in range(count)
    ]


def page(
    body: list[str],
    *,
    title: str = "Le conseil vote le budget des écoles",
    site: str = "La Gazette du Port",
    date: str = "2024-03-29T10:00:00+00:00",
    author: str = "Salma Idrissi",
    layout: str = "entry-content",
    head: str = "",
    after: str = "",
    inside: str = "",
    lang: str = "fr",
) -> str:
    """Build an outlet's page around paragraphs, with the usual furniture."""
    data = json.dumps(
        {"@type": "NewsArticle", "headline": title, "datePublished": date, "author": author}
    )
    text = "".join(f"<p>{paragraph}</p>" for paragraph in body[: len(body) // 2])
    rest = "".join(f"<p>{paragraph}</p>" for paragraph in body[len(body) // 2 :])
    return f"""<!doctype html><html lang="{lang}"><head><title>{title} | {site}</title>
<meta property="og:title" content="{title} - {site}">
<meta property="og:site_name" content="{site}">
<link rel="canonical" href="/a/1"><script type="application/ld+json">{data}</script>{head}</head>
<body><nav><ul><li><a href="/">Accueil</a></li><li><a href="/s">Sport</a></li></ul></nav>
<main><article><h1>{title}</h1><div class="meta">Par {author}, le 29 mars 2024</div>
<div class="{layout}">{text}
<figure><img src="/i.jpg">
<figcaption>Une vue du port un matin de printemps. Photo : AFP</figcaption></figure>
<p>Lire aussi : <a href="/b">Un tout autre sujet sans rapport avec celui-ci</a></p>
{inside}{rest}</div>
<div class="share-buttons">Partager sur les réseaux avec vos amis et vos voisins du port</div>
<div class="newsletter">Recevez chaque matin le meilleur de l'actualité dans votre boîte</div>
</article><aside class="related"><h2>Articles liés</h2>
<p>Un autre récit commence ici avec des mots que personne ne lira dans le corps de cet article.</p>
</aside>{after}</main><footer>© {site}, tous droits réservés, mentions légales</footer></body>
</html>"""
