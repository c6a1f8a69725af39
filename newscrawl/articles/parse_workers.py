"""Pool of worker processes that parse untrusted pages, with memory and time limits.

A worker parses one page at a time, so that a crash or timeout is attributed to that page. A few
more are sent ahead, so that it does not wait for the crawl between two pages. Jobs
and results are decoded into their declared types and nothing is unpickled, so that a worker that a
page has taken over cannot run code in the crawl.

All pages of a run are parsed with the rules known when it began.
"""

import asyncio
import logging
import os
import signal
import sys
from collections import deque
from collections.abc import Hashable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, BinaryIO, Generic, Protocol, TypeVar, cast

import msgspec

from newscrawl.aggregator.sites import Site
from newscrawl.articles.worker_process import SIZE, Job, Limits, WorkerReply, WorkerSetup, run_job
from newscrawl.errors import ParserError
from newscrawl.extraction.rules import RuleBook

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings

logger = logging.getLogger(__name__)

Result = TypeVar("Result")

_RETRIES = 2
"""Times that a page is parsed again after its worker died: it may have been killed from outside."""

_STARTS = 5
"""Consecutive failed starts after which no worker is started any more."""

_START_SECONDS = 60
"""Maximum time for a worker to start."""

_AHEAD = 3
"""Pages that are sent to a worker before it has parsed the ones sent earlier."""

_PIPE_BYTES = 1024 * 1024
"""Size of the pipe to a worker, where it can be set: it holds a page as a whole, which would
otherwise be written piece by piece by the event loop."""

_DYING_SECONDS = 1
"""Maximum time for a process to end once it has closed its output."""

_MAX_RESULT = 64 * 1024 * 1024
"""Largest result, in bytes: a compromised worker must not fill the crawl's memory."""

_SERVE = """
import sys
sys.path[:] = sys.argv[1:]
sys.modules["scrapy"] = sys.modules["pydantic"] = None
from newscrawl.articles.worker_process import serve
serve()
"""
"""Program of a worker. The item loaders' library would import Scrapy and pydantic, whose items are
not used: more than half of the memory and of the time to start."""


class Parser(Protocol):
    """Interface of page parsers: a worker pool, or in-process for debugging."""

    def begin(self, job: Job[Result]) -> "asyncio.Future[Result]":
        """Parse a page; results may come in any order."""

    async def close(self) -> None:
        """Stop parsing; unfinished pages are abandoned."""


def parser_of(settings: "BaseSettings", site: Site, rules: RuleBook) -> Parser:
    """Return the parser configured by ``PARSE_WORKERS`` and the other settings.

    Args:
        settings: The crawl's.
        site: The aggregator.
        rules: The learned rules of its outlets; not changed.
    """
    for old, new in (("READ_APART", "PARSE_WORKERS"), ("READ_SECONDS", "PARSE_SECONDS")):
        if settings.get(old) is not None:
            logger.warning("%s has no effect: it was replaced by %s", old, new)
    workers = settings.getint("PARSE_WORKERS")
    if not workers:
        return InProcessParser(site, rules)
    return ParserPool(site, rules, workers, limits_of(settings))


def limits_of(settings: "BaseSettings") -> Limits:
    """Return the limits of a page, by ``PARSE_MEMORY_MB`` and ``PARSE_SECONDS``."""
    return Limits(settings.getint("PARSE_MEMORY_MB"), settings.getfloat("PARSE_SECONDS"))


class InProcessParser:
    """Parser that runs in the crawl's own process, without limits: for debugging.

    Args:
        site: The aggregator.
        rules: The learned rules of its outlets; not changed.
    """

    def __init__(self, site: Site, rules: RuleBook) -> None:
        self._site = site
        self._rules = rules

    def begin(self, job: Job[Result]) -> "asyncio.Future[Result]":
        """Parse a page."""
        done: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        response = run_job(job, self._site, self._rules, [])
        result = job.lost(response.why) if response.result is None else response.result
        done.set_result(result)
        return done

    async def close(self) -> None:
        """Do nothing: there is no process to stop."""


class _WorkerDiedError(Exception):
    """A worker process ended before its message was complete."""


_encode = msgspec.msgpack.Encoder().encode


@cache
def _decoder(result: Hashable) -> "msgspec.json.Decoder[WorkerReply[Any]]":
    return msgspec.json.Decoder(WorkerReply[result])  # type: ignore[valid-type]


class _Worker:
    """One worker process: started on demand, given jobs, and replaced when it has ended."""

    def __init__(self, hello: WorkerSetup) -> None:
        self._hello = _encode(hello)
        self._process: asyncio.subprocess.Process | None = None
        self._jobs: asyncio.WriteTransport | None = None
        self.pages: deque[_Page[Any]] = deque()
        """The page that is parsed, and those to be parsed next."""
        self._sent = 0  # how many of them the process has been sent

    @property
    def is_alive(self) -> bool:
        """Whether the process can be given a page."""
        return self._process is not None and self._process.returncode is None

    async def start(self) -> None:
        """Start a process, and wait until it is ready.

        Raises:
            OSError: it cannot be started.
            TimeoutError: it is not ready in time.
            _WorkerDiedError: it ended instead.
        """
        jobs, jobs_in = _pipe()
        with jobs:
            self._jobs, _ = await asyncio.get_running_loop().connect_write_pipe(
                asyncio.BaseProtocol, jobs_in
            )
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-c", _SERVE, *sys.path),
                stdin=jobs,
                stdout=asyncio.subprocess.PIPE,
                # OpenBLAS reserves 40 MB of address space for each thread.
                env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
                # An interrupt from the terminal is meant for the crawl, which ends its workers
                # itself.
                process_group=0 if os.name == "posix" else None,
            )
        async with asyncio.timeout(_START_SECONDS):
            self._send(self._hello)
            await self._receive()
        self.send_pages()

    def forget_first(self) -> None:
        """Forget the page that was parsed."""
        self.pages.popleft()
        self._sent = max(0, self._sent - 1)

    def send_pages(self) -> None:
        """Send the process the pages that it has not been sent."""
        if self.is_alive:
            while self._sent < len(self.pages):
                self._send(self.pages[self._sent].message)
                self._sent += 1

    async def result(self, seconds: float) -> bytes:
        """Return the process's response to the first of its pages.

        Raises:
            TimeoutError: the response does not arrive in time.
            _WorkerDiedError: the process ended instead.
        """
        deadline = asyncio.get_running_loop().call_later(seconds, self._kill)
        try:
            # A result that was sent in time is received even if the process is killed.
            return await self._receive()
        except _WorkerDiedError as error:
            if asyncio.get_running_loop().time() >= deadline.when():
                raise TimeoutError from error
            raise
        finally:
            deadline.cancel()

    async def end(self, seconds: float = 0) -> str:
        """End the process, and describe how it ended.

        Args:
            seconds: Time in which a dying process may end by itself. Killing it sooner would make
                asyncio miss its exit code.
        """
        process, self._process = self._process, None
        jobs, self._jobs = self._jobs, None
        self._sent = 0
        try:
            return await _ended(process, seconds) if process else "not started"
        finally:  # after the kill: at the end of its jobs, the process would exit by itself
            if jobs and not jobs.is_closing():
                jobs.abort()

    def _kill(self) -> None:
        assert self._process
        with suppress(ProcessLookupError):
            self._process.kill()

    def _send(self, message: bytes) -> None:
        assert self._jobs
        self._jobs.write(len(message).to_bytes(SIZE, "big") + message)

    async def _receive(self) -> bytes:
        assert self._process
        results = self._process.stdout
        assert results
        try:
            size = int.from_bytes(await results.readexactly(SIZE), "big")
            if size > _MAX_RESULT:
                raise _WorkerDiedError(f"sent {size} bytes")
            return await results.readexactly(size)
        except (EOFError, OSError) as error:
            raise _WorkerDiedError from error


async def _ended(process: asyncio.subprocess.Process, seconds: float) -> str:
    """Kill a process that does not end in time, and describe how it ended."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await process.wait()
    if process.returncode is None:
        with suppress(ProcessLookupError):
            process.kill()
    await process.communicate()
    code = process.returncode or 0
    return f"died of {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"


def _pipe() -> tuple[BinaryIO, BinaryIO]:
    """Return the ends of a new pipe, to read from and to write to."""
    reading, writing = os.pipe()
    with suppress(ImportError, AttributeError, OSError):  # Linux only, within the user's limit
        import fcntl

        fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
    return os.fdopen(reading, "rb"), os.fdopen(writing, "wb")


@dataclass(slots=True, eq=False)
class _Page(Generic[Result]):
    """A parse job, as sent to a worker, and the future of its result."""

    job: Job[Result]
    message: bytes
    done: "asyncio.Future[Result]"


def _lost(job: Job[Result], error: Exception) -> Result:
    """Log a fault of our own; return the result of the page that it costs."""
    logger.error("%s could not be parsed", job.url, exc_info=error)
    return job.lost(f"{type(error).__name__}: {error}"[:200])


class ParserPool:
    """Pool of worker processes that parse pages; they start with the first page.

    A worker that dies or misses a deadline is replaced. Its page is parsed again up to
    twice after a death, and never after a deadline; waiting pages are not affected.

    Args:
        site: The aggregator.
        rules: The learned rules of its outlets; not changed.
        workers: Number of worker processes.
        limits: Limits of a page.
    """

    def __init__(self, site: Site, rules: RuleBook, workers: int, limits: Limits) -> None:
        self._hello = WorkerSetup(site.name, rules.export(), limits)
        self._limits = limits
        self._workers = workers
        self._waiting: asyncio.Queue[_Page[Any]] = asyncio.Queue()
        self._tasks: list[asyncio.Task[None]] = []
        self._busy: list[_Worker] = []
        self._idle = 0  # workers without a page
        self._failed_starts = 0
        self._broken: ParserError | None = None

    def begin(self, job: Job[Result]) -> "asyncio.Future[Result]":
        """Give a page to the next free worker.

        The result raises ``ParserError`` if no worker can be started.
        """
        done: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        try:
            message = _encode(job)
        except Exception as error:  # noqa: BLE001 - a job that cannot be sent costs its page alone
            done.set_result(_lost(job, error))
            return done
        self._waiting.put_nowait(_Page(job, message, done))
        if self._broken:
            self._give_up_waiting()
        elif len(self._tasks) < self._workers:
            self._idle += 1
            self._tasks.append(asyncio.ensure_future(self._work()))
        elif self._busy:
            self._send_ahead(min(self._busy, key=lambda worker: len(worker.pages)))
        return done

    async def close(self) -> None:
        """Stop the workers; pages that are not done are cancelled."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._give_up_waiting()

    async def _work(self) -> None:
        """Parse waiting pages with one worker, until the pool is closed or broken."""
        worker = _Worker(self._hello)
        try:
            while not self._broken:
                worker.pages.append(await self._waiting.get())
                self._idle -= 1
                self._busy.append(worker)
                while worker.pages and not self._broken:
                    self._send_ahead(worker)
                    await self._parse_first(worker)
                self._busy.remove(worker)
                self._idle += 1
        finally:
            for page in worker.pages:
                self._give_up(page)
            await worker.end()

    def _send_ahead(self, worker: _Worker) -> None:
        """Send a busy worker waiting pages that no idle one will take."""
        while len(worker.pages) <= _AHEAD and self._waiting.qsize() > self._idle:
            worker.pages.append(self._waiting.get_nowait())
        worker.send_pages()

    async def _parse_first(self, worker: _Worker) -> None:
        """Wait for the result of a worker's first page."""
        page = worker.pages[0]
        try:
            result = await self._parse(worker, page)
        except ParserError:
            return  # the pool is broken
        except Exception as error:  # noqa: BLE001 - a fault of our own costs this page alone
            result = _lost(page.job, error)
        worker.forget_first()
        if not page.done.done():  # it may have been cancelled
            page.done.set_result(result)

    def _give_up(self, page: _Page[Any]) -> None:
        """Fail a page if the pool is broken, else cancel it."""
        if page.done.done():
            return
        if self._broken:
            page.done.set_exception(self._broken)
        else:
            page.done.cancel()

    async def _parse(self, worker: _Worker, page: _Page[Result]) -> Result:
        """Return the result of a page, which is lost if it breaks a limit.

        Raises:
            ParserError: no worker can be started.
        """
        job, why = page.job, ""
        for _ in range(1 + _RETRIES):
            await self._start(worker)
            try:
                sent = await worker.result(self._limits.seconds)
                response: WorkerReply[Result] = _decoder(cast("Hashable", job.result)).decode(sent)
            except TimeoutError:
                await worker.end()
                why = f"parser exceeded {self._limits.seconds:g} s"
                break
            except msgspec.DecodeError as error:
                await worker.end()
                why = f"parser sent an invalid result: {error}"
                break
            except _WorkerDiedError as error:
                why = f"parser {error if str(error) else await worker.end(_DYING_SECONDS)}"
                await worker.end()
                logger.warning("%s: %s", job.url, why)
                continue
            for name, level, text in response.log:
                logging.getLogger(name).log(level, "%s", text)
            if response.worn:
                await worker.end()
            if response.exceeded:
                why = f"parser exceeded {self._limits.memory_mb} MB"
                break
            if response.result is not None:
                return response.result
            why = response.why
            break
        logger.warning("%s could not be parsed: %s", job.url, why)
        return job.lost(why)

    async def _start(self, worker: _Worker) -> None:
        """Make sure that a worker is alive.

        Raises:
            ParserError: none can be started.
        """
        while not worker.is_alive:
            if self._broken:
                raise self._broken
            await worker.end()
            try:
                await worker.start()
            except (OSError, TimeoutError, _WorkerDiedError) as error:
                how = await worker.end(_DYING_SECONDS)
                self._failed_starts += 1
                if self._failed_starts >= _STARTS:
                    reason = error if isinstance(error, OSError) else f"it {how}"
                    self._broken = ParserError(f"no parse worker can be started: {reason}")
                    self._give_up_waiting()
                    raise self._broken from error
                await asyncio.sleep(0.1 * 2**self._failed_starts)
            else:
                self._failed_starts = 0

    def _give_up_waiting(self) -> None:
        """Give up the pages that no worker will take."""
        while not self._waiting.empty():
            self._give_up(self._waiting.get_nowait())
