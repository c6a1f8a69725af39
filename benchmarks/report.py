"""Writes the report page of a million invented records.

    python benchmarks/report.py [--records 1000000] [--words 90] [--directory DIR]

Writes feeds as ``benchmarks/export.py`` does, one record in twenty with an earlier version, runs
``scrapy report``, and prints how long it took beside the time that merely reading the lines takes.
Exits 1 if the page is larger than 5 MB or does not count every article.
"""

import argparse
import json
import re
import sys
import tempfile
import time
from pathlib import Path

from cost import cost_of  # beside this file
from export import write_feeds

LARGEST = 5_000_000
_CONTENT = re.compile(r'<script type="application/json" id="content">(.*?)</script>')


def main() -> int:
    """Write feeds, make the page, look at it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--words", type=int, default=90, help="words in a text, 11 bytes each")
    parser.add_argument("--directory", type=Path, help="where there is room")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.directory) as directory:
        feeds, page = Path(directory) / "feeds", Path(directory) / "index.html"
        lines = write_feeds(feeds, options.records, options.words)
        size = sum(path.stat().st_size for path in feeds.iterdir())
        print(f"{options.records} articles, {lines} lines, {size / 1e9:.2f} GB")
        began = time.monotonic()
        for path in feeds.iterdir():
            with path.open("rb") as file:
                for _ in file:
                    pass
        reading = time.monotonic() - began
        command = [sys.executable, "-m", "scrapy", "report", "-o", page, feeds]
        cost = cost_of([*command, "-s", f"NEWSCRAWL_DATA={directory}"])
        found = _CONTENT.search(page.read_text("utf-8")) if cost.code == 0 else None
        if found is None:
            print("the page was not made")
            return 1
        counted = json.loads(found[1])["articles"]
        print(
            f"{cost.seconds:.0f} s ({cost.seconds / reading:.1f} times as long as reading), "
            f"{cost.megabytes:.0f} MB of memory, "
            f"page of {page.stat().st_size / 1e6:.2f} MB, {counted} articles counted"
        )
        return 0 if counted == options.records and page.stat().st_size <= LARGEST else 1


if __name__ == "__main__":
    sys.exit(main())
