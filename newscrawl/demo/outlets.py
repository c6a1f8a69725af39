"""Table of the demo's outlets: all invented, under the reserved domain ``example``."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from newscrawl.aggregator.sites import SITES, Site
from newscrawl.items import Edition

Declared = Literal["header", "meta", "nowhere"]
"""Where a page declares its encoding."""


@dataclass(frozen=True, slots=True)
class DemoOutlet:
    """An invented newspaper: its aggregator, host, content management system and faults."""

    aggregator: str
    """Name of the aggregator site."""
    edition: Edition
    """Edition, which is also the language of its articles."""
    slug: str
    """Name in the aggregator's URLs."""
    name: str
    """Printed name."""
    host: str
    """Host of its website."""
    system: str
    """System of its website, a key of ``systems.SYSTEMS``."""
    redesign: str | None = None
    """System of the newer half of its pages, after a redesign."""
    articles: int = 18
    """Articles at scale 1."""
    charset: str = "utf-8"
    """Encoding of its pages."""
    declared: Declared = "header"
    """Where its pages declare their encoding."""
    fate: Literal["open", "closed", "denied"] = "open"
    """``closed``: its domain no longer exists; ``denied``: its robots.txt disallows everything."""
    crawl_delay: float | None = None
    """``Crawl-delay`` of its robots.txt (seconds)."""

    @property
    def site(self) -> Site:
        """Aggregator site that republishes it."""
        return SITES[self.aggregator]


OUTLETS: tuple[DemoOutlet, ...] = (
    DemoOutlet(
        "maghress", "fr", "lecourrierdusouss", "Le Courrier du Souss",
        "www.lecourrierdusouss.example", "wordpress",
    ),
    DemoOutlet(
        "maghress", "fr", "gazettedelatlas", "La Gazette de l'Atlas",
        "www.gazette-atlas.example", "wmaker",
    ),
    DemoOutlet(
        "maghress", "fr", "riftelegraphe", "Rif Télégraphe",
        "riftelegraphe.example", "drupal", redesign="newspaper", articles=48,
    ),
    DemoOutlet(
        "maghress", "fr", "horizonsdusud", "Horizons du Sud", "www.horizons-du-sud.example", "spip",
    ),
    DemoOutlet(
        "maghress", "ar", "alwarda", "الوردة", "www.alwarda-press.example", "newspaper",
    ),
    DemoOutlet("maghress", "ar", "sadaatlas", "صدى الأطلس", "www.sada-atlas.example", "wmaker"),
    DemoOutlet(
        "maghress", "ar", "attarik", "الطريق", "www.attarik-daily.example", "asp",
        charset="windows-1256", declared="nowhere",
    ),
    DemoOutlet("maghress", "ar", "nabdrif24", "نبض الريف 24", "nabdrif24.example", "app"),
    DemoOutlet(
        "djazairess", "fr", "quotidiendesplateaux", "Le Quotidien des Plateaux",
        "www.quotidien-plateaux.example", "tables", charset="iso-8859-1",
    ),
    DemoOutlet(
        "djazairess", "fr", "ladepechedesaures", "La Dépêche des Aurès",
        "www.depeche-aures.example", "joomla",
    ),
    DemoOutlet(
        "djazairess", "fr", "lavoixdutitteri", "La Voix du Titteri",
        "lavoixdutitteri.example", "portal",
    ),
    DemoOutlet(
        "djazairess", "fr", "lephare", "Le Phare", "www.le-phare.example", "spip", fate="denied",
    ),
    DemoOutlet("djazairess", "ar", "alrasid", "الراصد", "www.alrasid-dz.example", "joomla"),
    DemoOutlet("djazairess", "ar", "albahia", "الباهية اليوم", "albahia.example", "wordpress"),
    DemoOutlet(
        "djazairess", "ar", "sawtassahra", "صوت الصحراء", "www.sawt-assahra.example", "asp",
        charset="windows-1256", declared="meta",
    ),
    DemoOutlet(
        "djazairess", "ar", "alwifaq", "الوفاق", "alwifaq-news.example", "drupal", crawl_delay=0.5,
    ),
    DemoOutlet(
        "masress", "ar", "nilelyoum", "النيل اليوم", "www.nilelyoum.example", "portal",
        redesign="wordpress", articles=48,
    ),
    DemoOutlet("masress", "ar", "akhbardelta", "أخبار الدلتا", "akhbardelta.example", "drupal"),
    DemoOutlet("masress", "ar", "almanara", "المنارة", "www.almanara-eg.example", "wmaker"),
    DemoOutlet(
        "masress", "ar", "addawria", "الدورية", "www.addawria.example", "joomla", fate="closed",
    ),
    DemoOutlet(
        "masress", "en", "deltaherald", "The Delta Herald", "www.deltaherald.example", "newspaper",
    ),
    DemoOutlet("masress", "en", "niletimes", "Nile Times", "niletimes.example", "joomla"),
    DemoOutlet(
        "masress", "en", "capitalobserver", "Capital Observer",
        "www.capital-observer.example", "portal",
    ),
    DemoOutlet(
        "masress", "en", "canaldispatch", "Canal Dispatch", "www.canaldispatch.example", "tables",
        charset="iso-8859-1", declared="meta",
    ),
)  # fmt: skip
"""All outlets of the demo."""

EDITIONS: tuple[tuple[str, Edition], ...] = tuple(
    dict.fromkeys((outlet.aggregator, outlet.edition) for outlet in OUTLETS)
)
"""Editions in the demo: aggregator and language."""


def outlets_of(aggregator: str, edition: Edition | None = None) -> Iterator[DemoOutlet]:
    """Yield the outlets of a site, or of one edition of it."""
    for outlet in OUTLETS:
        if outlet.aggregator == aggregator and edition in (None, outlet.edition):
            yield outlet
