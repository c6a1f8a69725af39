"""Time, processor time and peak memory of a command.

    python -m benchmarks.cost FILE COMMAND…      # writes them to a file; others here call it so

The system adds to the peak of a process what the one that began it held at that time, so that a
large one cannot measure a small one. This one is small.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any, NamedTuple


class Cost(NamedTuple):
    """Resources that a process used."""

    code: int
    """Its exit code, negative if a signal ended it."""
    seconds: float
    """From its start to its end."""
    cpu: float
    """Seconds of processor time, of those that it had begun as well."""
    megabytes: float
    """Most memory that it held, in MiB; of the one that held most, if it had others begun."""


def cost_of(
    command: Sequence[Any],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    stdout: IO[str] | int | None = None,
    stderr: IO[str] | int | None = None,
) -> Cost:
    """Run a command to its end; the other arguments are those of ``subprocess.run``."""
    with tempfile.NamedTemporaryFile() as file:
        whole = [sys.executable, "-I", "-S", __file__, file.name, *command]
        subprocess.run(whole, env=env, cwd=cwd, stdout=stdout, stderr=stderr, check=True)
        return Cost(*json.load(file))


def _main() -> None:
    began = time.monotonic()
    process = subprocess.Popen(sys.argv[2:])
    _, status, used = os.wait4(process.pid, 0)
    cost = Cost(
        os.waitstatus_to_exitcode(status),
        time.monotonic() - began,
        used.ru_utime + used.ru_stime,
        used.ru_maxrss / 1024,
    )
    Path(sys.argv[1]).write_text(json.dumps(cost))


if __name__ == "__main__":
    _main()
