"""Columns that an export adds, selection by them, and the export's description."""

import contextlib
import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import polars
import pytest
from frictionless import validate
from scrapy.cmdline import execute

from newscrawl import __version__
from newscrawl.export.columns import COLUMNS
from newscrawl.export.sample import draw
from newscrawl.export.selection import Selection
from newscrawl.items import Agreement, Article, Copy, Crawl, Image, Source
from tests.corpora import demo_feed, demo_records
from tests.exports import (
    ROOT,
    SECOND,
    article,
    as_json,
    columns,
    exported,
    good,
    ids,
    put,
    real,
    refused,
)

LONG = " ".join(f"Le conseil a voté la mesure numéro {n} du plan." for n in range(20))


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with the demo network's records."""
    data = tmp_path_factory.mktemp("demo")
    (data / "feeds/demo").mkdir(parents=True)
    (data / "feeds/demo/all.jsonl").write_bytes(demo_feed())
    return data


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def package(directory: Path) -> Any:
    return json.loads((directory / "datapackage.json").read_text("utf-8"))


# --- Clusters and trust ---------------------------------------------------------------------------


def test_a_selection_without_duplicates_keeps_each_text(tmp_path: Path) -> None:
    def printed(outlet: str, minute: int) -> Article:
        when = f"2024-03-01T09:{minute:02}:00+00:00"
        return article(
            minute, outlet=outlet, text=LONG, published=when, published_precision="second"
        )

    put(tmp_path, [printed("b", 37), printed("a", 36), printed("c", 38)])
    good(tmp_path, "-o", tmp_path / "all", "--no-duplicates")
    assert ids(tmp_path / "all/articles.jsonl") == ["a/36"]
    assert columns(tmp_path / "all/articles.jsonl", "cluster_size") == {"36": 3}
    told = good(tmp_path, "-o", tmp_path / "some", "--no-duplicates", "--outlet", "b,c")
    assert ids(tmp_path / "some/articles.jsonl") == ["b/37"]
    assert "lines 3 = exported 1 + not selected 1 + duplicates 1" in told

    good(tmp_path, "-o", tmp_path / "with")
    with_all = tmp_path / "with/articles.jsonl"
    assert columns(with_all, "cluster_rank") == {"36": 1, "37": 2, "38": 3}
    assert columns(with_all, "cluster_match") == {"36": None, "37": "exact", "38": "exact"}
    assert columns(with_all, "cluster_similarity")["37"] == 1.0
    assert set(columns(with_all, "cluster").values()) == {"maghress:fr/a/36"}


def test_trust_selects(tmp_path: Path) -> None:
    whole: dict[str, Any] = {"text": LONG, "copy": Copy(title="Titre", text=LONG)}
    agreed = article(1, **whole, agreement=Agreement(title=1, text=1, contained=1, days=0))
    alone = article(2, **whole, origin="aggregator", agreement=Agreement())
    cut = article(3, **whole | {"copy": Copy(truncated=True)}, origin="aggregator")
    put(tmp_path, [agreed, alone, cut])
    for level, numbers in {"high": ["1"], "check": ["1", "2"]}.items():
        good(tmp_path, "-o", tmp_path / level, "--trust", level)
        assert [
            each.partition("/")[2] for each in ids(tmp_path / level / "articles.jsonl")
        ] == numbers
    good(tmp_path, "-o", tmp_path / "all")
    assert columns(tmp_path / "all/articles.jsonl", "trust_reasons")["3"][0] == "cut"
    assert package(tmp_path / "all")["newscrawl"]["counts"]["trust"] == {
        "check": 1,
        "high": 1,
        "low": 1,
    }


# --- Versions -------------------------------------------------------------------------------------


def test_all_versions_with_what_changed(tmp_path: Path) -> None:
    changed = article(
        1, title="Corrigé", version=2, changed=["title"], crawl=Crawl(exported=SECOND)
    )
    put(tmp_path, [changed, article(2)], "a")
    put(tmp_path, [article(1), article(1)], "b")
    told = good(tmp_path, "-o", tmp_path / "all", "--versions", "all")
    assert "lines 4 = exported 3 + earlier versions 1" in told
    records = [json.loads(line) for line in (tmp_path / "all/articles.jsonl").open("rb")]
    assert [(r["title"], r["changed"], r["latest"]) for r in records] == [
        ("Titre 1", [], False),
        ("Corrigé", ["title"], True),
        ("Titre 2", [], True),
    ]
    assert {r["cluster_size"] for r in records} == {1}  # versions are no duplicates


# --- Search ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("phrase", "text", "found"),
    [
        ("الأسرة", "وزارة الاسره والتضامن", True),
        ("مدرسه", "فتحت المدرسةُ أبوابها", False),
        ("*مدرسه", "فتحت المـدرسةُ أبوابها", True),
        ("على", "علي باب المدينة", True),
        ("ecole", "L'École de Fès", True),
        ("ecole", "Les écoles de Fès", False),
        ("ecole*", "Les écoles de Fès", True),
        ("conseil communal", "Le Conseil\ncommunal", True),
        ("conseil communal", "Le conseil très communal", False),
        ("a.b", "aXb", False),
    ],
)
def test_phrases_are_found_in_any_spelling(phrase: str, text: str, found: bool) -> None:
    selection = Selection(grep=("introuvable", phrase))
    assert selection.wants(Article(text=text)) == found
    assert selection.wants(Article(title=text)) == found


def test_grep_as_an_argument(tmp_path: Path) -> None:
    put(tmp_path, [article(1, title="الأُسْـرة"), article(2), article(3, text="L'été à Fès")])
    good(tmp_path, "-o", tmp_path / "out", "--grep", "الاسرة", "--grep", "fes")
    assert ids(tmp_path / "out/articles.jsonl") == ["lopinion/1", "lopinion/3"]
    assert "holds no word" in refused(tmp_path, "-o", tmp_path / "no", "--grep", "*")


# --- Samples and coding sheets --------------------------------------------------------------------


def test_a_sample_is_stratified_and_the_same_for_its_seed(demo: Path, tmp_path: Path) -> None:
    good(demo, "-o", tmp_path / "one", "--sample", 100, "--seed", 5)
    good(demo, "-o", tmp_path / "two", "--sample", 100, "--seed", 5)
    good(demo, "-o", tmp_path / "other", "--sample", 100, "--seed", 6)
    one, two, other = (rows(tmp_path / name / "articles.csv") for name in ("one", "two", "other"))
    assert one == two != other
    assert len(one) == 100
    assert {row["coder"] + row["code"] + row["note"] for row in one} == {""}
    drawn: dict[str, int] = {}
    for row in one:
        drawn[row["newspaper"]] = drawn.get(row["newspaper"], 0) + 1
    assert len(drawn) >= 20
    assert package(tmp_path / "one")["newscrawl"]["filters"] == {"sample": 100, "seed": 5}


def test_strata_get_their_share_of_a_sample() -> None:
    sizes = {"a": 600, "b": 300, "c": 100}
    articles = [(f"{name}{n}", name) for name, size in sizes.items() for n in range(size)]
    drawn = draw(sizes, articles, 10, seed=1)
    assert sorted(article[0] for article in drawn) == list("aaaaaabbbc")
    assert drawn != draw(sizes, articles, 10, seed=2)
    assert sorted(draw(sizes, articles, 5000, seed=1)) == sorted(name for name, _ in articles)


def test_a_sample_in_another_format(demo: Path, tmp_path: Path) -> None:
    good(demo, "-o", tmp_path / "few.jsonl", "--sample", 7)
    assert len(ids(tmp_path / "few.jsonl")) == 7


# --- What may be published ------------------------------------------------------------------------


def test_identifiers_contain_no_text(demo: Path, tmp_path: Path) -> None:
    good(demo, "-o", tmp_path / "ids", "--identifiers")
    written = (tmp_path / "ids/articles.csv").read_text("utf-8")
    for record, _ in demo_records():
        assert record.id in written
        assert (record.title or "") not in written
        assert all(name not in written for name in record.authors)
    first = rows(tmp_path / "ids/articles.csv")[0]
    assert re.fullmatch("[0-9a-f]{64}", first["text_sha256"])
    assert int(first["words"]) > 10
    card = (tmp_path / "ids/README.md").read_text("utf-8")
    assert "license: cc0-1.0" in card


def rebuild(data: Path, *arguments: object) -> tuple[int, str]:
    """Exit code and output of ``scrapy rebuild`` in this process."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out), contextlib.chdir(ROOT):
        try:
            execute(["scrapy", "rebuild", "-s", f"NEWSCRAWL_DATA={data}", *map(str, arguments)])
        except SystemExit as end:
            return int(end.code or 0), out.getvalue()
    raise AssertionError("Scrapy exits after a command")


def test_a_corpus_is_rebuilt_from_its_identifiers(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    put(here, [article(1), article(2), article(3), article(4)])
    good(here, "-o", tmp_path / "ids", "--identifiers")
    good(here, "-o", tmp_path / "own")
    listed = tmp_path / "ids/articles.csv"
    code, told = rebuild(here, "-o", tmp_path / "again", listed)
    assert code == 0, told
    assert "listed 4 = as listed 4 + changed 0 + missing 0" in told
    assert package(tmp_path / "again")["id"] == package(tmp_path / "own")["id"]
    # Elsewhere one was changed since, one changed for good, one was never collected.
    later = Crawl(exported=SECOND)
    since = article(1, text="Tout autre.", version=2, crawl=later)
    put(there, [article(1), since, article(2, text="Autre."), article(3), article(9)])
    code, told = rebuild(there, "-o", tmp_path / "new", listed)
    assert code == 1
    assert "listed 4 = as listed 2 + changed 1 + missing 1" in told
    assert ids(tmp_path / "new/articles.jsonl") == ["lopinion/1", "lopinion/2", "lopinion/3"]
    assert rows(tmp_path / "new/missing.csv") == [
        {"id": article(2).id, "url": article(2).url, "reason": "changed"},
        {"id": article(4).id, "url": article(4).url, "reason": "missing"},
    ]
    assert (tmp_path / "new/missing-urls.txt").read_text() == f"{article(4).url}\n"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("id,url\n", "it has no column text_sha256"),
        ("id,url,text_sha256\na,https://elsewhere.example/,0\n", "is not a URL of the network"),
        ("\udcff", "cannot be read"),
    ],
)
def test_an_invalid_list_of_identifiers_is_named(tmp_path: Path, content: str, told: str) -> None:
    put(tmp_path, [article(1)])
    listed = tmp_path / "list.csv"
    listed.write_bytes(content.encode(errors="surrogateescape"))
    code, said = rebuild(tmp_path, "-o", tmp_path / "out", listed)
    assert code == 1
    assert told in said


def test_bylines_are_hashed_with_a_key(tmp_path: Path) -> None:
    record = article(
        1,
        copy=Copy(title="T", byline="Aïcha Alami"),
        source=Source(status="ok", authors=["Aïcha Alami"]),
        images=[Image("https://x.example/a.jpg", None, "Aïcha Alami")],
    )
    put(tmp_path, [record, article(2, authors=[])])
    for key in ("one", "two"):
        good(tmp_path, "-o", tmp_path / key, "--hash-bylines", key)
    texts = [(tmp_path / key / "articles.jsonl").read_text("utf-8") for key in ("one", "two")]
    assert all("Alami" not in text for text in texts)
    first = json.loads(texts[0].splitlines()[0])
    assert first["copy"]["byline"] == first["authors"][0] == first["source"]["authors"][0]
    assert first["authors"] != json.loads(texts[1].splitlines()[0])["authors"]
    real(tmp_path, "-o", tmp_path / "three", "--hash-bylines", "secret-key")
    described = (tmp_path / "three/datapackage.json").read_text("utf-8")
    assert "--hash-bylines KEY" in described
    assert "secret-key" not in described


# --- Descriptions ---------------------------------------------------------------------------------


def test_the_corpus_id_is_that_of_the_records(demo: Path, tmp_path: Path) -> None:
    found = set()
    for name in ("jsonl", "csv", "parquet", "identifiers"):
        good(demo, "-o", tmp_path / name, "--format", name)
        corpus = package(tmp_path / name)["id"]
        for file in ("README.md", "CITATION.cff", "croissant.json"):
            assert corpus in (tmp_path / name / file).read_text("utf-8")
        found.add(corpus)
    good(demo, "-o", tmp_path / "again", tmp_path / "jsonl/articles.jsonl")
    found.add(package(tmp_path / "again")["id"])
    assert len(found) == 1
    good(demo, "-o", tmp_path / "fewer", "--edition", "fr")
    assert package(tmp_path / "fewer")["id"] not in found


@pytest.mark.parametrize(
    "arguments",
    [
        "--format jsonl",
        "--format csv --bom",
        "--format parquet",
        "--format study",
        "--format differences",
        "--format survival",
        "--identifiers",
        "--sample 20",
    ],
)
def test_frictionless_accepts(demo: Path, tmp_path: Path, arguments: str) -> None:
    good(demo, "-o", tmp_path / "out", "--outlet", "riftelegraphe,niletimes", *arguments.split())
    report = validate(str(tmp_path / "out/datapackage.json"))
    assert report.valid, report.flatten(["path", "rowNumber", "fieldName", "message"])[:5]


def test_polars_parses_the_right_types_and_days(demo: Path, tmp_path: Path) -> None:
    good(demo, "-o", tmp_path / "all.parquet")
    table = polars.read_parquet(tmp_path / "all.parquet")
    assert table.height == len(demo_records())
    days = dict(zip(table["id"], table["day"], strict=True))
    assert all(days[r.id].isoformat() == (r.published or "")[:10] for r, _ in demo_records())
    assert table.schema["cluster_size"] == polars.Int64


def test_the_card_lists_data_files_types_and_languages(demo: Path, tmp_path: Path) -> None:
    good(demo, "-o", tmp_path / "out")
    head, _, rest = (tmp_path / "out/README.md").read_text("utf-8")[4:].partition("\n---\n")
    assert '    - "articles.jsonl"' in head
    assert "language:\n- ar\n- en\n- fr\n" in head
    # A timestamp as a string would be converted to UTC.
    assert '  - name: "published"\n    dtype: json' in head
    assert '  - name: "day"\n    dtype: date32' in head
    assert all(f"| `{name}` |" in rest for name in COLUMNS)


def test_csv_for_excel_has_a_byte_order_mark(demo: Path, tmp_path: Path) -> None:
    good(demo, "-o", tmp_path / "a.csv", "--bom")
    assert (tmp_path / "a.csv").read_bytes().startswith(b"\xef\xbb\xbfid,schema,")
    assert "--bom is for CSV" in refused(demo, "-o", tmp_path / "a.jsonl", "--bom")


def test_an_export_of_an_export_has_each_column_once(tmp_path: Path) -> None:
    put(tmp_path, [article(1), article(2)])
    good(tmp_path, "-o", tmp_path / "one")
    good(tmp_path, "-o", tmp_path / "two", tmp_path / "one/articles.jsonl")
    one, two = (tmp_path / name / "articles.jsonl" for name in ("one", "two"))
    assert one.read_bytes() == two.read_bytes()
    assert exported(two) == as_json([article(1), article(2)])


def test_the_citation_names_the_version() -> None:
    assert f"\nversion: {__version__}\n" in (ROOT / "CITATION.cff").read_text("utf-8")


def test_documented_commands_use_separate_directories() -> None:
    typed = re.compile(r"^ {4}scrapy (?:export|rebuild) -o ([\w-]+)\S* (.*)$", re.MULTILINE)
    texts = [(ROOT / "docs" / name).read_text("utf-8") for name in ("export.md", "research.md")]
    exports, others = (typed.findall(text) for text in texts)
    directories = [directory for directory, _ in exports]
    assert len(directories) == len(set(directories)) > 5
    # Those of the other document replace what they wrote before, and nothing of these.
    assert all("--overwrite" in options for _, options in others)
    assert not {directory for directory, _ in others} & set(directories)
