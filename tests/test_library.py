"""The public API: everything that docs/library.md lists exists, is documented, and works."""

import importlib
import inspect
import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from newscrawl.errors import ExportError
from newscrawl.export import read_records
from newscrawl.items import Article
from tests.support import LINK, SOURCE, TEXT, TITLE, URL, article, web
from tests.test_docs import BLOCK

ROOT = Path(__file__).parent.parent
DOCUMENT = (ROOT / "docs" / "library.md").read_text("utf-8")
NAMES = [
    (module, name)
    for module, names in re.findall(r"^\| `(newscrawl[\w.]+)` \| (.*) \|$", DOCUMENT, re.MULTILINE)
    for name in re.findall(r"`(\w+)`", names)
    if name not in ("name", "site")
]


def write_feed(path: Path, records: list[Article]) -> None:
    import msgspec

    path.parent.mkdir(parents=True)
    path.write_bytes(b"".join(msgspec.json.encode(record) + b"\n" for record in records))


def test_documented_operations_run_as_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    write_feed(
        tmp_path / "data" / "feeds" / "maghress" / "a.jsonl", [article(), article(version=2)]
    )
    code = "\n".join(code for kind, code in BLOCK.findall(DOCUMENT) if kind == "python")
    given = {
        "html": SOURCE.body,
        "url": LINK,
        "copy": SimpleNamespace(title=TITLE, text="\n\n".join(TEXT)),
        "aggregator_html": web().pages[URL].body,
        "aggregator_url": URL,
    }
    exec(code, given)  # noqa: S102 - our own document
    shown = capsys.readouterr().out
    assert "ok 1.0" in shown
    assert "maghress:fr/courrier/101" in shown
    assert "maghress:fr/lopinion/36897 2 2024-03-29T00:00:00+00:00 no_link" in shown
    assert (tmp_path / "corpus/articles.csv").exists()


@pytest.mark.parametrize(("module", "name"), NAMES, ids=".".join)
def test_public_names_exist_and_are_documented(module: str, name: str) -> None:
    found = getattr(importlib.import_module(module), name)
    assert found.__doc__ if inspect.isclass(found) or inspect.isfunction(found) else found


def test_a_damaged_line_is_named(tmp_path: Path) -> None:
    feed = tmp_path / "feeds" / "maghress" / "a.jsonl"
    write_feed(feed, [article()])
    feed.write_bytes(feed.read_bytes() + b'{"id": 5}\n')
    records = read_records(tmp_path)
    assert next(records).id == "maghress:fr/lopinion/36897"
    with pytest.raises(ExportError, match=r"a\.jsonl, line 2: is not a record"):
        next(records)
