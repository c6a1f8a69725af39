"""Layers: each package imports only packages of lower layers."""

import ast
import re
from pathlib import Path

import pytest

from newscrawl.aggregator.sites import SITES

PACKAGE = Path(__file__).parent.parent / "newscrawl"

ROOT = {"settings", "items", "loaders", "errors"}
"""Modules at the package's root."""

PURE = {"errors", "items", "loaders", "text", "aggregator", "extraction", "outlets", "export"}
PURE |= {"storage"}
"""Packages that do not import Scrapy at all."""

MAY_USE: dict[str, set[str]] = {"errors": set(), "items": {"errors"}}
MAY_USE["text"] = {"errors", "items"}
MAY_USE["loaders"] = MAY_USE["text"] | {"text"}
MAY_USE["aggregator"] = MAY_USE["loaders"]
MAY_USE["outlets"] = MAY_USE["loaders"]
MAY_USE["extraction"] = MAY_USE["loaders"] | {"outlets"}
MAY_USE["storage"] = {"errors"}
MAY_USE["state"] = MAY_USE["extraction"] | {"aggregator", "storage"}
MAY_USE["configuration"] = MAY_USE["state"] | {"state"}
MAY_USE["settings"] = {"errors", "configuration"}
MAY_USE["archive"] = MAY_USE["text"] | {"text", "storage"}
MAY_USE["fetching"] = MAY_USE["state"] | {"state", "archive"}
MAY_USE["browser"] = MAY_USE["text"] | {"text"}
MAY_USE["articles"] = MAY_USE["state"] | {
    "extraction",
    "loaders",
    "state",
    "archive",
    "fetching",
    "browser",
}
MAY_USE["middlewares"] = MAY_USE["articles"] | {"articles"}
MAY_USE["pipelines"] = MAY_USE["middlewares"]
MAY_USE["operations"] = MAY_USE["middlewares"] | {"middlewares", "configuration"}
MAY_USE["extensions"] = MAY_USE["middlewares"] | {"operations"}
MAY_USE["spiders"] = MAY_USE["middlewares"] | {"extensions"}
MAY_USE["export"] = MAY_USE["middlewares"]
MAY_USE["report"] = MAY_USE["middlewares"] | {"export", "operations"}

ON_TOP = {"commands", "demo", "console"}
"""Packages that may use all others."""


def package_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(path: Path) -> set[str]:
    """Return the packages that a module imports; those of other projects end with a colon."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            pytest.fail(f"{path}: imports must be absolute")
        else:
            continue
        for name in names:
            top, *inner = name.split(".")
            found.add(inner[0] if top == "newscrawl" and inner else f"{top}:")
    return found - {"__version__", package_of(path)}


MODULES = sorted(
    path for path in PACKAGE.rglob("*.py") if path.name != "__init__.py" or path.parent != PACKAGE
)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_downwards(path: Path) -> None:
    package = package_of(path)
    if package in ON_TOP:
        return
    assert package in MAY_USE, f"{package} has no place in the architecture yet: give it one above"
    own = {name for name in imported(path) if not name.endswith(":")}
    assert own <= MAY_USE[package], f"{package} may not use that"


def test_root_has_only_the_four_modules() -> None:
    assert {path.stem for path in PACKAGE.glob("*.py")} == ROOT | {"__init__"}


def test_no_package_uses_one_that_uses_it() -> None:
    for package, below in MAY_USE.items():
        for other in below:
            assert package not in MAY_USE[other], f"{package} and {other}"


@pytest.mark.parametrize(
    "path",
    [path for path in MODULES if package_of(path) in PURE],
    ids=lambda path: str(path.relative_to(PACKAGE)),
)
def test_pure_packages_do_not_import_scrapy(path: Path) -> None:
    assert not imported(path) & {"scrapy:", "twisted:"}


def test_the_text_modules_use_each_other_in_one_direction() -> None:
    order = ["cleaning", "mojibake", "bylines", "signatures", "language", "urls", "dates", "html"]
    for position, name in enumerate(order):
        tree = ast.parse((PACKAGE / "text" / f"{name}.py").read_text("utf-8"))
        used = {
            str(node.module).removeprefix("newscrawl.text.")
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and str(node.module).startswith("newscrawl.text.")
        }
        assert used <= set(order[:position])


@pytest.mark.parametrize(
    "path",
    [path for path in sorted((PACKAGE / "spiders").glob("[a-z]*.py")) if path.stem in SITES],
    ids=lambda p: p.stem,
)
def test_file_class_and_spider_name_are_one(path: Path) -> None:
    (cls,) = [n for n in ast.parse(path.read_text("utf-8")).body if isinstance(n, ast.ClassDef)]
    (name,) = [n.value.value for n in cls.body if isinstance(n, ast.Assign)]  # type: ignore[attr-defined]
    assert cls.name.lower() == path.stem == name


PRIVATE_INDEXES = {
    "archive/warc.py",
    "operations/comparison.py",
    "export/check.py",
    "export/index.py",
    "export/survival.py",
}
"""Modules with an SQLite index of their own files; none of them opens the ledger's database."""

SQL = re.compile(
    r"\s*(SELECT\b.+\bFROM\b|INSERT\b.+\bINTO\b|UPDATE\b.+\bSET\b|DELETE FROM\b|PRAGMA\b"
    r"|(CREATE|ALTER|DROP) (TABLE|INDEX)\b|BEGIN IMMEDIATE|WITH\b.+\bSELECT\b)",
    re.DOTALL,
)


def database_use(source: str) -> list[str]:
    """Return imports of a database driver and SQL statements in a module."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names if alias.name in {"sqlite3", "psycopg"}]
        elif isinstance(node, ast.ImportFrom) and node.module in {"sqlite3", "psycopg"}:
            found.append(node.module)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found += [node.value] if SQL.match(node.value) else []
    return found


def test_sql_stands_in_the_state_package_only() -> None:
    assert database_use('import sqlite3\ndb.execute("DELETE FROM files")') != []
    users = {
        path.relative_to(PACKAGE).as_posix()
        for path in MODULES
        if package_of(path) != "state" and database_use(path.read_text("utf-8"))
    }
    assert users - {"export/corpus.py"} == PRIVATE_INDEXES
    corpus = database_use((PACKAGE / "export/corpus.py").read_text("utf-8"))
    assert corpus == ["sqlite3"]  # only to catch the errors of the selection's index


def test_the_path_of_the_ledger_is_known_to_the_state_package_only() -> None:
    for path in MODULES:
        if package_of(path) != "state":
            assert "ledger.sqlite" not in path.read_text("utf-8"), path
