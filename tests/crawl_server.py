"""Crawls in processes that are forked from one with everything imported, so that they start fast.

The clock of such a process can be set: it starts at another time and runs on from there.
"""

import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self


class CrawlServer:
    """The process that the others are forked from, while the context is open."""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.crawl_server"],
            cwd=Path(__file__).parent.parent,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(timeout=60)

    def start(
        self, arguments: list[str], environment: dict[str, str], log: Path, days: float
    ) -> int:
        """Start a Scrapy command and return its process id.

        Args:
            arguments: Of ``scrapy``.
            environment: Variables that are added.
            log: Where its output is written.
            days: How far its clock is ahead.
        """
        assert self._process.stdin
        job = {"argv": arguments, "env": environment, "log": str(log), "days": days}
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        return int(self._line())

    def wait(self) -> int:
        """Wait for the end of the command and return its exit code, or minus its signal."""
        return int(self._line())

    def _line(self) -> str:
        assert self._process.stdout
        return self._process.stdout.readline()


def _serve() -> None:
    """Fork a process for each line of standard input."""
    import scrapy.cmdline
    import scrapy.crawler  # noqa: F401

    import newscrawl.extensions.report
    import newscrawl.middlewares.archive
    import newscrawl.pipelines.versions
    import newscrawl.spiders.base  # noqa: F401

    for line in sys.stdin:
        child = os.fork()
        if not child:
            _run(**json.loads(line))
        _tell(child)
        _tell(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


def _tell(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


def _run(argv: list[str], env: dict[str, str], log: str, days: float) -> Any:
    """Run a Scrapy command; never returns."""
    import scrapy.cmdline
    import time_machine

    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for stream in (1, 2):
        os.dup2(output, stream)
    os.close(0)
    os.environ.update(env)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if days:
        time_machine.travel(datetime.now(UTC) + timedelta(days=days), tick=True).start()
    code: Any = 1
    try:
        scrapy.cmdline.execute(["scrapy", *argv])
    except SystemExit as end:
        code = end.code
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else 0 if code is None else 1)


if __name__ == "__main__":
    _serve()
