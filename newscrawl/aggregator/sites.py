"""Table of the seven aggregator sites: host, country, time zone and editions.

All of them run the same software and differ only in these properties.
"""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from newscrawl.items import Country, Edition


@dataclass(frozen=True, slots=True)
class Site:
    """Properties of one aggregator site: host, country, time zone and editions."""

    name: str
    """Its name in identifiers, and its spider's."""
    host: str
    """The host without ``www.``; canonical URLs are with it."""
    title: str
    """Its name as its Arabic pages print it."""
    country: Country
    """The country whose press it republishes, ISO 3166-1 alpha-2."""
    zone: str
    """IANA name of the time zone of its printed dates."""
    editions: tuple[Edition, ...]
    """Existing language branches, the one without a URL prefix first."""
    alive: bool = True
    """Whether its server responded when last checked."""
    note: str | None = None
    """Remark for operators before a crawl."""

    @property
    def timezone(self) -> ZoneInfo:
        """The time zone."""
        return ZoneInfo(self.zone)

    def url(self, path: str = "/") -> str:
        """Return a canonical URL on this site.

        >>> SITES["maghress"].url("/fr")
        'https://www.maghress.com/fr'
        """
        return f"https://www.{self.host}{path}"


_ALL = (
    Site("maghress", "maghress.com", "مغرس", "MA", "Africa/Casablanca", ("ar", "fr")),
    Site("djazairess", "djazairess.com", "جزايرس", "DZ", "Africa/Algiers", ("ar", "fr")),
    Site("turess", "turess.com", "تورس", "TN", "Africa/Tunis", ("ar", "fr")),
    Site("masress", "masress.com", "مصرس", "EG", "Africa/Cairo", ("ar", "en")),
    Site("sauress", "sauress.com", "سعورس", "SA", "Asia/Riyadh", ("ar", "en")),
    Site(
        "sudaress",
        "sudaress.com",
        "سودارس",
        "SD",
        "Africa/Khartoum",
        ("ar",),
        alive=False,
        note="the server behind its proxy did not respond (HTTP 523) in August 2026",
    ),
    Site("yemeress", "yemeress.com", "يمرس", "YE", "Asia/Aden", ("ar",)),
)

SITES: dict[str, Site] = {site.name: site for site in _ALL}
"""All sites of the network by name."""
