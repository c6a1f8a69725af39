"""A deployment: its locked requirements fit the declared ones, and it needs a password."""

import os
import re
import shlex
import subprocess
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
_PINNED = re.compile(r"([\w.-]+)==([^ ;\\]+)")


def declared(path: Path) -> list[Requirement]:
    """Requirements of a file and of those that it includes."""
    found = []
    for line in path.read_text("utf-8").splitlines():
        text = line.partition("#")[0].strip()
        if text.startswith("-r "):
            found += declared(path.parent / text[3:])
        elif text:
            found.append(Requirement(text))
    return found


def entries() -> list[str]:
    """Entries of the lock, each with its hashes."""
    text = (ROOT / "deploy" / "requirements.txt").read_text("utf-8")
    lines = [line for line in text.splitlines() if line and not line.lstrip().startswith("#")]
    return re.split(r"\n(?=\S)", "\n".join(lines))


def test_each_locked_package_has_a_version_and_hashes() -> None:
    for entry in entries():
        assert _PINNED.match(entry), entry[:80]
        assert "--hash=sha256:" in entry, entry[:80]


def test_the_lock_satisfies_what_is_declared() -> None:
    locked: dict[str, list[str]] = {}
    for entry in entries():
        pinned = _PINNED.match(entry)
        assert pinned
        locked.setdefault(canonicalize_name(pinned[1]), []).append(pinned[2])
    for requirement in declared(ROOT / "deploy" / "requirements.in"):
        versions = locked.get(canonicalize_name(requirement.name), [])
        assert versions, f"{requirement} is not in deploy/requirements.txt: run `make lock`"
        for version in versions:
            assert requirement.specifier.contains(version), f"{requirement}: run `make lock`"


def test_scrapyd_does_not_start_without_a_password() -> None:
    unit = (ROOT / "deploy" / "systemd" / "scrapyd.service").read_text("utf-8")
    (check,) = re.findall(r"^ExecStartPre=(/bin/sh -c .*)$", unit, re.MULTILINE)
    for command in (shlex.split(check), ["sh", str(ROOT / "deploy" / "container-start")]):
        given = {"PATH": os.environ["PATH"], "SCRAPYD_USERNAME": "desk", "SCRAPYD_PASSWORD": ""}
        done = subprocess.run(command, env=given, capture_output=True, text=True, check=False)
        assert done.returncode == 1
        assert "is empty" in done.stderr
