"""Write the report page of a million invented records.

    python -m benchmarks.report [--records 1000000] [--words 90] [--directory DIR]

Writes a data directory as ``benchmarks/export.py`` does, or uses that of an earlier run, runs
``scrapy report``, and prints how long it took beside the time that merely reading the lines takes.
Exits 1 if it took two minutes, the page is larger than 5 MB or it does not count every article.
"""

import argparse
import json
import re
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.cost import cost_of
from benchmarks.export import prepare

LARGEST = 5_000_000
LONGEST = 120
_CONTENT = re.compile(r'<script type="application/json" id="content">(.*?)</script>')


def main() -> int:
    """Write feeds, make the page, look at it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--words", type=int, default=90, help="words in a text, 11 bytes each")
    parser.add_argument("--directory", type=Path, help="where there is room")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        directory = options.directory or Path(temporary)
        data, page = directory / "data", Path(temporary) / "index.html"
        lines = prepare(data, options.records, options.words)
        feeds = list((data / "feeds" / "maghress").iterdir())
        size = sum(path.stat().st_size for path in feeds)
        print(f"{options.records} articles, {lines} lines, {size / 1e9:.2f} GB")
        began = time.monotonic()
        for path in feeds:
            with path.open("rb") as file:
                for _ in file:
                    pass
        reading = time.monotonic() - began
        command = [sys.executable, "-m", "scrapy", "report", "-o", page]
        cost = cost_of([*command, "-s", f"NEWSCRAWL_DATA={data}"])
        found = _CONTENT.search(page.read_text("utf-8")) if cost.code == 0 else None
        if found is None:
            print("the page was not made")
            return 1
        counted = json.loads(found[1])["articles"]
        print(
            f"{cost.seconds:.0f} s, {cost.cpu:.0f} s of processor "
            f"({cost.seconds / reading:.1f} times as long as reading), "
            f"{cost.megabytes:.0f} MiB of memory, "
            f"page of {page.stat().st_size / 1e6:.2f} MB, {counted} articles counted"
        )
        is_small = page.stat().st_size <= LARGEST and cost.seconds <= LONGEST
        return 0 if counted == options.records and is_small else 1


if __name__ == "__main__":
    sys.exit(main())
