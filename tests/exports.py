"""Small feeds, and runs of the export command on them."""

import contextlib
import dataclasses
import io
import json
import os
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
from scrapy.cmdline import execute

from newscrawl.export.columns import COLUMNS
from newscrawl.items import Agreement, Article, Copy, Crawl, Image, Outlet, Source
from tests import preloaded

ROOT = Path(__file__).parent.parent
FIRST, SECOND = "2026-01-01T00:00:00+00:00", "2026-02-01T00:00:00+00:00"


def article(
    number: int, *, outlet: str = "lopinion", edition: str = "fr", **changes: Any
) -> Article:
    """A record as the crawl writes it, with changes."""
    site = changes.get("aggregator", "maghress")
    record = Article(
        id=f"{site}:{edition}/{outlet}/{number}",
        aggregator="maghress",
        country="MA",
        edition=edition,  # type: ignore[arg-type]
        url=f"https://www.maghress.com/{edition}/{outlet}/{number}",
        outlet=Outlet(slug=outlet, name=outlet.title(), domain=f"{outlet}.example"),
        title=f"Titre {number}",
        text=f'Première phrase {number}.\n\nنص عربي، وفاصلة "منقوطة".',
        authors=["Aïcha Alami", "ب. ج."],
        section="Société",
        images=[Image("https://x.example/a.jpg", "Une légende", None)],
        published=f"2024-03-{number % 28 + 1:02}T00:00:00+00:00",
        published_precision="day",
        origin="source",
        copy=Copy(title=f"Titre {number}", truncated=True),
        source=Source(status="ok", http=200, redirects=["https://x.example/old"]),
        agreement=Agreement(title=1, text=0.75, contained=0.5, days=-1),
        crawl=Crawl(job="one", spider="maghress", version="1", exported=FIRST),
    )
    return dataclasses.replace(record, **changes)


def lines(records: Iterable[Article]) -> bytes:
    return b"".join(msgspec.json.encode(record) + b"\n" for record in records)


def put(data: Path, records: Iterable[Article], name: str = "one", site: str = "maghress") -> Path:
    """A feed in a data directory."""
    path = data / "feeds" / site / f"{name}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(lines(records))
    return path


def run(
    data: Path, *arguments: object, limits: str = "", **environment: str
) -> subprocess.CompletedProcess[str]:
    """The real command, under limits set by the shell."""
    command = [*preloaded.SCRAPY, "export", *map(str, arguments)]
    if limits:
        command = ["bash", "-c", f'{limits}; exec "$@"', "-", *command]
    return preloaded.run(
        command, cwd=ROOT, env=os.environ | {"NEWSCRAWL_DATA": str(data)} | environment
    )


def real(data: Path, *arguments: object) -> str:
    """What the real command prints of an export that it makes."""
    done = run(data, *arguments)
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    return done.stdout


def quick(data: Path, *arguments: object) -> tuple[int, str]:
    """Exit code and output of the command in this process, where starting costs nothing."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out), contextlib.chdir(ROOT):
        try:
            execute(["scrapy", "export", "-s", f"NEWSCRAWL_DATA={data}", *map(str, arguments)])
        except SystemExit as end:
            return int(end.code or 0), out.getvalue()
    raise AssertionError("Scrapy exits after a command")


def good(data: Path, *arguments: object) -> str:
    code, told = quick(data, *arguments)
    assert code == 0, told
    return told


def refused(data: Path, *arguments: object) -> str:
    """Error message of an export that fails."""
    code, told = quick(data, *arguments)
    assert code != 0, told
    return told


def ids(path: Path) -> list[str]:
    return [json.loads(line)["id"].partition("/")[2] for line in path.open(encoding="utf-8")]


def files(directory: Path) -> list[str]:
    return sorted(
        path.relative_to(directory).as_posix() for path in directory.rglob("*") if path.is_file()
    )


DESCRIPTIONS = [
    *("CITATION.cff", "README.md", "coverage.csv", "croissant.json", "datapackage.json"),
    "outlets.csv",
]


def data_files(package: Any) -> list[Any]:
    """The resources of a data package that hold the corpus, without the tables of coverage."""
    return [each for each in package["resources"] if each["path"] not in DESCRIPTIONS]


def exported(path: Path) -> list[Any]:
    """The records of an exported file, without the columns that the export adds."""
    read = [json.loads(line) for line in path.open(encoding="utf-8")]
    return [{name: record[name] for name in record if name not in COLUMNS} for record in read]


def columns(path: Path, name: str) -> dict[str, Any]:
    """A column of an exported file, by the numbers of the articles."""
    read = map(json.loads, path.open(encoding="utf-8"))
    return {record["id"].rpartition("/")[2]: record[name] for record in read}


def as_json(records: Iterable[Article]) -> list[Any]:
    return [msgspec.to_builtins(record) for record in records]


RECORDS = [
    article(2),
    article(1, authors=[], section=None, text=None, images=[], agreement=Agreement()),
    article(7, outlet="alalam", edition="ar"),
    article(3, outlet="lakome", aggregator="masress"),
]
ORDERED = [RECORDS[2], RECORDS[1], RECORDS[0], RECORDS[3]]
"""By site, edition, outlet and day."""
