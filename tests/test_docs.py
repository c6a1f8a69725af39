"""The documents: the researcher's path is run as written, every other command is understood."""

import argparse
import importlib
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from scrapy.utils.project import get_project_settings

from newscrawl.arguments import Arguments
from newscrawl.network.sites import SITES
from tests.test_crawl import URL, web
from tests.web import crawl

ROOT = Path(__file__).parent.parent
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(r"^ {4,}((?:\S*/)?scrapy .*?)(?:  +#.*)?$", re.MULTILINE)
_LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")


def commands(document: Path) -> list[str]:
    return [line.strip() for line in _COMMAND.findall(document.read_text("utf-8"))]


def test_the_researchers_path_leads_to_figures(tmp_path: Path) -> None:
    crawl(web(), tmp_path / "data" / "demo", urls=URL)
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "SCRAPY_SETTINGS_MODULE": "newscrawl.settings",
        "NEWSCRAWL_DATA": "data/demo",
        "MPLBACKEND": "agg",
    }

    def run(*command: str) -> str:
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout

    document = ROOT / "docs" / "research.md"
    for command in commands(document):
        run("bash", "-c", command)
    assert (tmp_path / "data" / "demo" / "report" / "index.html").exists()
    blocks = _BLOCK.findall(document.read_text("utf-8"))
    run(sys.executable, "-c", "\n".join(code for kind, code in blocks if kind == "python"))
    assert (tmp_path / "articles.png").read_bytes().startswith(b"\x89PNG")
    queries = [code for kind, code in blocks if kind == "sql"]
    assert len(queries) == 2
    for query in queries:
        shown = run(sys.executable, "-c", f"import duckdb; print(duckdb.sql({query!r}))")
        assert "2024" in shown


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_commands_have_their_options_and_links_their_ends(
    document: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my-urls.txt").write_text("https://www.masress.com/a/1\n")
    for line in commands(document):
        _, name, *arguments = shlex.split(line, comments=True)
        if not (ROOT / "newscrawl" / "commands" / f"{name}.py").exists():
            importlib.import_module(f"scrapy.commands.{name}")
            continue
        command = importlib.import_module(f"newscrawl.commands.{name}").Command()
        command.settings = get_project_settings()
        parser = argparse.ArgumentParser(exit_on_error=False)
        command.add_options(parser)
        options, rest = parser.parse_known_args(arguments)
        assert not [part for part in rest if part.startswith("-")], line
        if name == "crawl":
            command.process_options(rest, options)
            assert rest[0] in SITES or rest[0] == "<site>", line
            if rest[0] in SITES:
                Arguments.parse(SITES[rest[0]], options.spargs)
    for target in _LINK.findall(document.read_text("utf-8")):
        assert (document.parent / target).exists(), target
