"""HTML pages of the fault servers: the regular article, block pages and other replacements."""

from typing import Literal

Language = Literal["ar", "fr"]

TITLE: dict[Language, str] = {
    "fr": "La bibliothèque du quartier rouvre après deux ans de travaux",
    "ar": "مكتبة الحي تفتح أبوابها من جديد بعد سنتين من الأشغال",
}
TEXT: dict[Language, tuple[str, ...]] = {
    "fr": (
        (
            "La bibliothèque du quartier a rouvert ses portes samedi après deux ans de travaux, "
            "avec une salle de lecture agrandie et quatre mille ouvrages de plus que l'ancienne."
        ),
        (
            "Les habitants ont retrouvé le fonds régional, numérisé pendant la fermeture par une "
            "équipe de cinq bénévoles, ainsi qu'un atelier d'écriture ouvert chaque mercredi."
        ),
        (
            "La directrice prévoit une nocturne par semaine dès le mois prochain, et une "
            "bibliothèque ambulante pour les trois villages voisins avant la fin de l'année."
        ),
    ),
    "ar": (
        (
            "فتحت مكتبة الحي أبوابها يوم السبت بعد سنتين من الأشغال، وقد اتسعت فيها قاعة المطالعة "
            "وزاد عدد كتبها أربعة آلاف كتاب على ما كان في المكتبة القديمة."
        ),
        (
            "وعاد السكان إلى الرصيد الجهوي الذي رقمنه خمسة متطوعين طوال مدة الإغلاق، وإلى ورشة "
            "للكتابة تفتح كل يوم أربعاء في وجه التلاميذ والطلبة."
        ),
        (
            "وتعتزم المديرة تنظيم أمسية كل أسبوع ابتداء من الشهر المقبل، وإطلاق مكتبة متنقلة نحو "
            "القرى الثلاث المجاورة قبل نهاية السنة."
        ),
    ),
}
"""Title and paragraphs of the article, the same in copy and source."""


def article(language: Language = "fr") -> str:
    """Return the outlet's page of the article."""
    paragraphs = "".join(f"<p>{paragraph}</p>" for paragraph in TEXT[language])
    return page(f'<h1>{TITLE[language]}</h1><div class="entry">{paragraphs}</div>', TITLE[language])


def page(main: str, title: str = "Le journal", head: str = "") -> str:
    """Return a page of the outlet."""
    return (
        f"<!DOCTYPE html><html><head><title>{title}</title>{head}</head><body>"
        '<nav><a href="/">Accueil</a> <a href="/culture">Culture</a></nav>'
        f"<main>{main}</main><footer>Tous droits réservés</footer></body></html>"
    )


ABSENT = page(
    "<h1>Page introuvable</h1><p>La page que vous cherchez n'existe pas ou plus. Vérifiez "
    "l'adresse, ou revenez à l'accueil.</p>",
    "Page introuvable",
)
PARKED = page(
    "<h1>Ce nom de domaine est à vendre</h1><p>Buy this domain. The owner offers it for sale: make "
    "an offer today.</p><ul><li>Related searches</li><li>Hôtels</li><li>Crédit</li></ul>",
    "This domain is for sale",
)
OTHER_STORY = page(
    "<h1>El mercado de la lonja cambia de horario</h1>"
    "<p>La lonja del puerto abrirá a las cinco de la mañana a partir del lunes, una hora antes que "
    "hasta ahora, para que el pescado llegue más fresco a los puestos del centro.</p>"
    "<p>Los vendedores pedían el cambio desde hace dos años. Según sus cuentas, cada hora de calor "
    "les cuesta una décima parte de lo que traen los barcos durante el verano.</p>",
    "El mercado de la lonja",
)
"""Page of another article that has taken over the URL, as happens to old links."""

CHALLENGE = (
    '<!DOCTYPE html><html lang="en-US"><head><title>Just a moment...</title>'
    '<meta name="robots" content="noindex,nofollow"></head><body><div class="main-wrapper">'
    "<noscript>Enable JavaScript and cookies to continue</noscript></div>"
    '<script src="/cdn-cgi/challenge-platform/h/b/orchestrate/chl_page/v1"></script></body></html>'
)
LOGIN = page(
    '<h1>Connexion</h1><form action="/login" method="post"><input name="user">'
    '<input name="password" type="password"><button>Se connecter</button></form>',
    "Connexion",
)
IN_SCRIPT = page(
    "<script>document.write("
    + repr("".join(f"<p>{paragraph}</p>" for paragraph in TEXT["fr"]))
    + ")</script>",
    TITLE["fr"],
)
CALENDAR = page(
    "<h1>Agenda</h1>" + "".join(f'<a href="/agenda?mois={n}">Mois {n}</a> ' for n in range(600))
)
