"""The project's Scrapy commands, and its variants of Scrapy's own.

Scrapy imports this package before it runs any command. Errors in the environment end every command
except ``scrapy crawl`` and ``scrapy doctor``, which report them themselves.
"""

import os
import sys

from newscrawl.settings import ENVIRONMENT_ERRORS


def _open_standard_streams() -> None:
    """Make sure that standard input, output and error are open.

    A program may be started without them. The next opened file, such as the ledger, would get their
    file descriptor, and output of workers and libraries to standard error would be written to it.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest free descriptor
    sys.stdout = sys.stdout or open(1, "w", closefd=False)  # noqa: SIM115 - stays open
    sys.stderr = sys.stderr or open(2, "w", closefd=False)  # noqa: SIM115 - stays open


_open_standard_streams()
if ENVIRONMENT_ERRORS and not {"crawl", "doctor"} & set(sys.argv[1:2]):
    raise SystemExit("\n".join(f"newscrawl: {error}" for error in ENVIRONMENT_ERRORS))
