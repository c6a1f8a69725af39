"""Systems that lack features of Linux."""

import subprocess
import sys

import pytest

RUN = """
import sys
sys.modules[{module!r}] = None
{code}
"""
LIST = "from scrapy.cmdline import execute; execute(['scrapy', 'list'])"
PARSE = """
sys.modules["scrapy"] = None
from newscrawl.articles.worker_process import limit_memory
limit_memory(600)
"""


def run(module: str, code: str) -> subprocess.CompletedProcess[str]:
    """Run code where a module cannot be imported."""
    return subprocess.run(
        [sys.executable, "-c", RUN.format(module=module, code=code)],
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_system_without_file_locks_is_named_in_one_line() -> None:
    done = run("fcntl", LIST)
    assert done.returncode == 1
    assert done.stderr == "newscrawl needs Linux or macOS; on Windows, use it within WSL\n"


@pytest.mark.parametrize("code", [LIST, PARSE])
def test_a_system_without_resource_limits_is_usable(code: str) -> None:
    done = run("resource", code)
    assert done.returncode == 0, done.stderr
    assert not done.stderr


def test_a_memory_limit_that_cannot_be_set_is_logged() -> None:
    code = """
import resource
def refuse(*_):
    raise ValueError("not allowed here")
resource.setrlimit = refuse
from newscrawl.articles.worker_process import limit_memory
limit_memory(600)
"""
    done = run("no_such_module", code)
    assert done.returncode == 0, done.stderr
    assert done.stderr == "A page's memory cannot be limited to 600 MB: not allowed here\n"
