"""Export of the feeds as a research corpus: selected, sorted, deduplicated, described.

``feeds`` reads the lines, ``selection`` finds the latest version of each article and which of them
are wanted, ``formats`` writes them, ``target`` keeps what is unfinished out of sight, ``package``
describes the result, and ``corpus`` puts these together.
"""

from newscrawl.export.corpus import Order, Summary, export
from newscrawl.export.feeds import find_feeds
from newscrawl.export.formats import FORMATS
from newscrawl.export.records import read_records
from newscrawl.export.selection import Selection

__all__ = ["FORMATS", "Order", "Selection", "Summary", "export", "find_feeds", "read_records"]
