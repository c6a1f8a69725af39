"""Preloaded commands: the same behaviour as commands started anew."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from newscrawl.demo.proxy import DemoProxy
from tests import preloaded
from tests.web import Web, command, environment


@pytest.mark.parametrize(
    "arguments",
    [
        ["settings", "--get=NEWSCRAWL_DATA"],  # of the environment
        ["nothing"],
        ["crawl"],
        ["export", "-o", "corpus"],
    ],
    ids=" ".join,
)
def test_a_command_has_its_output_and_exit_code(arguments: list[str], tmp_path: Path) -> None:
    variables = os.environ | {"NEWSCRAWL_DATA": str(tmp_path)}
    line = [*preloaded.SCRAPY, *arguments]
    found = preloaded.run(line, env=variables, cwd=preloaded.ROOT)
    expected = subprocess.run(
        line, env=variables, cwd=preloaded.ROOT, capture_output=True, text=True, check=False
    )
    assert vars(found) == vars(expected)


def test_a_command_belongs_to_the_project_of_its_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SCRAPY_SETTINGS_MODULE", raising=False)  # Scrapy sets it in this process
    found = preloaded.run([*preloaded.SCRAPY, "list"], cwd=tmp_path)
    assert "no active project" in found.stdout


def test_a_command_ends_by_a_signal(tmp_path: Path) -> None:
    with DemoProxy(Web().reply) as proxy, (tmp_path / "log").open("w") as log:
        process = preloaded.start(
            command("maghress", {"RETRY_TIMES": "100", "RETRY_BACKOFF": "100"}, {}),
            env=environment(proxy, tmp_path),
            stderr=log,
        )
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.01)
        assert process.poll() is None
        process.send_signal(signal.SIGKILL)
        assert process.wait() == process.returncode == process.poll() == -signal.SIGKILL
        process.kill()


def test_a_command_that_takes_too_long_is_killed() -> None:
    with pytest.raises(subprocess.TimeoutExpired):
        preloaded.run([*preloaded.SCRAPY, "shell", "-c", "__import__('time').sleep(60)"], timeout=1)


def test_faked_clocks_advance(tmp_path: Path) -> None:
    show = [*preloaded.SCRAPY, "shell", "-c", "__import__('time').time()", "--nolog"]
    variables = os.environ | {"NEWSCRAWL_DATA": str(tmp_path)}
    now, later = (float(preloaded.run(show, env=variables, days=days).stdout) for days in (0, 1000))
    assert 0 <= later - now - 1000 * 24 * 3600 < 120


def test_commands_with_another_start_of_python_are_not_forked(
    before_python: Callable[[str], None], tmp_path: Path
) -> None:
    before_python("print('before')")
    variables = os.environ | {"NEWSCRAWL_DATA": str(tmp_path)}
    assert preloaded.run([*preloaded.SCRAPY, "list"], env=variables).stdout.startswith("before")
    done = preloaded.run([sys.executable, "-c", "print('other')"], env=variables)
    assert "other" in done.stdout
