"""The project's Scrapy commands, and its variants of Scrapy's own.

Scrapy imports this package before it runs any command. Errors in the environment end every command
except ``scrapy crawl`` and ``scrapy doctor``, which report them themselves.
"""

import atexit
import os
import select
import sys
from types import TracebackType

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


def _is_read() -> bool:
    """Return whether the reader of the output, such as ``head``, has not ended yet."""
    output = select.poll()
    output.register(1, 0)
    return not any(event & select.POLLERR for _, event in output.poll(0))


def _end_output() -> None:
    """Discard output that nobody reads, which Python would report as an error at its end."""
    if not _is_read():
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def _report_error(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """Print an error that ends the program, unless it is that nobody reads the output."""
    if not isinstance(error, BrokenPipeError) or _is_read():
        sys.__excepthook__(kind, error, trace)


_open_standard_streams()
atexit.register(_end_output)
sys.excepthook = _report_error
if ENVIRONMENT_ERRORS and not {"crawl", "doctor"} & set(sys.argv[1:2]):
    raise SystemExit("\n".join(f"newscrawl: {error}" for error in ENVIRONMENT_ERRORS))
