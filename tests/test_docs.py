"""The documents: commands and code run as written, and every name in them exists."""

import argparse
import gzip
import importlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, get_type_hints
from zoneinfo import ZoneInfo

import pytest
from scrapy.utils.conf import arglist_to_dict
from scrapy.utils.project import get_project_settings

from newscrawl.aggregator.sites import SITES
from newscrawl.demo.faults import FAULTS
from newscrawl.demo.proxy import DemoProxy, Reply
from newscrawl.items import Article
from newscrawl.spiders.arguments import Arguments
from tests.corpora import demo_feed
from tests.support import LINK, SOURCE, TEXT, TITLE, zstd_compress
from tests.web import FAST, HTML, Web, aggregator_page

ROOT = Path(__file__).parent.parent
SETTINGS = get_project_settings()
DOCUMENTS = [
    *(ROOT / f"{name}.md" for name in ("README", "CHANGELOG", "CONTRIBUTING", "SECURITY")),
    ROOT / "benchmarks" / "README.md",
    *sorted((ROOT / "docs").glob("*.md")),
]
GENERATED = ("commands.md", "settings.md")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(r"^ {4,}((?:\S*/)?(?:scrapy|newscrawl) .*?)(?:  +#.*)?$", re.MULTILINE)
_INLINE = re.compile(r"`((?:scrapy|newscrawl)\s[^`\[…]*)`")
_LINK = re.compile(r"\]\((?!https?:)([^)#]*)#?([^)]*)\)")
_HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)
_SETTING = re.compile(r"`([A-Z][A-Z_]{3,})[`=]")
_PATH = re.compile(r"(?:`|^ {4})((?:newscrawl|tests|benchmarks|deploy)/[\w/.*-]*\w)", re.MULTILINE)
_TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
_FAULTS = re.compile(r"faults: ([^|;]+)")
_TARGET = re.compile(r"(?:`|^ {4}|-- )make ([a-z]+)", re.MULTILINE)
# Variables and other words in capitals that documents set in the type of code.
_WORDS = {
    *("SCRAPYD_URL", "SCRAPYD_USERNAME", "SCRAPYD_PASSWORD", "SIGTERM", "SITES", "YYYYMMDD"),
    *("NEWSCRAWL_NAME", "FORMATS", "MONITORS", "BRANCHES"),
    *("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"),
}


def commands(document: Path) -> list[str]:
    """Return the commands that a reader types."""
    text = document.read_text("utf-8")
    return [line.strip() for line in _COMMAND.findall(text)]


def _listing(site: str, path: str) -> Reply:
    """Return a page that links to an article."""
    body = f'<html><body><div><a href="https://{site}{path}">{TITLE}</a></div></body></html>'
    return Reply(headers=HTML, body=body.encode())


def _web() -> Web:
    """Return the web of the examples: an article of today on each of four sites."""
    today = f"{datetime.now(UTC):%d - %m - %Y}"
    pages = {LINK: SOURCE}
    for site, lists, path in (
        ("www.maghress.com", ("/fr", "/fr/lopinion"), "/fr/lopinion/101"),
        ("www.masress.com", (), "/alalam/102"),
        ("www.djazairess.com", (), "/fr/elwatan/7950"),
        ("www.turess.com", ("/fr",), "/fr/letemps/104"),
    ):
        pages |= {f"https://{site}{where}": _listing(site, path) for where in lists}
        edition = "fr" if path.startswith("/fr") else "ar"
        pages[f"https://{site}{path}"] = aggregator_page(
            TITLE, TEXT, date=today, edition=edition, link=LINK
        )
    return Web(pages)


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Callable[..., str]]:
    """Run commands as a reader of a document would, on the web of the examples."""
    options = "".join(f"{name} = {value!r}\n" for name, value in FAST.items())
    (tmp_path / "unhurried.py").write_text(f"from newscrawl.settings import *\n{options}")
    (tmp_path / ".venv").symlink_to(sys.prefix)
    (tmp_path / "my-urls.txt").write_text("https://www.masress.com/alalam/102\n")
    with DemoProxy(_web().reply) as proxy:
        environment = (
            os.environ
            | proxy.environment()
            | {
                "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
                "PYTHONPATH": str(tmp_path),
                "SCRAPY_SETTINGS_MODULE": "unhurried",
                "MPLBACKEND": "agg",
            }
        )
        environment.pop("NEWSCRAWL_DATA", None)

        def run(*command: str, data: str = "data") -> str:
            done = subprocess.run(
                command,
                cwd=tmp_path,
                env=environment | {"NEWSCRAWL_DATA": data},
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
            return done.stdout

        yield run


def test_the_research_guide_runs_as_written(reader: Callable[..., str], tmp_path: Path) -> None:
    reader("scrapy", "crawl", "maghress", data="data/demo")
    (tmp_path / "data/demo/feeds/maghress/demo.jsonl").write_bytes(demo_feed())
    document = ROOT / "docs" / "research.md"
    for command in commands(document):
        reader("bash", "-c", command, data="data/demo")
    assert (tmp_path / "data" / "demo" / "report" / "index.html").exists()
    blocks = BLOCK.findall(document.read_text("utf-8"))
    program = "\n".join(code for kind, code in blocks if kind == "python")
    printed = reader(sys.executable, "-W", "error", "-c", program)
    assert all(name in printed for name in ("headline", "replaced", "day"))
    assert (tmp_path / "articles.png").read_bytes().startswith(b"\x89PNG")
    queries = [code for kind, code in blocks if kind == "sql"]
    assert len(queries) == 4
    for number, query in enumerate(queries):
        shown = reader(sys.executable, "-c", f"import duckdb; print(duckdb.sql({query!r}))")
        assert " 0 rows" not in shown, query
        if number < 2:
            assert f"{datetime.now(UTC):%Y}" in shown


def _has_r() -> bool:
    """Return whether R is installed with the one package that the examples need."""
    if not shutil.which("Rscript"):
        return False
    done = subprocess.run(["Rscript", "-e", "library(jsonlite)"], capture_output=True, check=False)
    return done.returncode == 0


@pytest.mark.skipif(
    not _has_r(),
    reason="R is not installed with jsonlite: apt-get install r-base-core r-cran-jsonlite",
)
def test_the_recipes_in_r_run_as_written(reader: Callable[..., str], tmp_path: Path) -> None:
    feed = tmp_path / "data/feeds/maghress/demo.jsonl"
    feed.parent.mkdir(parents=True)
    feed.write_bytes(demo_feed())
    for options in (
        ("corpus",),
        ("table", "--format", "csv", "--edition", "fr"),
        ("data/raw", "--format", "study"),
    ):
        reader("scrapy", "export", "-o", *options)
    records = [
        json.loads(line) for line in (tmp_path / "corpus/articles.jsonl").read_bytes().splitlines()
    ]
    study = min((tmp_path / "data/raw/maghress/fr").iterdir())
    research, export = (
        code.replace("lopinion.json", study.name)
        for name in ("research.md", "export.md")
        for kind, code in BLOCK.findall((ROOT / "docs" / name).read_text("utf-8"))
        if kind == "r"
    )
    printed = reader("Rscript", "-e", f"{research}\ncat(nrow(corpus), nrow(sound), sum(monthly))")
    sound = sum(each["cluster_rank"] == 1 and each["trust"] != "low" for each in records)
    assert printed.split() == [str(len(records)), str(sound), str(sound)]
    assert (tmp_path / "articles-r.png").read_bytes().startswith(b"\x89PNG")
    program = (
        f"{export}\ncat(nrow(corpus), class(corpus$day), sum(nchar(corpus$text), na.rm = TRUE),"
        " nrow(study), sum(is.na(study$day)))"
    )
    french = [each for each in records if each["edition"] == "fr"]
    letters = sum(len(each["text"] or "") for each in french)
    lines = len(study.read_bytes().splitlines())
    expected = [len(french), "Date", letters, lines, 0]
    assert reader("Rscript", "-e", program).split() == list(map(str, expected))


def test_the_record_in_the_readme_is_a_part_of_one() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    shown = json.loads(text.partition("```json")[2].partition("```")[0])
    kinds = get_type_hints(Article)
    assert set(shown) <= set(kinds)
    for name in ("outlet", "copy", "source", "agreement"):
        assert set(shown[name]) <= set(get_type_hints(kinds[name])), name


@pytest.mark.parametrize("name", ["README.md", "docs/crawling.md", "docs/archive.md"])
def test_documented_crawls_run_as_written(
    name: str, reader: Callable[..., str], tmp_path: Path
) -> None:
    typed = commands(ROOT / name)
    for command in typed:
        reader("bash", "-c", command)
    feeds = {file.parent.name for file in (tmp_path / "data" / "feeds").rglob("*.jsonl")}
    crawled = {shlex.split(line)[2] for line in typed if " crawl " in line}
    assert feeds == crawled


def test_documented_exports_run_as_written(reader: Callable[..., str], tmp_path: Path) -> None:
    document = ROOT / "docs" / "export.md"
    reader("scrapy", "crawl", "maghress")
    (feed,) = (tmp_path / "data" / "feeds").rglob("*.jsonl")
    for name, packed in {
        "other/feeds/some.jsonl.gz": gzip.compress(feed.read_bytes()),
        "one/more.jsonl.zst": zstd_compress(feed.read_bytes()),
    }.items():
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_bytes(packed)
    for command in commands(document):
        reader("bash", "-c", command)
    blocks = BLOCK.findall(document.read_text("utf-8"))
    shown = [
        reader(sys.executable, "-W", "error", "-c", f"{code}\nprint(corpus.outlet)")
        if kind == "python"
        else reader(sys.executable, "-c", f"import duckdb; print(duckdb.sql({code!r}))")
        for kind, code in blocks
        if kind in ("python", "sql")
    ]
    assert len(shown) == 2
    assert all("lopinion" in each for each in shown)


def test_the_library_is_called_as_written() -> None:
    (code,) = (
        code
        for kind, code in BLOCK.findall((ROOT / "docs" / "extraction.md").read_text("utf-8"))
        if kind == "python"
    )
    given = {
        "html": SOURCE.body,
        "url": LINK,
        "copy": SimpleNamespace(title=TITLE, text="\n\n".join(TEXT), published=None),
        "zone": ZoneInfo("Africa/Casablanca"),
        "link": LINK,
        "final_url": LINK,
    }
    exec(code, given)  # noqa: S102 - our own document
    page: Any = given["page"]
    assert (page.title, page.authors, page.agreement.text) == (TITLE, ["Salma Idrissi"], 1.0)


def test_other_documented_commands_run_as_written(
    reader: Callable[..., str], tmp_path: Path
) -> None:
    for name in ("CONTRIBUTING.md", "docs/operate.md"):
        for command in commands(ROOT / name):
            # They need a Scrapyd (tests/test_scrapyd.py) or earlier runs (tests/test_status.py).
            if "--post" not in command and " status" not in command:
                assert reader("bash", "-c", command), command
    assert (tmp_path / "units" / "newscrawl-new-maghress.timer").exists()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_names_in_documents_exist(
    document: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my-urls.txt").write_text("https://www.masress.com/a/1\n")
    text = document.read_text("utf-8")
    # The commands of extend.md are those of a user's project and run by tests/test_extend.py.
    for line in [] if document.name in ("extend.md", *GENERATED) else commands(document):
        _understand(line)
    for line in [] if document.name in GENERATED else _INLINE.findall(text):
        _understand(line, inline=True)
    for target in _TARGET.findall(text):
        assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE), target
    for path in _PATH.findall(text):
        assert list(ROOT.glob(path)), path
    for path, name in _TEST.findall(text):
        assert re.search(rf"^def {name}\(", (ROOT / path).read_text("utf-8"), re.MULTILINE), name
    for name in _SETTING.findall(text):
        assert name in _WORDS or name.removeprefix("NEWSCRAWL_") in SETTINGS or name in SETTINGS
    for path, place in _LINK.findall(text):
        target = document.parent / path if path else document
        assert target.exists(), path
        headings = _HEADING.findall(target.read_text("utf-8")) if place else []
        anchors = {re.sub(r"[^\w -]", "", each.lower()).replace(" ", "-") for each in headings}
        assert not place or place in anchors, place


def test_each_guarantee_names_its_tests() -> None:
    text = (ROOT / "docs" / "safety.md").read_text("utf-8")
    for part in text.split("\n## ")[1:]:
        assert _TEST.search(part), part.partition("\n")[0]
    named = {name.strip() for listed in _FAULTS.findall(text) for name in listed.split(",")}
    assert len(named) > 20
    assert named <= {fault.name for fault in FAULTS}


def _understand(line: str, *, inline: bool = False) -> None:
    """Check that a command exists and has the options it is given."""
    _, name, *arguments = shlex.split(line, comments=True)
    if not (ROOT / "newscrawl" / "commands" / f"{name}.py").exists():
        importlib.import_module(f"scrapy.commands.{name}")
        return
    command = importlib.import_module(f"newscrawl.commands.{name}").Command()
    command.settings = SETTINGS
    parser = argparse.ArgumentParser(exit_on_error=False)
    command.add_options(parser)
    if inline:  # a sentence may leave out the value of an option
        known = {name for action in parser._actions for name in action.option_strings}
        assert {part.partition("=")[0] for part in arguments if part.startswith("-")} <= known, line
        return
    options, rest = parser.parse_known_args(arguments)
    assert not [part for part in rest if part.startswith("-")], line
    if name == "crawl" and rest:
        assert rest[0] in SITES or rest[0] == "<site>", line
        if rest[0] in SITES:
            Arguments.parse(SITES[rest[0]], arglist_to_dict(options.spargs))


def test_the_generated_references_are_up_to_date() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "docs" / "generate.py", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"run make docs: {done.stdout}{done.stderr}"
