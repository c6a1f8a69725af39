"""Reads pages for a crawl: within its process, or in one of their own beside it (``READ_APART``).

Pages are read one after the other in the order in which they are begun, as each may teach how to
read the next; so the records are the same either way. In a process of its own, a page that brings
the parser down, or keeps it busy without end, costs its own article alone.
"""

import asyncio
import logging
import os
import pickle
import subprocess
import sys
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from fcntl import F_SETPIPE_SZ, fcntl
from signal import Signals
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol, TypeVar

from newscrawl import assembly
from newscrawl.errors import PageError, ReaderError
from newscrawl.extraction import RuleBook
from newscrawl.garbage import collect_seldom
from newscrawl.items import Article
from newscrawl.network.grammar import ArticleKey
from newscrawl.network.sites import SITES, Site
from newscrawl.urls import registered_domain

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings

    from newscrawl.network.article import AggregatorPage

logger = logging.getLogger(__name__)

AHEAD = 12
"""Pages of a line that the other process has before the first is read, so that it never waits; each
is held in memory."""

_START_SECONDS = 60
"""What the other process has to begin."""

_END_SECONDS = 5
"""What it has to end by itself."""

_PIPE = 1024 * 1024
"""Bytes on the way to it: several pages, so that it has some while the crawl is at other things."""

_SIZE = 4
"""Bytes that tell how long an answer of it is."""

_SERVE = """
import sys
sys.modules["scrapy"] = None
from newscrawl.reading import serve
serve()
"""
"""What it runs. The item loaders' library would import Scrapy, whose items none of ours are: 25 MB,
and more than half of the time to begin."""


Read = TypeVar("Read", covariant=True)


class Job(Protocol[Read]):
    """A page to be read."""

    @property
    def url(self) -> str:
        """Where it stands."""

    def read(self, site: Site, rules: RuleBook) -> Read:
        """What it says; an outlet's rules may learn from it."""

    def lost(self, why: str) -> Read:
        """What is to be said of it if it cannot be read."""


@dataclass(slots=True)
class ReadCopy:
    """What an aggregator's page says of its article, or why it is no such page."""

    page: "AggregatorPage | None" = None
    links: list[ArticleKey] = field(default_factory=list)
    """The other articles that it leads to, if they are asked for."""
    why: str = ""


@dataclass(slots=True)
class CopyJob:
    """An aggregator's page of an article."""

    url: str
    body: bytes
    content_type: str | None
    links: bool
    """Whether it is asked where the page leads to."""

    def read(self, site: Site, rules: RuleBook) -> ReadCopy:  # noqa: ARG002 - a job's signature
        """Read it."""
        # Commands that only list the spiders do without it.
        from newscrawl.network.article import read_article

        try:
            page = read_article(self.body, self.url, self.content_type)
        except PageError as error:
            return self.lost(f"expected {error.expected}")
        return ReadCopy(page.alone(), page.links if self.links else [])

    def lost(self, why: str) -> ReadCopy:
        """Nothing is known of it."""
        return ReadCopy(why=why)


@dataclass(slots=True)
class ReadSource:
    """A record with what its source's page says."""

    article: Article
    domain: str | None = None
    """The outlet whose rules the page may have taught; ``None`` if nothing was read."""
    taught: bytes = b""
    """All that the outlet has taught so far, as JSON Lines."""


@dataclass(slots=True)
class SourceJob:
    """An outlet's page, and the record that it is read for."""

    url: str
    body: bytes
    content_type: str | None
    article: Article

    def read(self, site: Site, rules: RuleBook) -> ReadSource:
        """Complete the record."""
        assembly.read_source(self.article, self.body, self.url, site, self.content_type, rules)
        domain = registered_domain(self.url)
        return ReadSource(self.article, domain, rules.taught(domain) if domain else b"")

    def lost(self, why: str) -> ReadSource:
        """The record with its copy alone."""
        assembly.without_source(self.article, "unreadable", why)
        return ReadSource(self.article)


class Reader(Protocol):
    """Reads pages."""

    ahead: int
    """Pages that may be begun before the first of them is done."""

    def begin(self, job: Job[Read]) -> "asyncio.Future[Read]":
        """Read a page after those begun before it."""

    async def close(self) -> None:
        """No page is begun any more; what is not done is given up."""


class ReaderWithin:
    """Reads each page at once.

    Args:
        site: The aggregator.
        rules: What its outlets have taught.
    """

    ahead = 1

    def __init__(self, site: Site, rules: RuleBook) -> None:
        self._site = site
        self._rules = rules

    def begin(self, job: Job[Read]) -> "asyncio.Future[Read]":
        """Read a page."""
        done: asyncio.Future[Read] = asyncio.get_running_loop().create_future()
        try:
            done.set_result(job.read(self._site, self._rules))
        except Exception as error:  # noqa: BLE001 - for who waits for the page
            done.set_exception(error)
        return done

    async def close(self) -> None:
        """There is nothing to end."""


class ReaderApart:
    """Has pages read by a process of its own, which is begun with the first of them.

    If that ends, another goes on, which knows what the outlets have taught until then. A page at
    which two have ended, or one has been for too long, is lost.

    Args:
        site: The aggregator.
        rules: What its outlets have taught; kept up to date.
        seconds: Longest that a page may take.
    """

    ahead = AHEAD

    def __init__(self, site: Site, rules: RuleBook, seconds: float) -> None:
        self._site = site
        self._rules = rules
        self._seconds = seconds
        self._begun: deque[tuple[Job[Any], asyncio.Future[Any]]] = deque()
        self._more = asyncio.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._writer: asyncio.WriteTransport | None = None
        self._task: asyncio.Task[None] | None = None

    def begin(self, job: Job[Read]) -> "asyncio.Future[Read]":
        """Send a page to the process.

        The result raises ``ReaderError`` if there can be none.
        """
        if self._task is None:
            self._task = asyncio.ensure_future(self._listen())
            self._task.add_done_callback(self._give_up)
        done: asyncio.Future[Read] = asyncio.get_running_loop().create_future()
        self._begun.append((job, done))
        self._more.set()
        if self._writer:
            self._writer.write(pickle.dumps(job))
        elif self._task.done():
            self._give_up(self._task)
        return done

    async def close(self) -> None:
        """End the process."""
        if self._task and self._task.cancel():
            with suppress(asyncio.CancelledError):
                await self._task
        await self._end(_END_SECONDS)

    async def _listen(self) -> None:
        """Take the readings as they come."""
        answers = await self._start()
        tries = 1
        while True:
            while not self._begun:
                self._more.clear()
                await self._more.wait()
            try:
                async with asyncio.timeout(self._seconds):
                    read, told = await _received(answers)
            except (TimeoutError, EOFError, OSError) as error:
                late = isinstance(error, TimeoutError)
                code = await self._end(0 if late else _END_SECONDS)
                if late or tries > 1:
                    self._lose(f"not read in {self._seconds:g} s" if late else code)
                tries = 1 if late or tries > 1 else 2
                answers = await self._start()
            else:
                tries = 1
                for name, level, message in told:
                    logging.getLogger(name).log(level, "%s", message)
                if isinstance(read, ReadSource) and read.domain:
                    self._rules.learn(read.domain, read.taught)
                self._answer(read)

    def _lose(self, why: str) -> None:
        """Go on without the page that was begun first."""
        job, _ = self._begun[0]
        logger.error("%s could not be read: %s", job.url, why)
        self._answer(job.lost(why))

    def _answer(self, read: Any) -> None:
        """Give what was read of the page that was begun first."""
        _, done = self._begun.popleft()
        if not done.done():  # who waited for it may have been cancelled
            done.set_result(read)

    def _give_up(self, task: "asyncio.Task[None]") -> None:
        """No page can be read any more."""
        if not task.cancelled() and (error := task.exception()):
            failed = error if isinstance(error, ReaderError) else ReaderError(f"{error!r}")
            while self._begun:
                self._begun.popleft()[1].set_exception(failed)

    async def _start(self) -> asyncio.StreamReader:
        """Begin a process that knows what was taught, and send it what it has to read.

        Raises:
            ReaderError: it does not begin.
        """
        self._process = process = subprocess.Popen(  # noqa: S603 - nothing of it is given
            [sys.executable, "-c", _SERVE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # An interrupt from the terminal is for the crawl alone, which ends this one.
            process_group=0,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        )
        assert process.stdin
        with suppress(OSError):  # more than the system allows: it only makes the process wait
            fcntl(process.stdin, F_SETPIPE_SZ, _PIPE)
        loop = asyncio.get_running_loop()
        answers = asyncio.StreamReader()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(answers), process.stdout)
        writer, _ = await loop.connect_write_pipe(asyncio.BaseProtocol, process.stdin)
        self._writer = writer
        writer.write(pickle.dumps((self._site.name, self._rules.export())))
        for job, _ in self._begun:
            writer.write(pickle.dumps(job))
        try:
            async with asyncio.timeout(_START_SECONDS):
                await _received(answers)
        except (TimeoutError, EOFError, OSError):
            how = await self._end(1)
            raise ReaderError(f"no process that reads pages can be begun: {how}") from None
        return answers

    async def _end(self, seconds: float) -> str:
        """End the process, unless it does so within some seconds; how it ended."""
        if self._writer:
            self._writer.close()
            self._writer = None
        return await asyncio.to_thread(_ended, self._process, seconds) if self._process else ""


def _ended(process: subprocess.Popen[bytes], seconds: float) -> str:
    try:
        code = process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        code = process.wait()
    by = f" by {Signals(-code).name}" if code < 0 else f", exit code {code}"
    return f"its reader was ended{by}"


async def _received(stream: asyncio.StreamReader) -> Any:
    """What the other process sends next.

    Raises:
        EOFError: it has ended.
        OSError: the same.
    """
    size = int.from_bytes(await stream.readexactly(_SIZE))
    return pickle.loads(await stream.readexactly(size))  # noqa: S301 - our own process


def reader_of(settings: "BaseSettings", site: Site, rules: RuleBook) -> Reader:
    """A reader as ``READ_APART`` and ``READ_SECONDS`` say."""
    if settings.getbool("READ_APART"):
        return ReaderApart(site, rules, settings.getfloat("READ_SECONDS"))
    return ReaderWithin(site, rules)


# --- In the other process ------------------------------------------------------------------------


class _Told(logging.Handler):
    """Gathers what is logged about a page."""

    def __init__(self) -> None:
        super().__init__()
        self.entries: list[tuple[str, int, str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Take an entry, with its traceback."""
        self.entries.append((record.name, record.levelno, self.format(record)))


def serve() -> None:
    """Read the pages that a crawl sends on stdin, until it ends.

    The name of the site and the rules come first, then jobs; each is answered on stdout by what was
    read, and what is to be logged. All are pickled.
    """
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever is printed is no answer
    collect_seldom()
    told = _Told()
    logging.root.addHandler(told)
    with suppress(BrokenPipeError), answers:
        for read in _served(sys.stdin.buffer):
            answer = pickle.dumps((read, told.entries))
            told.entries.clear()
            answers.write(len(answer).to_bytes(_SIZE) + answer)
            answers.flush()


def _served(jobs: BinaryIO) -> Iterator[Any]:
    """What is read for each job that comes; before, something to say that all is ready."""
    name, lines = pickle.load(jobs)  # noqa: S301 - the crawl's own
    rules = RuleBook.of_lines(lines)
    yield None
    with suppress(EOFError, pickle.UnpicklingError):  # the crawl has ended, or was killed
        while True:
            job: Job[Any] = pickle.load(jobs)  # noqa: S301 - as above
            try:
                yield job.read(SITES[name], rules)
            except Exception as error:
                # A fault of our own on a page nobody foresaw; it is told loudly.
                logger.exception("%s could not be read", job.url)
                yield job.lost(f"{type(error).__name__}: {error}"[:200])
