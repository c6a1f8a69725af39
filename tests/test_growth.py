"""Regular expressions: none of the package takes more than linear time on repeated parts of it."""

import ast
import importlib
import inspect
import pkgutil
import random
import re
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import chain
from pathlib import Path
from re import _parser  # type: ignore[attr-defined]
from time import process_time
from types import ModuleType
from typing import Any

import pytest

import newscrawl
from newscrawl.aggregator.article import _pictures_of
from newscrawl.aggregator.layout import _site_names
from newscrawl.aggregator.sites import SITES
from newscrawl.export import agencies
from newscrawl.export.selection import phrase_pattern
from newscrawl.fetching.block_pages import CHALLENGES, WALLS

SLOW = 0.004
"""Seconds from which a time can be compared with another one."""
RATIO = 3.0
"""Growth of the time for twice the text: 2 is linear, 4 is quadratic."""
LONGEST = 4000
"""Characters up to which a text is doubled: a quadratic pattern is far above ``SLOW`` then."""
LIMITS = {
    "extraction.fields.title._BEGINNING": 500,
    "extraction.fields.title._CUT": 500,
    "extraction.fields.authors._BYLINE_PARTS": 120,
    "extraction.fields.authors._BYLINE_END": 120,
    "_byline_pattern": agencies._LONGEST_BYLINE,
    "_dateline_pattern": agencies._DATELINE,
    "_signature_pattern": agencies._LAST_LINE,
}
"""Patterns that are given short texts only, and how many characters these have."""
ANCHORED = {"match", "fullmatch"}
FUNCTIONS = {
    "_compiled": [re.compile(s.pattern, re.IGNORECASE) for s in (*CHALLENGES, *WALLS)],
    "_pictures_of": _pictures_of("www.maghress.com"),
    "_byline_pattern": [agencies._byline_pattern(script.names) for script in agencies._names()],
    "_dateline_pattern": [agencies._dateline_pattern(script.names) for script in agencies._names()],
    "_signature_pattern": [
        agencies._signature_pattern(script.names) for script in agencies._names()
    ],
    "_named": [re.compile(form) for script in agencies._names() for form, _ in script.codes],
    "_phrases": re.compile("|".join(map(phrase_pattern, ("l'eau de mer*", "*port", "قوارب")))),
    "_site_names": _site_names(SITES["maghress"]),
}
"""Patterns that functions make, by the name of the function."""
MODULES = [
    importlib.import_module(info.name)
    for info in pkgutil.walk_packages(newscrawl.__path__, "newscrawl.")
    if not info.name.endswith("__main__")
]


def _patterns() -> Iterator[tuple[str, re.Pattern[str], str]]:
    """Name, pattern and the method that it is used by, for all modules of the package."""
    seen = set()
    for name, pattern, method in chain(_of_variables(), _of_functions(), _of_calls()):
        if (pattern.pattern, pattern.flags, method) not in seen:
            seen.add((pattern.pattern, pattern.flags, method))
            yield name, pattern, method


def _of_variables() -> Iterator[tuple[str, re.Pattern[str], str]]:
    for module in MODULES:
        for name, value in vars(module).items():
            for pattern in _in(value):
                label = f"{module.__name__.removeprefix('newscrawl.')}.{name}"
                yield label, pattern, _method(module, name)


def _of_functions() -> Iterator[tuple[str, re.Pattern[str], str]]:
    for name, value in FUNCTIONS.items():
        for pattern in _in(value):
            yield name, pattern, "search"


def _of_calls() -> Iterator[tuple[str, re.Pattern[str], str]]:
    """Literal patterns of calls in functions such as ``re.sub(r"\\s+", …)``."""
    for module in MODULES:
        for call, function in _calls(module):
            literal, *_ = call.args
            assert isinstance(call.func, ast.Attribute)
            if function and isinstance(literal, ast.Constant):
                how = call.func.attr if call.func.attr in ANCHORED else "search"
                yield f"{module.__name__}:{call.lineno}", re.compile(str(literal.value)), how


def _calls(module: ModuleType) -> Iterator[tuple[ast.Call, str]]:
    """Calls of functions of ``re`` that take a pattern, each with the function that it is in."""
    tree = ast.parse(inspect.getsource(module))
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    inside = {id(node): function.name for function in functions for node in ast.walk(function)}
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id == "re"
            and node.func.attr != "escape"
        ):
            yield node, inside.get(id(node), "")


def _in(value: object) -> Iterator[re.Pattern[str]]:
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(made := getattr(value, "__wrapped__", None), partial):
        if made.func is re.compile:
            yield made()
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _in(inner)
    elif isinstance(value, tuple | list):
        for inner in value:
            yield from _in(inner)


def _method(module: ModuleType, name: str) -> str:
    """``match`` where a pattern is only asked about the beginning of a text, else ``search``."""
    used = set(re.findall(rf"\b{re.escape(name)}(?:\(\))?\.(\w+)", inspect.getsource(module)))
    return "match" if used and used <= ANCHORED else "search"


def _atoms(tree: Iterable[Any]) -> set[str]:
    """Texts that parts of a parsed pattern match."""
    found = set()
    run = ""
    for kind, value in tree:
        if str(kind) == "LITERAL":
            run += chr(value)
            continue
        if run:
            found.add(run)
            run = ""
        match str(kind):
            case "IN":
                for inner, what in value:
                    match str(inner):
                        case "LITERAL":
                            found.add(chr(what))
                        case "RANGE":
                            found.add(chr(what[0]))
                        case "CATEGORY":
                            text = str(what)
                            found |= (
                                {"1"} if "DIGIT" in text else {" "} if "SPACE" in text else {"a"}
                            )
            case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
                found |= _atoms(value[2])
            case "SUBPATTERN":
                found |= _atoms(value[3])
            case "ATOMIC_GROUP":
                found |= _atoms(value)
            case "BRANCH":
                for branch in value[1]:
                    found |= _atoms(branch)
            case "ASSERT" | "ASSERT_NOT":
                found |= _atoms(value[1])
            case "NOT_LITERAL":
                found.add("y" if chr(value) == "x" else "x")
            case "ANY":
                found.add("x")
    return found | {run} if run else found


def _time(
    pattern: re.Pattern[str], method: str, prefix: str, unit: str, size: int, runs: int
) -> float:
    text = prefix + unit * (size // len(unit)) + "\n\x01"
    given = text.encode("latin-1", "ignore") if isinstance(pattern.pattern, bytes) else text
    times = []
    for _ in range(runs):
        begin = process_time()
        getattr(pattern, method)(given)
        times.append(process_time() - begin)
        if times[-1] < SLOW:
            break
    return min(times)


def _grows(pattern: re.Pattern[str], method: str, prefix: str, unit: str, longest: int) -> bool:
    """Tell whether twice the text takes far more than twice the time."""
    size = min(250, longest)
    while size <= longest:
        time = _time(pattern, method, prefix, unit, size, 3)
        if time >= SLOW:
            return _time(pattern, method, prefix, unit, 2 * size, 3) > RATIO * time
        size *= 4
    return False


def _is_superlinear(pattern: re.Pattern[str], method: str, longest: int = LONGEST) -> str | None:
    """A unit of text whose repetition takes a pattern super-linear time."""
    source = pattern.pattern
    atoms = sorted(_atoms(_parser.parse(source, pattern.flags)))
    if not atoms:
        return None
    chance = random.Random(1)
    units = chance.sample(atoms, min(len(atoms), 20))
    units += ["".join(chance.choices(atoms, k=2)) for _ in range(10)]
    units += ["".join(chance.choices(atoms, k=3)) for _ in range(10)]
    for unit in dict.fromkeys(units):
        for prefix in ("", chance.choice(atoms)):
            if _grows(pattern, method, prefix, unit, longest):
                return unit
    return None


PATTERNS = list(_patterns())


def test_every_pattern_is_tested() -> None:
    made = {
        (Path(str(module.__file__)).name, function)
        for module in MODULES
        if not module.__name__.startswith("newscrawl.demo")  # has pages of its own alone
        for call, function in _calls(module)
        if function and not isinstance(call.args[0], ast.Constant)
    }
    assert {function for _, function in made} <= FUNCTIONS.keys(), made


@pytest.mark.parametrize(
    ("pattern", "method", "longest"),
    [(pattern, method, LIMITS.get(name, LONGEST)) for name, pattern, method in PATTERNS],
    ids=[name for name, _, _ in PATTERNS],
)
def test_a_pattern_takes_linear_time(pattern: re.Pattern[str], method: str, longest: int) -> None:
    unit = _is_superlinear(pattern, method, longest)
    assert unit is None, f"super-linear in repetitions of {unit!r}"


@pytest.mark.parametrize("source", [r"\s*-?\s*x", r'"(?:[^"\\]|\\.)*"', r"x*x*y"])
def test_a_pattern_that_is_not_linear_is_found(source: str) -> None:
    assert _is_superlinear(re.compile(source), "search") is not None
