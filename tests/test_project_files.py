"""Files for contributors and platforms: the commands and versions named in them exist."""

import ast
import re
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from newscrawl import __version__
from newscrawl.browser import chromium
from newscrawl.browser.chromium import find_chromium
from newscrawl.errors import BrowserMissingError

ROOT = Path(__file__).parent.parent
MAKEFILE = (ROOT / "Makefile").read_text()


def read(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def test_the_workflow_runs_the_targets_of_make_on_every_supported_python() -> None:
    workflow = read(".github/workflows/check.yml")
    targets = re.findall(r"run: (.*)", workflow)
    assert targets
    for target in targets:
        assert re.fullmatch(r"make \w+", target)
        assert re.search(rf"^{target.split()[1]}:", MAKEFILE, re.MULTILINE), target
    tested = set(re.findall(r'"(3\.\d+)"', workflow))
    supported = set(re.findall(r"Python :: (3\.\d+)", read("pyproject.toml")))
    assert tested == supported


def test_pre_commit_runs_the_linters_of_make() -> None:
    for tool in ("ruff check", "ruff format", "mypy"):
        assert f".venv/bin/{tool}" in read(".pre-commit-config.yaml")
        assert f"$(BIN)/{tool}" in MAKEFILE


def test_help_lists_every_target_for_users() -> None:
    listed = set(re.findall(r'@echo "make (\w+)', MAKEFILE))
    phony = re.search(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)
    assert phony
    assert listed == set(phony[1].split()) - {"help", "browser", "postgresql"}
    assert MAKEFILE.index("\nhelp:") < MAKEFILE.index("\ndemo:")


def test_nothing_is_installed_by_apt_unannounced() -> None:
    for recipe in re.split(r"\n(?=\S)", MAKEFILE):
        if "apt-get update" in recipe:
            assert re.search(r'echo "Installing .*apt-get', recipe)


def test_every_imported_library_is_declared() -> None:
    declared = {
        canonicalize_name(re.split(r"[\s<>=;\[]", line.strip().strip('"'))[0])
        for name in ("requirements.txt", "pyproject.toml")
        for line in read(name).splitlines()
    }
    distributions = packages_distributions()
    for path in (ROOT / "newscrawl").rglob("*.py"):
        for name in imported(path) - sys.stdlib_module_names - {"newscrawl", "compression"}:
            names = {canonicalize_name(each) for each in distributions.get(name, [name])}
            assert names & declared or name == "backports", f"{path}: {name} is not declared"


def imported(path: Path) -> set[str]:
    """Return the top-level packages that a module imports, except for type checking."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found


def test_the_citation_is_of_this_version() -> None:
    assert f"version: {__version__}\n" in read("CITATION.cff")


def test_without_playwright_or_chromium_one_line_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(chromium, "find_spec", lambda _: None)
    with pytest.raises(BrowserMissingError, match=r"pip install '\.\[browser\]'.*BROWSER"):
        find_chromium()
    monkeypatch.undo()
    with pytest.raises(BrowserMissingError, match=r"apt-get install chromium.*BROWSER_PATH"):
        find_chromium("/no/such/chromium")
