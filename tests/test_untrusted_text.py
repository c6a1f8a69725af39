"""Untrusted text of pages: everything written of it is safe to display, open and grep."""

import csv
import json
import re
import subprocess
import sys
from pathlib import Path

from newscrawl.aggregator.sites import SITES
from newscrawl.demo.proxy import DemoProxy, Reply
from newscrawl.extraction import Rule, RuleBook
from newscrawl.state import Entry, Ledger, ledger_path
from newscrawl.state.run import now
from tests.support import LINK, TEXT, TITLE, URL, scrapy
from tests.web import HTML, Web, aggregator_page, crawl, outlet_page

EVIL = "\x1b[31m\u202eevil\u2066\u200f\x00\x07\u2028\ud800"
CALL = '=HYPERLINK("https://evil.example","click")'
UNSAFE = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
"""What must not be in a line that is written, but for the line feed at its end."""
METRIC = re.compile(r'newscrawl_\w+\{\w+="[\w-]+"(?:,\w+="[\w-]+")*\} -?[\d.e+]+')


def hostile(answer: Reply) -> Reply:
    """The same page with lone surrogates, as far as bytes can hold them."""
    return Reply(200, HTML, answer.body.replace(b"SURROGATE", b"\xed\xa0\x80 &#xd800;"))


def test_written_files_are_safe(tmp_path: Path) -> None:
    evil = EVIL.encode("utf-8", "ignore").decode() + "SURROGATE"
    number = 101
    pages = {URL: hostile(aggregator_page(f"{CALL} {evil}", [f"{TEXT[0]} {evil}", *TEXT[1:]]))}
    author = f"@SUM(1) {evil}"
    pages[LINK] = hostile(
        outlet_page(f"{CALL} {evil}", TEXT, published="2024-03-29T10:15:00Z", author=author)
    )
    links = {
        "type": Reply(200, {"Content-Type": "image/\x1b[2J\x85\xa0x; a=\x08"}, b"x"),
        "away": Reply(302, {"Location": "/..%2f..%0a\x1b[2J/%e2%80%ae?\xff"}),
        "rejected": Reply(404, HTML, b""),
    }
    for name, answer in links.items():
        number += 1
        link = f"https://www.courrierdusouss.example/{name}"
        date = "29 - 03 - 2089" if name == "rejected" else "29 - 03 - 2024"
        page = aggregator_page(f"{TITLE} {evil}", TEXT, link=link, date=date)
        pages[f"https://www.maghress.com/fr/courrier/{number}"] = hostile(page)
        pages[link] = answer
    small = Web(pages)
    outside = [path for path in pages if "maghress" in path]
    settings = {"LOG_FORMATTER": "tests.shouting.Shouting", "LOG_FILE": str(tmp_path / "log")}
    outcome = crawl(small, tmp_path / "data", urls=",".join(outside), settings=settings)
    assert outcome.report["found"] == 4
    assert outcome.report["exported"] == 3
    assert outcome.report["rejected"] == 1

    log = (tmp_path / "log").read_text("utf-8")
    assert not [line for line in log.split("\n") if UNSAFE.search(line)]
    assert "title \\x1b[2J\\u202e\\ud800\\r\\x85\\u2028end\n  2026-01-01 00:00:00 [forged]" in log
    assert "Logging error" not in outcome.stderr
    assert not [line for line in outcome.stderr.split("\n") if UNSAFE.search(line)]

    written = [path for path in (tmp_path / "data").rglob("*.json*") if path.is_file()]
    kinds = {path.relative_to(tmp_path / "data").parts[0] for path in written}
    assert {"feeds", "rejects", "runs"} <= kinds
    for path in written:
        for line in path.read_text("utf-8").split("\n"):
            assert not UNSAFE.search(line), path
            if path.suffix == ".jsonl" and line:
                # JSON's escapes hide nothing either.
                assert not [s for s in strings(json.loads(line)) if UNSAFE.search(s)], path

    (metrics,) = (tmp_path / "data" / "metrics").glob("*.prom")
    for line in metrics.read_text("utf-8").splitlines():
        assert line.startswith("# ") or METRIC.fullmatch(line), line

    command = [sys.executable, "-m", "scrapy", "export", str(tmp_path / "data" / "feeds")]
    done = subprocess.run(
        [*command, "--format", "csv", "-o", str(tmp_path / "corpus")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    table = tmp_path / "corpus" / "articles.csv"
    rows = list(csv.reader(table.read_text("utf-8").splitlines(keepends=True)))
    assert len(rows) == 4
    cells = [cell for row in rows for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    assert any(cell.startswith("'=HYPERLINK(") for cell in cells)


def test_command_output_is_safe_on_a_terminal(tmp_path: Path) -> None:
    """Hostile text in any file of the data directory."""
    evil = EVIL.replace("\ud800", "").replace("\x00", "") + "\nforged  line"
    ledger = Ledger(ledger_path(tmp_path))
    rule = Rule("evil.example", 1, f"div.{evil}", keep=[evil], title=evil, pages=1)
    ledger.outlets.keep_rules("maghress", "evil.example", RuleBook([rule]).export())
    ledger.articles.find(
        [Entry("maghress:fr/x/1", "maghress", "fr", evil)], "job", now(), attempts=5
    )
    ledger.articles.settle("maghress:fr/x/1", "failed", reason=evil)
    ledger.close()
    feed = tmp_path / "feeds" / "maghress" / "evil.jsonl"
    feed.parent.mkdir(parents=True)
    lines = ({"id": evil, evil: evil}, {"id": 5, "schema": evil}, evil)
    feed.write_text("".join(json.dumps(line) + "\n" for line in lines) + evil + "\n")
    date = "Mon, 01 Jan 2001 00:00:00 +0000 (\x1b[2J\x85)"
    robots = {site.url("/robots.txt"): Reply(headers={"Date": date}) for site in SITES.values()}
    told = []
    with DemoProxy(Web(robots).reply) as proxy:
        for command in (
            ("rules",),
            ("rules", "show", "evil.example"),
            ("rules", "export"),
            ("ledger",),
            ("ledger", "show", "maghress:fr/x/1"),
            ("validate",),
            ("export", "--skip-damaged", "-o", str(tmp_path / "corpus")),
            ("doctor",),
        ):
            _, printed = scrapy(*command, data=tmp_path, **proxy.environment())
            told.append((command[0], printed))
    for name, printed in told:
        assert printed, name
        assert not [line for line in printed.split("\n") if UNSAFE.search(line)], (name, printed)
        assert not [line for line in printed.split("\n") if line.startswith("forged")], name
    shown = dict(told)
    assert "\\x1b[31m" in shown["ledger"]
    assert "its clock says Mon, 01 Jan 2001" in shown["doctor"]
    assert json.loads(dict(told[2:3])["rules"])["title"] == evil


def strings(value: object) -> list[str]:
    """Every text in a JSON value, each of its lines."""
    if isinstance(value, str):
        return value.split("\n")
    if isinstance(value, dict):
        value = [*value, *value.values()]
    return [s for part in value for s in strings(part)] if isinstance(value, list) else []
