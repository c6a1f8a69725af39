"""Main loop of a parse worker: jobs from stdin, results to stdout, within its limits.

Jobs arrive as MessagePack, results are sent as JSON, which keeps the offset of timestamps. Each
message is preceded by its length.
"""

import logging
import math
import os
import signal
import sys
from contextlib import suppress
from functools import cache
from typing import BinaryIO, Generic, Protocol, TypeVar

import msgspec

from newscrawl.aggregator.sites import SITES, Site
from newscrawl.articles.garbage_collection import collect_less_often
from newscrawl.articles.parse_jobs import AnyJob, import_parsers
from newscrawl.errors import ParserMemoryError
from newscrawl.extraction.rules import RuleBook

logger = logging.getLogger(__name__)

Result = TypeVar("Result")
ResultOut = TypeVar("ResultOut", covariant=True)

SIZE = 4
"""Bytes of a message's length."""

_ALARM_SECONDS = 5
"""Time after a page's deadline when a worker whose crawl was killed ends by itself."""

_WORN = 2 / 3
"""Share of its address space that a worker may use between two pages: usually less than half is
used, and a real page takes less than 100 MB."""


class Job(Protocol[ResultOut]):
    """Protocol of a parse job; implemented by the classes in ``newscrawl.articles.parse_jobs``."""

    @property
    def url(self) -> str:
        """URL of the page."""

    @property
    def result(self) -> type[ResultOut]:
        """Type of its result."""

    def read(self, site: Site, rules: RuleBook) -> ResultOut:
        """Parse it."""

    def lost(self, why: str) -> ResultOut:
        """Return the result of a page that cannot be parsed."""


class Limits(msgspec.Struct, frozen=True):
    """Memory and time limits for parsing one page."""

    memory_mb: int = 600
    """Address space of a worker in MB, where the platform can limit it; 0 for no limit."""
    seconds: float = 10
    """Deadline of a page."""


class WorkerSetup(msgspec.Struct):
    """First message to a worker: site, learned rules and limits."""

    site: str
    """Name of the aggregator."""
    rules: bytes
    """Learned rules, as JSON Lines."""
    limits: Limits
    """Limits of each page."""


class WorkerReply(msgspec.Struct, Generic[Result]):
    """A worker's reply to a job: the result, or why there is none, and log entries."""

    result: Result | None = None
    """The result, if any."""
    why: str = ""
    """Why there is no result."""
    exceeded: bool = False
    """Whether the page hit the memory limit."""
    worn: bool = False
    """Whether the process must be replaced, as it has too little memory left for another page."""
    log: list[tuple[str, int, str]] = []
    """Logger, level and message of each log entry about the page."""


def run_job(
    job: Job[Result], site: Site, rules: RuleBook, log: list[tuple[str, int, str]]
) -> WorkerReply[Result]:
    """Parse a page.

    Raises:
        MemoryError: the memory limit is hit.
    """
    try:
        return WorkerReply(job.read(site, rules), log=log)
    except MemoryError:
        raise
    except Exception as error:
        # A bug on an unforeseen page; it is logged with its traceback.
        logger.exception("%s could not be parsed", job.url)
        return WorkerReply(why=f"{type(error).__name__}: {error}"[:200], log=log)


def serve() -> None:
    """Parse the pages that a crawl sends on stdin, until it ends."""
    # Outside the file's context, as closing flushes it.
    with suppress(BrokenPipeError), os.fdopen(os.dup(1), "wb") as output:
        os.dup2(2, 1)  # output of libraries must not mix with results
        _serve(sys.stdin.buffer, output)


class _LogEntries(logging.Handler):
    """Log handler that collects a page's log entries, to be sent to the crawl."""

    def __init__(self) -> None:
        super().__init__()
        self.entries: list[tuple[str, int, str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Collect an entry, with its traceback."""
        self.entries.append((record.name, record.levelno, self.format(record)))


def _serve(jobs: BinaryIO, output: BinaryIO) -> None:
    if not (message := _receive(jobs)):
        return
    hello = msgspec.msgpack.decode(message, type=WorkerSetup)
    site, rules, limits = SITES[hello.site], RuleBook.of_lines(hello.rules), hello.limits
    import_parsers()
    limit_memory(limits.memory_mb)
    collect_less_often()
    log = _LogEntries()
    logging.root.addHandler(log)
    decode = msgspec.msgpack.Decoder(AnyJob).decode
    encode = msgspec.json.Encoder().encode
    _send(output, b"")
    while message := _receive(jobs):
        # Ends a worker whose crawl was killed in the meantime, even within C code.
        _alarm(math.ceil(limits.seconds) + _ALARM_SECONDS)
        try:
            response = run_job(decode(message), site, rules, log.entries)
            response.worn = _is_worn(limits.memory_mb)
            sent = encode(response)
        except ParserMemoryError:
            sent = encode(WorkerReply(exceeded=True, worn=_is_worn(limits.memory_mb)))
        except MemoryError:  # anywhere else, it may interrupt an operation
            sent = encode(WorkerReply(exceeded=True, worn=True))
        except (msgspec.MsgspecError, UnicodeError) as error:  # cannot be sent
            sent = encode(WorkerReply(why=f"{type(error).__name__}: {error}"[:200]))
        _alarm(0)
        log.entries.clear()
        _send(output, sent)


def _receive(stream: BinaryIO) -> bytes:
    """Return the next message; empty at the end, or if a kill has cut it."""
    size = int.from_bytes(stream.read(SIZE), "big")
    message = stream.read(size)
    return message if len(message) == size else b""


def _send(stream: BinaryIO, message: bytes) -> None:
    stream.write(len(message).to_bytes(SIZE, "big") + message)
    stream.flush()


def _alarm(seconds: int) -> None:
    if hasattr(signal, "alarm"):
        signal.alarm(seconds)


def limit_memory(megabytes: int) -> None:
    """Limit the address space of this process, where the platform can, and write no core files."""
    try:
        import resource
    except ImportError:
        return
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if megabytes:
        size = megabytes * 1024 * 1024
        try:
            resource.setrlimit(resource.RLIMIT_AS, (size, size))
        except (ValueError, OSError) as error:
            logger.warning("A page's memory cannot be limited to %d MB: %s", megabytes, error)


def _is_worn(megabytes: int) -> bool:
    """Whether this process uses most of its address space between two pages.

    ``False`` if there is no limit, or the system does not report it.
    """
    if not megabytes:
        return False
    try:
        report = _memory_report()
        pages = int(os.pread(report, _MEMORY_REPORT_BYTES, 0).split()[0])
        held = pages * os.sysconf("SC_PAGESIZE")
    except (OSError, ValueError):
        return False
    return held > _WORN * megabytes * 1024 * 1024


_MEMORY_REPORT_BYTES = 200


@cache
def _memory_report() -> int:
    """Return a descriptor of the system's report on this process's memory, opened once.

    Raises:
        OSError: there is no such report.
    """
    return os.open("/proc/self/statm", os.O_RDONLY)
