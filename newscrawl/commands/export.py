"""``scrapy export``: export the feeds as a research corpus.

The export itself is imported late, as Scrapy imports every command at every start.
"""

import argparse
import shlex
import sys
from collections.abc import Collection
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from newscrawl import items
from newscrawl.aggregator.sites import SITES
from newscrawl.errors import ExportError, SettingError, StoreError
from newscrawl.text.cleaning import words
from newscrawl.text.days import FORMS, parse_day
from newscrawl.text.terminal import say

if TYPE_CHECKING:
    from newscrawl.export import Summary


class Command(ScrapyCommand):
    """Command that exports selected records in a format; exits 1 if nothing was exported."""

    requires_crawler_process = False

    def syntax(self) -> str:
        """Return the usage text."""
        return "-o DIR|FILE [options] [FEED|DIR ...]"

    def short_desc(self) -> str:
        """Return the one-line description."""
        return "Export the feeds as a described corpus: JSON Lines, CSV, Parquet and others"

    def long_desc(self) -> str:
        """Return the usage text."""
        return (
            "Take the latest version of each article from the feeds of the data directory, or "
            "from the feeds given, and write those that pass the filters, in order of newspaper "
            "and date, with a description. Lists are comma-separated."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the output options and filters."""
        from newscrawl.export import FORMATS, add_formats

        super().add_options(parser)
        assert self.settings
        try:
            add_formats(self.settings.getdict("EXTRA_EXPORT_FORMATS"))
        except (ExportError, ValueError) as error:
            raise SystemExit(f"scrapy export: EXTRA_EXPORT_FORMATS: {error}") from error
        output = parser.add_argument_group("Output")
        output.add_argument(
            "-o", "--output", metavar="DIR|FILE", help="directory, or file.jsonl/.csv/.parquet"
        )
        output.add_argument(
            "--format",
            choices=FORMATS,
            help="by default that of the file's suffix, else jsonl; "
            + "; ".join(f"{name}: {chosen.about}" for name, chosen in FORMATS.items()),
        )
        output.add_argument(
            "--identifiers",
            action="store_true",
            help="publishable columns only (same as --format identifiers)",
        )
        output.add_argument("--split", choices=["outlet"], help="one file per newspaper")
        output.add_argument(
            "--overwrite", action="store_true", help="replace an earlier export at that place"
        )
        output.add_argument("--skip-damaged", action="store_true", help="skip damaged lines")
        output.add_argument(
            "--bom", action="store_true", help="begin CSV with a byte order mark, for Excel"
        )
        output.add_argument(
            "--hash-bylines", metavar="KEY", help="replace names of authors by hashes with this key"
        )
        filters = parser.add_argument_group("Filters")
        filters.add_argument("--site", metavar="LIST", help=", ".join(SITES))
        filters.add_argument("--edition", metavar="LIST", help="ar, fr, en")
        filters.add_argument("--outlet", metavar="LIST", help="slugs, such as lopinion")
        filters.add_argument("--since", metavar="DAY", help="first day, 2024-01-31 or 7d")
        filters.add_argument("--until", metavar="DAY", help="last day of publication")
        filters.add_argument(
            "--origin",
            choices=["source", "aggregator"],
            help="version that title and text come from",
        )
        filters.add_argument("--status", metavar="LIST", help="of the source: ok, gone, ...")
        filters.add_argument(
            "--agreement", metavar="SHARE", help="minimum agreement of the texts, 0 to 1"
        )
        filters.add_argument(
            "--trust",
            choices=["high", "check"],
            help="minimum trust level; check leaves out only low",
        )
        filters.add_argument(
            "--grep",
            metavar="PHRASE",
            action="append",
            default=[],
            help="title or text contains the phrase, ignoring case, accents and Arabic spelling; "
            "* for any letters of a word; given several times, any of them",
        )
        filters.add_argument(
            "--no-duplicates",
            action="store_true",
            help="of articles with the same text only the one published first",
        )
        filters.add_argument(
            "--versions", choices=["latest", "all"], default="latest", help="of each article"
        )
        filters.add_argument(
            "--sample",
            metavar="N",
            help="draw N articles, spread over outlets and months; by default as a coding sheet",
        )
        filters.add_argument("--seed", metavar="S", help="seed of the sample, 1 by default")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Export and print a summary."""
        from newscrawl.export import FORMATS, Order, Selection, export, find_checks, find_feeds
        from newscrawl.state.place import place_of

        assert self.settings
        if not opts.output:
            raise UsageError("-o/--output is required", print_help=False)
        output = Path(opts.output)
        name = _format(output, _asked(opts))
        chosen = FORMATS[name]
        split = bool(opts.split) or chosen.always_split
        if split and output.suffix == chosen.suffix:
            raise UsageError(f"-o {output}: --split outlet needs a directory", print_help=False)
        selection = Selection(
            site=_list("--site", opts.site, SITES),
            edition=_list("--edition", opts.edition, get_args(items.Edition)),
            outlet=_list("--outlet", opts.outlet),
            since=_day("--since", opts.since),
            until=_day("--until", opts.until),
            origin=_list("--origin", opts.origin),
            status=_list("--status", opts.status, get_args(items.Status)),
            agreement=_share("--agreement", opts.agreement),
            duplicates=not opts.no_duplicates,
            trust=opts.trust,
            grep=_phrases(opts.grep),
            all_versions=opts.versions == "all",
            sample=_number("--sample", opts.sample),
            seed=_number("--seed", opts.seed) or 1,
        )
        if opts.seed and not opts.sample:
            raise UsageError("--seed needs --sample", print_help=False)
        if opts.bom and chosen.format != "csv":
            raise UsageError(f"--bom is for CSV, not for {name}", print_help=False)
        if opts.hash_bylines == "":
            raise UsageError("--hash-bylines needs a key that is not empty", print_help=False)
        try:
            place = place_of(self.settings)
            summary = export(
                Order(
                    feeds=find_feeds(place, [Path(arg) for arg in args], selection.site),
                    output=output,
                    format=name,
                    split=split,
                    selection=selection,
                    overwrite=opts.overwrite,
                    skip_damaged=opts.skip_damaged,
                    bom=opts.bom,
                    byline_key=opts.hash_bylines,
                    checks=find_checks(place) if name == "survival" else [],
                    place=None if args else place,
                    # Scrapy removes the name of the command.
                    command=_command(opts.hash_bylines),
                )
            )
        except (ExportError, SettingError, StoreError) as error:
            say(f"scrapy export: {error}", sys.stderr)
            self.exitcode = 1
            return
        _tell(summary)


def _format(output: Path, asked: str | None) -> str:
    """Return the format, by name or by the file's suffix."""
    from newscrawl.export import FORMATS, format_of

    by_suffix = format_of(output)
    if asked and by_suffix and FORMATS[asked].suffix != output.suffix:
        raise UsageError(f"-o {output} does not fit --format {asked}", print_help=False)
    name = asked or by_suffix or "jsonl"
    if output.suffix not in ("", FORMATS[name].suffix) and not output.is_dir():
        allowed = ", ".join(sorted({chosen.suffix for chosen in FORMATS.values()}))
        raise UsageError(
            f"-o {output}: no format has this suffix; allowed: a directory, or a file that ends in "
            f"one of {allowed}",
            print_help=False,
        )
    return name


def _asked(opts: argparse.Namespace) -> str | None:
    """Return the format selected by the options."""
    if opts.identifiers:
        if opts.format not in (None, "identifiers"):
            raise UsageError(f"--identifiers does not fit --format {opts.format}", print_help=False)
        return "identifiers"
    if opts.sample and not opts.format and Path(opts.output).suffix in ("", ".csv"):
        return "coding"
    if opts.format == "differences" and Path(opts.output).suffix == ".parquet":
        return "differences-parquet"
    asked: str | None = opts.format
    return asked


def _command(secret: str | None) -> str:
    """Return the command line, without the key of hashed names."""
    # Scrapy removes the name of the command.
    given = [_hidden(argument, secret) for argument in sys.argv[1:]]
    return shlex.join(["scrapy", "export", *given])


def _hidden(argument: str, secret: str | None) -> str:
    if secret is None or argument not in (secret, f"--hash-bylines={secret}"):
        return argument
    return f"{argument.removesuffix(secret)}KEY"


def _phrases(given: list[str]) -> tuple[str, ...]:
    for phrase in given:
        if not words(phrase):
            raise UsageError(f"--grep {phrase!r} holds no word", print_help=False)
    return tuple(given)


def _number(option: str, value: str | None) -> int | None:
    if value is not None and not (value.isdecimal() and int(value) > 0):
        raise UsageError(f"{option} {value}: not a number from 1", print_help=False)
    return None if value is None else int(value)


def _list(option: str, value: str | None, allowed: Collection[str] = ()) -> tuple[str, ...]:
    """Parse a comma-separated list of allowed values."""
    parts = tuple(part.strip() for part in (value or "").split(",") if part.strip())
    if value is not None and not parts:
        raise UsageError(f"{option} is empty", print_help=False)
    for part in parts:
        if allowed and part not in allowed:
            raise UsageError(f"{option} {part}: allowed: {', '.join(allowed)}", print_help=False)
    return parts


def _day(option: str, value: str | None) -> date | None:
    """Parse a date as ``scrapy crawl`` does."""
    try:
        return None if value is None else parse_day(value, datetime.now(UTC).date())
    except ValueError:
        raise UsageError(f"{option} {value}: allowed: {FORMS}", print_help=False) from None


def _share(option: str, value: str | None) -> float | None:
    try:
        share = None if value is None else float(value)
    except ValueError:
        share = -1
    if share is not None and not 0 <= share <= 1:
        raise UsageError(f"{option} {value}: not a number from 0 to 1", print_help=False)
    return share


def _tell(summary: "Summary") -> None:
    """Print the summary of an export."""
    counts = summary.counts
    files = summary.facts.files
    rows = sum(file.records for file in files)
    print(
        f"records {counts.exported}, "
        + (f"rows {rows}, " if rows != counts.exported else "")
        + f"newspapers {len(summary.facts.newspapers)}, "
        f"files {len(files)}, bytes {sum(file.bytes for file in files)}"
    )
    left_out = {
        "earlier versions": counts.earlier,
        "not selected": counts.unwanted,
        "duplicates": counts.duplicates,
        "not drawn": counts.not_drawn,
        "damaged": counts.damaged,
    }
    parts = "".join(f" + {name} {number}" for name, number in left_out.items() if number)
    print(f"lines {counts.lines} = exported {counts.exported}{parts}")
    for damage in counts.damages:
        say(f"left out: {damage}")
    for name in summary.kept:
        print(f"{name} exists and is not part of an export: kept, not replaced")
    print(f"corpus {summary.facts.corpus}, described in {summary.package}")
