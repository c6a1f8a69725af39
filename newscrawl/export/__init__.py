"""Export of the feeds as a research corpus: selected, sorted, deduplicated, described.

``feeds`` reads the lines, ``index`` finds the latest version of each article and which of them
``selection`` wants, ``trust``, ``agencies`` and ``clusters`` judge them, ``formats`` and
``tables`` write them, ``target`` publishes them atomically, ``coverage`` counts days and outlets,
``package``, ``card`` and ``croissant`` describe the result, and ``corpus`` runs these steps.
"""

from newscrawl.export.corpus import Order, Summary, export
from newscrawl.export.feeds import find_feeds
from newscrawl.export.formats import FORMATS, Format, Writer, add_formats, format_of
from newscrawl.export.records import read_records
from newscrawl.export.selection import Selection
from newscrawl.export.survival import find_checks, kaplan_meier
from newscrawl.export.trust import Trust, trust

__all__ = [
    "FORMATS",
    "Format",
    "Order",
    "Selection",
    "Summary",
    "Trust",
    "Writer",
    "add_formats",
    "export",
    "find_checks",
    "find_feeds",
    "format_of",
    "kaplan_meier",
    "read_records",
    "trust",
]
