"""Content management systems of the demo's outlets, each with its own markup."""

from newscrawl.demo.systems.app import App
from newscrawl.demo.systems.base import Frame, OutletPage, System, Teaser
from newscrawl.demo.systems.content import Drupal, Joomla, Spip
from newscrawl.demo.systems.custom import Asp, Portal, Tables, WMaker
from newscrawl.demo.systems.labels import labels
from newscrawl.demo.systems.wordpress import Newspaper, WordPress

__all__ = ["SYSTEMS", "Frame", "OutletPage", "System", "Teaser", "labels"]

_ALL: tuple[System, ...] = (
    WordPress(),
    Newspaper(),
    WMaker(),
    Drupal(),
    Joomla(),
    Spip(),
    Portal(),
    Tables(),
    Asp(),
    App(),
)

SYSTEMS: dict[str, System] = {system.name: system for system in _ALL}
"""All systems by name."""
