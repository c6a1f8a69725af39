"""System faults: a failing disk, a clock set back and kills lose and duplicate nothing."""

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from newscrawl.demo.proxy import DemoProxy, Reply
from newscrawl.state import Entry, Ledger, ledger_path
from newscrawl.state.migrations import SQLITE as MIGRATIONS
from newscrawl.state.run import now
from tests import preloaded
from tests.support import BASE, SOURCE, TEXT, TITLE, listing
from tests.web import Web, aggregator_page, command, environment

ARTICLES = 12
ROWS = 20_000


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Library that makes writes fail and sets the clock back."""
    library = tmp_path_factory.mktemp("faulty") / "faulty.so"
    source = Path(__file__).with_name("faulty.c")
    try:
        subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no library can be preloaded here: {error}")
    return str(library)


@dataclass
class Small(Web):
    """An outlet with a few articles, one of which is rejected for its date."""

    flag: Path | None = None
    """File that is made once half of the pages are fetched."""
    asked: int = 0

    def __post_init__(self) -> None:
        self.pages[BASE] = listing(range(ARTICLES, 0, -1))
        for number in range(1, ARTICLES + 1):
            link = f"https://www.courrierdusouss.example/article/{number}"
            date = "29 - 03 - 2089" if number == 5 else "29 - 03 - 2024"
            self.pages[f"{BASE}/{number}"] = aggregator_page(
                f"{TITLE} ({number})", TEXT, link=link, date=date
            )
            self.pages[link] = SOURCE

    def reply(self, method: str, url: str, headers: Mapping[str, str]) -> Reply:
        self.asked += 1
        if self.flag and self.asked == ARTICLES:
            self.flag.touch()
        return super().reply(method, url, headers)


def run(web: Web, data: Path, **variables: str) -> tuple[int, str]:
    """Crawl in an environment; the exit code and the log."""
    settings = {"ARCHIVE": "1", "FEED_BATCH": "3", "MONITORS": "0"}
    with DemoProxy(web.reply) as proxy:
        done = preloaded.run(
            command("maghress", settings, {"outlets": "courrier", "editions": "fr"}),
            env=environment(proxy, data) | variables,
        )
    return done.returncode, done.stderr


def written(data: Path, kind: str) -> list[str]:
    """Identifiers in all files of a kind."""
    files = (data / kind).rglob("*.jsonl")
    lines = [json.loads(line) for file in files for line in file.open("rb")]
    return sorted(line.get("record", line)["id"] for line in lines)


@pytest.mark.parametrize(
    ("paths", "after"),
    [
        ("/feeds/", 3),
        (".sqlite-wal", 90),
        (".sqlite-wal", 120),
        (".warc.gz", 9),
        ("/rejects/", 0),
    ],
)
def test_a_write_that_fails_ends_the_run_and_the_next_one_completes_it(
    faulty: str, tmp_path: Path, paths: str, after: int
) -> None:
    variables = {"LD_PRELOAD": faulty, "FAULTY_PATHS": paths, "FAULTY_AFTER": str(after)}
    code, said = run(Small(), tmp_path, **variables)
    assert code == 1, said
    assert "cannot be written" in said
    assert "Traceback" not in said
    for path in (tmp_path / "runs").glob("*.json"):  # only what is committed is counted
        report = json.loads(path.read_text())
        assert sum(report["sources"].values()) == report["exported"]
        assert max(report["filled"].values()) <= report["exported"]
    code, said = run(Small(), tmp_path)
    assert code == 0, said
    expected = [f"maghress:fr/courrier/{n}" for n in range(1, ARTICLES + 1) if n != 5]
    assert written(tmp_path, "feeds") == sorted(expected)
    assert set(written(tmp_path, "rejects")) == {"maghress:fr/courrier/5"}


def test_a_clock_set_back_does_not_delay_a_run(faulty: str, tmp_path: Path) -> None:
    flag = tmp_path / "back"
    data = tmp_path / "data"
    code, said = run(Small(flag=flag), data, LD_PRELOAD=faulty, FAULTY_CLOCK=str(flag))
    assert code == 0, said
    assert flag.exists()
    assert len(written(data, "feeds")) == ARTICLES - 1
    (report,) = (data / "runs").glob("*.json")
    assert 0 < json.loads(report.read_text())["seconds"] < 120


def killed(code: str, chance: random.Random, longest: float) -> None:
    """Run code and kill it at a random time after it has said that it begins."""
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=os.environ
    )
    assert process.stdout
    process.stdout.readline()
    time.sleep(chance.uniform(0, longest))
    process.send_signal(signal.SIGKILL)
    process.communicate()


def test_a_ledger_whose_migration_is_killed_keeps_its_rows(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    with sqlite3.connect(path) as db:
        for statement in ";\n".join(list(MIGRATIONS.values())[:4]).split(";\n"):
            db.execute(statement)
        db.executemany(
            "INSERT INTO articles (id, site, edition, outlet, state, job, found)"
            " VALUES (?, 'maghress', 'fr', 'x', 'found', 'a', ?)",
            ((f"maghress:fr/x/{number}", now()) for number in range(ROWS)),
        )
        db.execute("PRAGMA user_version = 4")
    db.close()
    code = f"""
from pathlib import Path
from newscrawl.state import Ledger
print(flush=True)
Ledger(Path({str(path)!r}))
"""
    chance = random.Random(3)
    for _ in range(6):
        killed(code, chance, 0.2)
    ledger = Ledger(path)
    assert ledger.articles.counts("a") == {"found": ROWS}
    ledger.close()


def test_a_killed_forget_removes_all_articles_or_none(tmp_path: Path) -> None:
    ledger = Ledger(ledger_path(tmp_path))
    entries = [Entry(f"maghress:fr/x/{n}", "maghress", "fr", "x") for n in range(ROWS)]
    assert len(list(ledger.articles.find(entries, "a", now(), attempts=5))) == ROWS
    code = f"""
from pathlib import Path
from newscrawl.state import Ledger, Scope, ledger_path
ledger = Ledger(ledger_path(Path({str(tmp_path)!r})))
print(flush=True)
ledger.articles.drop(Scope(site="maghress"))
"""
    chance = random.Random(4)
    for _ in range(6):
        killed(code, chance, 0.06)
        assert ledger.articles.counts("a") in ({"found": ROWS}, {})
    ledger.close()
