"""Scrapy commands in processes that are forked from one with everything imported.

They have a process id, environment, working directory, output and exit code of their own, like
processes that are started, but begin to work much sooner. Their clocks can be set.

A command is started from nothing if it is not one of Scrapy, or if its environment changes how
Python starts.
"""

import atexit
import gc
import importlib
import json
import os
import pkgutil
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).parent.parent
SCRAPY = [sys.executable, "-m", "scrapy"]

_AT_START = ("PYTHON", "LD_", "DYLD_", "LC_", "LANG")
"""Prefixes of the environment variables that Python, its loader and the C library read at start."""

_MODULES = (
    "cryptography.hazmat.backends.openssl",
    "rensa",
    "scrapy.cmdline",
    "scrapy.core.downloader.handlers.http11",
    "scrapy.core.engine",
    "scrapy.crawler",
    "scrapy.dupefilters",
    "scrapy.extensions.closespider",
    "scrapy.extensions.logstats",
    "scrapy.extensions.memusage",
    "scrapy.logformatter",
    "scrapy.squeues",
    "time_machine",
    "twisted.internet.asyncioreactor",
)
_PACKAGES = (
    "newscrawl",
    "scrapy.commands",
    "scrapy.downloadermiddlewares",
    "scrapy.spidermiddlewares",
)
_NEVER = ("newscrawl.settings", "newscrawl.commands", "newscrawl.console")
"""Modules that read the environment when they are imported."""


class Process:
    """Forked command with the interface of ``subprocess.Popen``."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._lines = control.makefile("rb")
        self.pid = int(self._lines.readline())
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Return the exit code, or minus the signal, or None while the command runs."""
        try:
            return self.wait(0)
        except subprocess.TimeoutExpired:
            return None

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end and return the exit code, or minus the signal.

        Raises:
            subprocess.TimeoutExpired: The command still runs after so many seconds.
        """
        if self.returncode is None:
            if not select.select([self._control], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(SCRAPY, timeout or 0)
            self.returncode = int(self._lines.readline())
            self._lines.close()
            self._control.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal if the command runs."""
        if self.returncode is None:
            with suppress(ProcessLookupError):  # it has ended
                os.kill(self.pid, number)

    def kill(self) -> None:
        """Kill the command if it runs."""
        self.send_signal(signal.SIGKILL)


Running = Process | subprocess.Popen[bytes]


def start(
    command: Sequence[str | Path],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    stdout: int | IO[Any] | None = None,
    stderr: int | IO[Any] | None = None,
    days: float = 0,
) -> Running:
    """Start a command.

    Args:
        command: Its command line.
        env: Its environment variables, if not those of the tests.
        cwd: Its working directory, if not that of the tests.
        stdout: A file, a file descriptor or ``DEVNULL``, if not the standard output of the tests.
        stderr: The same, or ``STDOUT``.
        days: How far its clock is ahead.
    """
    environment = dict(os.environ if env is None else env)
    if list(command[:3]) != SCRAPY or _at_start(environment) != _USUAL:
        assert not days, "the clock of a new process cannot be set"
        return subprocess.Popen(command, env=environment, cwd=cwd, stdout=stdout, stderr=stderr)
    with open(os.devnull, "r+b") as nothing:  # noqa: PTH123 - a device
        out = _number(stdout, 1, nothing)
        err = out if stderr == subprocess.STDOUT else _number(stderr, 2, nothing)
        control, theirs = socket.socketpair()
        with theirs:
            files = [theirs.fileno(), nothing.fileno(), out, err]
            socket.send_fds(_server(), [b"."], files)
    job = {
        "arguments": list(map(str, command[3:])),
        "environment": environment,
        "directory": str(cwd or Path.cwd()),
        "days": days,
    }
    control.sendall(json.dumps(job).encode() + b"\n")
    return Process(control)


def run(
    command: Sequence[str | Path],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    days: float = 0,
    timeout: float = 120,
    check: bool = False,
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end and return its exit code and output.

    Raises:
        subprocess.CalledProcessError: It failed, and ``check`` is set.
        subprocess.TimeoutExpired: It ran for so many seconds, and was killed.
    """
    with tempfile.TemporaryFile("w+") as stdout, tempfile.TemporaryFile("w+") as stderr:
        process = start(command, env=env, cwd=cwd, stdout=stdout, stderr=stderr, days=days)
        try:
            code = process.wait(timeout)
        finally:
            process.kill()
        stdout.seek(0)
        stderr.seek(0)
        done = subprocess.CompletedProcess(command, code, stdout.read(), stderr.read())
    if check:
        done.check_returncode()
    return done


def _at_start(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that are read when Python starts."""
    return {
        name: value
        for name, value in environment.items()
        if name.startswith(_AT_START) and name != "PYTHONDONTWRITEBYTECODE"
    }


_USUAL = _at_start(os.environ)


def _number(given: int | IO[Any] | None, default: int, nothing: IO[Any]) -> int:
    """Return the descriptor of a file that is given as to ``subprocess.Popen``."""
    if given is None:
        return default
    if isinstance(given, int):
        return nothing.fileno() if given == subprocess.DEVNULL else given
    return given.fileno()


@cache
def _server() -> socket.socket:
    """Start the process that commands are forked from; it ends with this one."""
    ours, theirs = socket.socketpair()
    with theirs:
        subprocess.Popen(
            [sys.executable, "-m", "tests.preloaded", str(theirs.fileno())],
            cwd=ROOT,
            env={n: v for n, v in os.environ.items() if not n.startswith(_AT_START)} | _USUAL,
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
        )
    return ours


def _serve(channel: socket.socket) -> None:
    """Start a command for each message; only the processes of commands return."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while (received := socket.recv_fds(channel, 1, 4))[0]:
        files = received[1]
        if not os.fork():
            channel.close()
            return _guard(socket.socket(fileno=files[0]), files[1:])
        for file in files:
            os.close(file)
    os._exit(0)


def _guard(control: socket.socket, files: list[int]) -> None:
    """Start a command and report its process id and its end; only the command returns."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    with control.makefile("rb") as lines:
        job = json.loads(lines.readline())
    if not (process := os.fork()):
        control.close()
        return _begin(files, **job)
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        for file in {0, 1, 2, *files}:
            os.close(file)
        control.sendall(b"%d\n" % process)
        control.sendall(b"%d\n" % os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]))
    finally:
        os._exit(0)


def _begin(
    files: list[int], arguments: list[str], environment: dict[str, str], directory: str, days: float
) -> None:
    """Make this the process of a command."""
    import scrapy
    import time_machine

    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    sys.stdout.reconfigure(line_buffering=os.isatty(1))  # type: ignore[union-attr]
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(directory)
    time.tzset()
    tempfile.tempdir = None
    sys.path[0] = directory
    sys.argv = [str(Path(scrapy.__file__).with_name("__main__.py")), *arguments]
    if days:
        time_machine.travel(datetime.now(UTC) + timedelta(days=days), tick=True).start()


def _preload() -> None:
    """Import all that commands import, except what depends on their environment."""
    for name in (*_MODULES, *_PACKAGES):
        _import(name)
    wrong = {"newscrawl.settings", "twisted.internet.reactor"} & set(sys.modules)
    assert not wrong, f"belongs to each command: {wrong}"
    gc.freeze()


def _import(name: str) -> None:
    """Import a module, and what is in it if it is one of the packages."""
    module = importlib.import_module(name)
    if name.startswith(_PACKAGES) and hasattr(module, "__path__"):
        for each in pkgutil.iter_modules(module.__path__, f"{name}."):
            if each.name not in _NEVER:
                _import(each.name)


def _execute() -> None:
    """Run the command; never returns if it ends by itself."""
    import scrapy.cmdline

    try:
        scrapy.cmdline.execute()
    except SystemExit as end:
        if not isinstance(end.code, int | None):
            raise
        # The interpreter's own end would write to all of the memory that is shared by the fork.
        for thread in threading.enumerate():
            if not thread.daemon and thread is not threading.main_thread():
                thread.join()
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(end.code or 0)


if __name__ == "__main__":
    _preload()
    _serve(socket.socket(fileno=int(sys.argv[1])))
    _execute()
