"""Write the dataset card (``README.md``) and the citation of an export.

The card's YAML header is for Hugging Face: it lists the data files and the type of each column.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from newscrawl import __version__
from newscrawl.export.facts import Facts
from newscrawl.export.package import LICENCE_NOTE
from newscrawl.export.record_fields import Field

CARD = "README.md"
"""File of the card."""

CITATION = "CITATION.cff"
"""File of the citation."""

_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (10**6, "100K<n<1M"))
_LARGEST = "1M<n<10M"
_MOST_LISTED = 200


def card(facts: Facts) -> str:
    """Return the text of ``README.md``."""
    lines = ["---", *_head(facts), "---", "", f"# {facts.title}", ""]
    lines += [
        "Articles of news outlets as found by way of press aggregators. Each has two versions, the",
        "aggregator's copy and the outlet's own page; `trust` says how far title and text are",
        f"confirmed. Made with newscrawl {__version__} on {facts.created:%Y-%m-%d}.",
        "",
        f"- **Corpus id**: `{facts.corpus}` (a hash of the records, the same in every format)",
        f"- **Records**: {facts.counts.exported}, published {facts.first} to {facts.last}",
        f"- **Format**: {facts.format}, {len(facts.files)} "
        + ("file" if len(facts.files) == 1 else "files"),
        f"- **Command**: `{facts.command}`",
        "",
        "## Counts",
        "",
        *_table("language", facts.languages),
        *_table("edition", facts.editions),
        *_table("trust", facts.trust),
        *_table("source status", facts.status),
        *_table("newspaper", facts.newspapers),
    ]
    if facts.agencies:
        lines += _table("agency", facts.agencies)
    lines += ["## How it was made", "", *_made(facts), ""]
    lines += ["## Known gaps", "", *_gaps(facts), ""]
    lines += ["## Columns", "", "| column | type | meaning |", "|---|---|---|"]
    for field in facts.chosen.fields():
        lines.append(f"| `{field.name}` | {field.format or field.kind} | {field.description} |")
    lines += ["", "## Licence", ""]
    lines.append(LICENCE_NOTE if facts.chosen.texts else "Identifiers, hashes and counts: CC0-1.0.")
    lines += ["", "## Citation", "", f"> {citation_line(facts)}", ""]
    return "\n".join(lines)


def citation_line(facts: Facts) -> str:
    """Return how to cite the export, in one sentence."""
    return (
        f"{facts.title}; collected with newscrawl {__version__}, "
        f"exported {facts.created:%Y-%m-%d}, corpus {facts.corpus}."
    )


def citation(facts: Facts) -> str:
    """Return the text of ``CITATION.cff``."""
    return "\n".join(
        [
            "cff-version: 1.2.0",
            "type: dataset",
            "message: Cite the outlets, the aggregators and this corpus by its id.",
            f'title: "{facts.title}"',
            "authors:",
            "  - name: newscrawl",
            f'version: "{facts.created:%Y.%m.%d}"',
            f"date-released: {facts.created:%Y-%m-%d}",
            "identifiers:",
            "  - type: other",
            f'    value: "{facts.corpus}"',
            "    description: Corpus id, a hash of the records",
            "",
        ]
    )


def _head(facts: Facts) -> Iterable[str]:
    """Return the YAML header: simple enough to need no library."""
    chosen = facts.chosen
    yield f'pretty_name: "{facts.title}"'
    if languages := sorted(filter(None, facts.languages)):
        yield "language:"
        yield from (f"- {language}" for language in languages)
    yield "license: other" if chosen.texts else "license: cc0-1.0"
    if chosen.texts:
        yield "license_name: no-open-licence"
        yield "license_link: README.md"
    sizes = (name for limit, name in _SIZES if facts.counts.exported < limit)
    yield f"size_categories:\n- {next(sizes, _LARGEST)}"
    yield "tags:\n- news\n- newscrawl"
    yield "configs:"
    yield "- config_name: default"
    yield "  data_files:"
    yield "  - split: train"
    yield "    path:"
    yield from (f'    - "{file.path}"' for file in facts.files)
    if chosen.format == "csv":
        # Otherwise a title such as "NA" or "null" would be taken for a missing value.
        yield "  keep_default_na: false"
        yield '  na_values:\n  - ""'
        if facts.bom:
            yield "  encoding: utf-8-sig"
    if chosen.format != "parquet":  # which includes its types
        yield "dataset_info:"
        yield "  features:"
        for field in chosen.fields():
            yield from _feature(field, "  ", is_json=chosen.format == "jsonl")


def _feature(field: Field, indent: str, *, is_json: bool) -> Iterable[str]:
    yield f'{indent}- name: "{field.name}"' if field.name else f"{indent}-"
    yield from _type(field, indent + "  ", is_json=is_json)


def _type(field: Field, indent: str, *, is_json: bool) -> Iterable[str]:
    match field.kind:
        case "object":
            yield f"{indent}struct:"
            for inner in field.inner:
                yield from _feature(inner, indent, is_json=is_json)
        case "array" if is_json:
            (element,) = field.inner
            if element.kind == "object":
                yield f"{indent}list:"
                for inner in element.inner:
                    yield from _feature(inner, indent, is_json=is_json)
            else:
                yield f"{indent}list: {_scalar(element, is_json=is_json)}"
        case _:
            yield f"{indent}dtype: {_scalar(field, is_json=is_json)}"


def _scalar(field: Field, *, is_json: bool) -> str:
    if field.format == "date":
        return "date32"
    if field.format == "date-time" and is_json:
        # As a timestamp it would be converted to UTC, which may change the day.
        return "json"
    return {"integer": "int64", "number": "float64", "boolean": "bool"}.get(field.kind, "string")


def _table(name: str, counts: Mapping[str, int]) -> list[str]:
    most = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    rows = [f"| {key or 'unknown'} | {count} |" for key, count in most[:_MOST_LISTED]]
    if len(most) > _MOST_LISTED:
        rows.append(f"| {len(most) - _MOST_LISTED} more | see `datapackage.json` |")
    return [f"| {name} | records |", "|---|---|", *rows, ""]


def _made(facts: Facts) -> Iterable[str]:
    counts = facts.counts
    yield (
        f"{counts.lines} lines of {facts.feeds} feeds = {counts.exported} exported + "
        f"{counts.earlier} earlier versions + {counts.unwanted} outside the selection + "
        f"{counts.duplicates} duplicates + {counts.not_drawn} not drawn + {counts.damaged} damaged."
    )
    filters: dict[str, Any] = facts.filters
    yield (
        "Filters: " + ", ".join(f"{name} = {value}" for name, value in filters.items())
        if filters
        else "No filters."
    )
    if facts.hashed_bylines:
        yield "Names of authors are keyed hashes; names within the texts are as printed."


def _gaps(facts: Facts) -> Iterable[str]:
    total = facts.counts.exported
    copies = facts.origin.get("aggregator", 0)
    yield f"- {copies} of {total} texts are the aggregator's copy: the source could not be used."
    low, check = facts.trust.get("low", 0), facts.trust.get("check", 0)
    yield f"- {low} texts are cut, damaged or contradicted (`trust` is `low`), {check} unconfirmed."
    if facts.clusters:
        groups, articles = facts.clusters
        yield f"- {articles} articles share their text with others, in {groups} clusters."
    if facts.tables:
        silent, failed = (facts.gaps.get(gap, 0) for gap in ("silent", "failed"))
        yield (
            f"- Outlets that print daily are silent on {silent} days, and articles discovered on "
            f"{failed} days failed, counted by outlet: `coverage.csv` lists the days, `outlets.csv`"
            " sums up each outlet and what the aggregator did to it."
        )
    yield "- Not all that was printed: aggregators chose outlets, and took what they found of them."
    yield "- Link rot is not random: older articles and smaller outlets have copies only."
