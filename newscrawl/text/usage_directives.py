"""Read usage directives (``noai``, TDM reservation) in robots.txt, headers and pages.

Returned as ``"<origin>: <directive>"``, in lower case where case is insignificant, such as
``"robots.txt: ai-train=no"`` or ``"X-Robots-Tag: noai"``.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

AGENT = "newscrawl"
"""This crawler's name in headers and pages."""

_TAGS = frozenset(("noai", "noimageai", "noarchive", "noindex", "nosnippet", "none"))
"""Values of X-Robots-Tag and of ``<meta name=robots>`` about usage: Google's
(developers.google.com/search/docs/crawling-indexing/robots-meta-tag), and ``noai`` and
``noimageai`` as DeviantArt proposed them in 2022."""

_SIGNALS = frozenset(("content-signal", "content-usage"))
"""Lines of robots.txt about usage: contentsignals.org, and the IETF's draft on AI preferences
(draft-ietf-aipref-attach), whose values are ``y`` and ``n``."""

_OBJECTIONS = re.compile(
    r"ai-train=no|train-ai=n|disallowaitraining|: noai$|^TDM-Reservation: 1$", re.IGNORECASE
)
"""Directives that reserve text and data mining or model training to the owner."""

_VALUE = re.compile(r"[a-z-]{1,40}=[a-z]{1,40}")

_MOST = 30
"""Maximum number of directives of a robots.txt: each record of the host has them."""


def of_robots(text: str, agent: str) -> list[str]:
    """Return a robots.txt's directives for an agent: of its group, else of the default group."""
    found: dict[str, list[str]] = {}
    meant, naming = {"*"}, False
    for line in text.splitlines():
        name, colon, value = line.partition("#")[0].partition(":")
        name, value = name.strip().lower(), value.strip().lower()
        if not colon:
            continue
        if name == "user-agent":
            if not naming:
                meant = set()
            if value in ("*", agent.lower()):
                meant.add(value)
                found.setdefault(value, [])
        for one in meant:
            found.setdefault(one, []).extend(_said(name, value))
        naming = name == "user-agent"
    said = found.get(agent.lower(), found.get("*", []))
    return [f"robots.txt: {what}" for what in dict.fromkeys(said)][:_MOST]


def _said(name: str, value: str) -> Iterator[str]:
    """Yield the usage directives in one line of robots.txt."""
    if name in _SIGNALS:
        yield from _VALUE.findall(value)
    elif name == "disallowaitraining":
        yield name


def of_headers(headers: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the directives in response headers; names in lower case, with all values."""
    tags = (tag for value in headers.get("x-robots-tag", ()) for tag in _tags(value))
    reserved = headers.get("tdm-reservation", ())
    return [*(f"X-Robots-Tag: {tag}" for tag in dict.fromkeys(tags)), *_reserved(reserved)]


def of_metas(metas: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the directives in a page's ``<meta>`` elements; names in lower case."""
    names = ("robots", AGENT)
    tags = (tag for name in names for value in metas.get(name, ()) for tag in _tags(value))
    reserved = metas.get("tdm-reservation", ())
    return [*(f"meta robots: {tag}" for tag in dict.fromkeys(tags)), *_reserved(reserved)]


def objection(directives: Iterable[str]) -> str | None:
    """Return the first directive that reserves mining or training to the owner.

    >>> objection(["robots.txt: search=yes", "robots.txt: ai-train=no"])
    'robots.txt: ai-train=no'
    """
    return next((said for said in directives if _OBJECTIONS.search(said)), None)


def _tags(value: str) -> list[str]:
    """Return the known tags of a list; some may be for a single crawler, ``name: tag, tag``.

    >>> _tags("noindex, noai"), _tags("otherbot: noindex")
    (['noindex', 'noai'], [])
    """
    name, colon, rest = value.lower().partition(":")
    if colon and " " not in name.strip() and "," not in name:
        if name.strip() not in ("*", AGENT):
            return []
        value = rest
    return [tag for tag in re.split(r"[,\s]+", value.lower()) if tag in _TAGS]


def _reserved(values: Iterable[str]) -> list[str]:
    """Return the reservation of text and data mining (W3C community group, TDMRep)."""
    return ["TDM-Reservation: 1"] if any(value.strip() == "1" for value in values) else []
