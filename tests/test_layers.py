"""Imports point one way: each room may use only what stands below it."""

import ast
import re
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "newscrawl"

HELPERS = {
    "text",
    "dates",
    "urls",
    "errors",
    "html",
    "language",
    "duplicates",
    "directives",
    "packing",
    "garbage",
    "terminal",
}
RECORD = {"items", "schema", "validation"}
STATE = {
    *("state", "run", "runlog", "lines", "signals", "revisit", "archive"),
    *("stopping", "tally", "monitors", "notice"),
}
FETCHING = {"fetching"}
READERS = {"network", "extraction", "outlets"}

MAY_USE = {
    **dict.fromkeys(HELPERS, HELPERS),
    **dict.fromkeys(RECORD, HELPERS | RECORD),
    **dict.fromkeys(STATE, HELPERS | RECORD | STATE),
    "settings": set(),
    **dict.fromkeys(FETCHING, HELPERS | RECORD),
    "browser": HELPERS,
    "network": HELPERS | RECORD,
    "outlets": HELPERS | RECORD,
    "extraction": HELPERS | RECORD | {"outlets"},
    "loaders": HELPERS | RECORD,
    "assembly": HELPERS | RECORD | READERS | {"loaders"},
    "rulestore": HELPERS | RECORD | READERS | {"state"},
    "reading": HELPERS | RECORD | READERS | {"assembly"},
    "turns": set(),
    "arguments": HELPERS | RECORD | {"network"},
    "source_status": HELPERS | RECORD | FETCHING | {"middlewares"},
    "answers": HELPERS
    | RECORD
    | READERS
    | FETCHING
    | {"assembly", "browser", "middlewares", "reading", "source_status"},
    "rendering": HELPERS | RECORD | STATE | READERS,
    "comparison": HELPERS,
    "reextraction": HELPERS
    | RECORD
    | STATE
    | READERS
    | FETCHING
    | {"answers", "assembly", "browser", "middlewares", "rulestore", "source_status"},
    "middlewares": HELPERS | RECORD | STATE | FETCHING | {"browser"},
    "pipelines": HELPERS | RECORD | STATE,
    "extensions": HELPERS | RECORD | STATE | FETCHING,
    "aggregator_spider": HELPERS
    | RECORD
    | STATE
    | READERS
    | FETCHING
    | {"answers", "arguments", "assembly", "browser", "loaders", "reading", "rendering"}
    | {"rulestore", "source_status", "turns"},
    "jsonlog": HELPERS,
    "schedule": HELPERS | RECORD | STATE | READERS,
    "scrapyd": HELPERS | {"schedule"},
    "export": HELPERS | RECORD | STATE | {"network"},
    "doctor": HELPERS | RECORD | STATE | FETCHING | {"browser", "network"},
    "report": HELPERS | RECORD | STATE | READERS | {"export", "rulestore"},
    "spiders": {"aggregator_spider"},
}
ANYTHING = {"commands", "demo"}


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(path: Path) -> set[str]:
    """Rooms that a module imports, anywhere in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            pytest.fail(f"{path}: imports are absolute, so that the rooms can be seen")
        else:
            continue
        for name in names:
            package, *inner = name.split(".")
            if package == "newscrawl" and inner:
                found.add(inner[0])
    return found - {"__version__", room(path)}


MODULES = sorted(
    path for path in PACKAGE.rglob("*.py") if path.name != "__init__.py" or path.parent != PACKAGE
)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_downwards(path: Path) -> None:
    where = room(path)
    if where in ANYTHING:
        return
    assert where in MAY_USE, f"{where} has no place in the architecture yet: give it one above"
    assert imported(path) <= MAY_USE[where], f"{where} may not use that"


def test_the_helpers_use_each_other_in_one_direction() -> None:
    order = ["errors", "text", "duplicates", "language", "urls", "dates", "html"]
    for position, name in enumerate(order):
        assert imported(PACKAGE / f"{name}.py") <= set(order[:position])


PRIVATE_INDEXES = {"archive.py", "comparison.py", "export/check.py", "export/selection.py"}
"""Modules with an SQLite index of their own files; none of them opens the ledger's database."""

SQL = re.compile(
    r"\s*(SELECT\b.+\bFROM\b|INSERT\b.+\bINTO\b|UPDATE\b.+\bSET\b|DELETE FROM\b|PRAGMA\b"
    r"|(CREATE|ALTER|DROP) (TABLE|INDEX)\b|BEGIN IMMEDIATE|WITH\b.+\bSELECT\b)",
    re.DOTALL,
)


def database_use(source: str) -> list[str]:
    """Imports of a database driver and SQL statements in a module."""
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
        if room(path) != "state" and database_use(path.read_text("utf-8"))
    }
    assert users - {"export/corpus.py"} == PRIVATE_INDEXES
    corpus = database_use((PACKAGE / "export/corpus.py").read_text("utf-8"))
    assert corpus == ["sqlite3"]  # only to catch the errors of the selection's index


def test_the_path_of_the_ledger_is_known_to_the_state_package_only() -> None:
    for path in MODULES:
        if room(path) != "state":
            assert "ledger.sqlite" not in path.read_text("utf-8"), path


@pytest.mark.parametrize(
    "path", sorted((PACKAGE / "spiders").glob("[a-z]*.py")), ids=lambda p: p.stem
)
def test_file_class_and_spider_name_are_one(path: Path) -> None:
    (cls,) = [n for n in ast.parse(path.read_text("utf-8")).body if isinstance(n, ast.ClassDef)]
    (name,) = [n.value.value for n in cls.body if isinstance(n, ast.Assign)]  # type: ignore[attr-defined]
    assert cls.name.lower() == path.stem == name
