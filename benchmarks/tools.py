"""Check that other tools read an export correctly: rows, types and days.

    pip install 'newscrawl[export,tools]'
    python -m benchmarks.tools --data data/demo

Exports the feeds of a data directory to every format, and has it parsed by Hugging Face
``datasets``, ``mlcroissant``, ``csvclean`` and ``check-jsonschema``. Prints a line per check; exits
1 if one fails. Needs no network.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from newscrawl.export import FORMATS

TOOLS = Path(sys.executable).parent


def export(data: Path, output: Path, name: str, *options: str) -> None:
    """Run the command."""
    subprocess.run(
        [TOOLS / "scrapy", "export", "-o", output, "--format", name, *options],
        env=os.environ | {"NEWSCRAWL_DATA": str(data)},
        stdout=subprocess.DEVNULL,
        check=True,
    )


def truth(directory: Path) -> dict[str, Any]:
    """The records of an export to JSON Lines, by identifier."""
    with (directory / "articles.jsonl").open(encoding="utf-8") as lines:
        return {record["id"]: record for record in map(json.loads, lines)}


def rows(directory: Path) -> int:
    """The number of rows that an export says it has."""
    package = json.loads((directory / "datapackage.json").read_text("utf-8"))
    tables = ("coverage.csv", "outlets.csv")
    data = (each for each in package["resources"] if each["path"] not in tables)
    return sum(resource["records"] for resource in data)


def hugging_face(directory: Path, records: dict[str, Any], cache: Path) -> bool:
    """Whether ``load_dataset`` gives each row with its own text, timestamp and day."""
    from datasets import load_dataset

    table = load_dataset(str(directory), split="train", cache_dir=str(cache))
    if table.num_rows != rows(directory):
        return False
    for row in table:
        true = records.get(row.get("id"), {})
        for name in ("title", "text", "published", "lead"):
            if name in row and name in true and row[name] != true[name]:
                return False
        if true and "day" in row and row["day"].isoformat() != true["day"]:
            return False
    return True


def croissant(directory: Path) -> bool:
    """Whether mlcroissant accepts the metadata, and gives every row of a single file."""
    import mlcroissant

    dataset = mlcroissant.Dataset(jsonld=str(directory / "croissant.json"))
    if dataset.metadata.issues.errors:
        return False
    files = dataset.metadata.distribution
    return len(files) > 1 or sum(1 for _ in dataset.records("articles")) == rows(directory)


def succeeds(*command: object) -> bool:
    """Whether a tool exits with 0."""
    return not subprocess.run(list(map(str, command)), capture_output=True, check=False).returncode


def checks(data: Path, directory: Path) -> Iterator[tuple[str, bool]]:
    """Every check with its result."""
    export(data, directory / "jsonl", "jsonl")
    records = truth(directory / "jsonl")
    for name, chosen in FORMATS.items():
        if name != "jsonl":
            export(data, directory / name, name)
        yield f"datasets {name}", hugging_face(directory / name, records, directory / "cache")
        yield f"mlcroissant {name}", croissant(directory / name)
        if chosen.format == "csv":
            file = directory / name / "articles.csv"
            yield f"csvclean {name}", succeeds(TOOLS / "csvclean", "--length-mismatch", file)
    export(data, directory / "bom", "csv", "--bom")
    yield "datasets csv --bom", hugging_face(directory / "bom", records, directory / "cache")
    schema, sample = directory / "schema.json", directory / "record.json"
    printed = subprocess.run([TOOLS / "scrapy", "schema"], capture_output=True, check=True).stdout
    schema.write_bytes(printed)
    feed = next((data / "feeds").rglob("*.jsonl"))
    with feed.open("rb") as lines:
        sample.write_bytes(next(lines))
    tool = TOOLS / "check-jsonschema"
    yield "check-jsonschema", succeeds(tool, "--schemafile", schema, sample)


def main() -> int:
    """Export, check, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="a data directory with feeds")
    os.environ["HF_HUB_OFFLINE"] = "1"
    good = True
    with tempfile.TemporaryDirectory() as directory:
        for name, passed in checks(parser.parse_args().data.resolve(), Path(directory)):
            print(f"{'passed' if passed else 'FAILED':<8}{name}", flush=True)
            good = good and passed
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
