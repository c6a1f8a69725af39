"""The project's Scrapy commands, and its variants of Scrapy's own.

Scrapy imports this package before it runs any command. ``scrapy crawl`` and ``scrapy doctor``
report what is wrong with the environment themselves; all other commands end at once.
"""

import os
import sys

from newscrawl.settings import ENVIRONMENT_ERRORS


def _open_standard_streams() -> None:
    """Have something open as standard input, output and error.

    A program may be started without them. The next file that is opened, such as the ledger, would
    take their place, and what workers and libraries write to standard error would go into it.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number
    sys.stdout = sys.stdout or open(1, "w", closefd=False)  # noqa: SIM115 - stays open
    sys.stderr = sys.stderr or open(2, "w", closefd=False)  # noqa: SIM115 - stays open


_open_standard_streams()
if ENVIRONMENT_ERRORS and not {"crawl", "doctor"} & set(sys.argv[1:2]):
    raise SystemExit("\n".join(f"newscrawl: {error}" for error in ENVIRONMENT_ERRORS))
