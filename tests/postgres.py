"""PostgreSQL server for the tests, where Debian's package ``postgresql`` is installed."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from newscrawl.state import Entry, Ledger
from newscrawl.state.place import Place

NOW = "2026-01-01T00:00:00+00:00"
LEASE = 1.0
"""Seconds; short, as tests wait for its end."""

_names = count()


def place(data: Path, url: str, node: str) -> Place:
    """Place of a node with a data directory of its own."""
    return Place(data / node, url, node, LEASE)


def find(ledger: Ledger, job: str, *numbers: int) -> None:
    """Store articles of one outlet."""
    entries = [Entry(f"maghress:fr/courrier/{n}", "maghress", "fr", "courrier") for n in numbers]
    ledger.articles.find(entries, job, NOW, attempts=2)


def _binaries() -> Path | None:
    """Directory of ``initdb`` and ``pg_ctl``: on the PATH, or where Debian puts them."""
    found = shutil.which("pg_ctl")
    if found:
        return Path(found).parent
    versions = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"), key=lambda p: int(p.parts[-3])
    )
    return versions[-1].parent if versions else None


class Server:
    """PostgreSQL server on loopback with its data in a temporary directory."""

    def __init__(self, binaries: Path, directory: Path) -> None:
        self._binaries = binaries
        self.directory = directory
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        if os.getuid() == 0:
            shutil.chown(directory, "postgres")
        password = directory / "password"
        password.write_text("secret")
        password.chmod(0o644)
        self._run(
            "initdb", "-D", str(directory / "data"), "-U", "tester", "--no-sync", "-E", "UTF8",
            "--locale=C", "-A", "scram-sha-256", f"--pwfile={password}",
        )  # fmt: skip

    def _run(self, program: str, *arguments: str) -> None:
        """Run a program of PostgreSQL, which refuses to run as root."""
        user = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
        done = subprocess.run(
            [*user, str(self._binaries / program), *arguments],
            cwd=self.directory,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout

    def start(self, *options: str) -> None:
        """Start the server, which was not stopped in order if it was killed."""
        given = f"-p {self.port} -k '' -c listen_addresses=127.0.0.1 -c fsync=off"
        log = str(self.directory / "log")
        self._run(
            "pg_ctl", "-D", str(self.directory / "data"), "-l", log, "-w", "-s",
            "-o", " ".join([given, *options]), "start",
        )  # fmt: skip

    def stop(self, mode: str = "immediate") -> None:
        """Stop the server; ``immediate`` is like a crash."""
        self._run("pg_ctl", "-D", str(self.directory / "data"), "-m", mode, "-w", "-s", "stop")

    def url(self, database: str = "postgres", password: str = "secret") -> str:  # noqa: S107 - of the tests' own server
        """URL of a database."""
        return f"postgresql://tester:{password}@127.0.0.1:{self.port}/{database}"

    def connect(self, database: str = "postgres") -> Any:
        """Connect by psycopg."""
        import psycopg

        return psycopg.connect(self.url(database), autocommit=True)

    def create(self) -> str:
        """Create an empty database; its URL."""
        name = f"ledger{next(_names)}"
        for _ in range(100):  # a server that was killed recovers first
            try:
                with self.connect() as connection:
                    connection.execute(f"CREATE DATABASE {name} STRATEGY = file_copy")
                return self.url(name)
            except Exception as error:  # noqa: BLE001 - psycopg is imported late
                last = error
                time.sleep(0.1)
        raise last


@contextmanager
def server() -> Iterator[Server]:
    """A running server; the test is skipped where PostgreSQL is not installed, but not in CI."""
    binaries = _binaries()
    if binaries is None:
        missing = "PostgreSQL is not installed; Debian: apt-get install postgresql"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    with tempfile.TemporaryDirectory(prefix="newscrawl-postgres-") as name:
        Path(name).chmod(0o755)
        one = Server(binaries, Path(name))
        one.start()
        try:
            yield one
        finally:
            try:
                one.stop()
            except AssertionError as error:  # a test has stopped it
                sys.stderr.write(f"{error}\n")
