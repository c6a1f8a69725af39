"""``scrapy ledger``: show and change the crawl-state database."""

import argparse
from contextlib import closing

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from newscrawl.aggregator.sites import SITES
from newscrawl.errors import SettingError, StoreError
from newscrawl.state import Ledger, Scope
from newscrawl.state.articles import STATES
from newscrawl.state.move import move
from newscrawl.state.place import Place, place_of
from newscrawl.state.run import now
from newscrawl.text.terminal import say

_CHANGES = ("retry", "forget")


class Command(ScrapyCommand):
    """Command that shows articles; retries or forgets them, or moves the ledger, with ``--yes``."""

    requires_crawler_process = False

    def syntax(self) -> str:
        """Return the usage text."""
        return "[options] [show ID ... | retry | forget | lost-node NAME | move [back]]"

    def short_desc(self) -> str:
        """Return the one-line description."""
        return "Count, show, retry or forget articles of the ledger, or move it"

    def long_desc(self) -> str:
        """Return the usage text."""
        return (
            "Without arguments, print the number of articles by site, outlet and state. 'show' "
            "prints the states of articles and the positions of their records. 'retry' makes the "
            "next run of their site fetch articles again; 'forget' removes them, so that they are "
            "new to the next run. 'lost-node' does the same for articles whose records were on a "
            "lost node. 'move' copies the SQLite ledger of the data directory to the PostgreSQL "
            "database of the setting LEDGER, 'move back' the other way. Changes are only printed "
            "without --yes."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the filters and ``--yes``."""
        super().add_options(parser)
        parser.add_argument("--site", help="only articles of this site")
        parser.add_argument("--outlet", help="only articles of this outlet slug")
        parser.add_argument("--state", help="only found, waiting, done, rejected or failed ones")
        parser.add_argument("--yes", action="store_true", help="do it")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Count, show or change articles, or move the ledger."""
        verb, names = (args[0], args[1:]) if args else ("", [])
        if not _valid(verb, names):
            raise UsageError(
                "allowed: nothing, show ID ..., lost-node NAME, move, move back, retry or forget"
            )
        assert self.settings
        scope = _scope(opts)
        try:
            place = place_of(self.settings)
            if verb == "move":
                self._move(place, back=bool(names), do=opts.yes)
                return
            if not place.exists:
                print(f"there is no ledger yet ({place.path})")
                self.exitcode = 1
                return
            with closing(Ledger(place)) as ledger, ledger.long_statements():
                _check_outlet(ledger, scope)
                if verb == "show":
                    self._show(ledger, names)
                elif verb == "lost-node":
                    self._lose(ledger, names[0], do=opts.yes)
                elif verb:
                    self._change(ledger, verb, scope, do=opts.yes)
                else:
                    self._count(ledger, scope)
        except (SettingError, StoreError) as error:
            print(error)
            self.exitcode = 1

    def _count(self, ledger: Ledger, scope: Scope) -> None:
        rows = ledger.articles.count_by_outlet(scope)
        print(f"{'site':<12}{'edition':<9}{'outlet':<28}{'state':<10}{'articles':>9}")
        for site, edition, outlet, state, count in rows:
            say(f"{site:<12}{edition:<9}{outlet:<28}{state:<10}{count:>9}")
        print(f"{'all':<59}{sum(row[-1] for row in rows):>9}")

    def _show(self, ledger: Ledger, articles: list[str]) -> None:
        for article in articles:
            known = ledger.articles.describe(article)
            if not known:
                say(f"{article}: not in the ledger")
                self.exitcode = 1
            for name, value in known.items():
                say(f"{name:<10}{'-' if value is None else value}")

    def _change(self, ledger: Ledger, verb: str, scope: Scope, *, do: bool) -> None:
        rows = ledger.articles.count_by_outlet(scope)
        count = sum(row[-1] for row in rows)
        meant = {"retry": "read again by the next run of their site", "forget": "forgotten"}[verb]
        if not do:
            print(f"{count} articles would be {meant}; nothing is done without --yes")
            return
        for site in sorted({row[0] for row in rows}):
            ledger.lock(site, f"scrapy ledger {verb}")  # a run has its articles in hand
        if verb == "retry":
            ledger.articles.retry(scope, now())
        else:
            ledger.articles.forget(scope)
        print(f"{count} articles are {'to be ' if verb == 'retry' else ''}{meant}")

    def _lose(self, ledger: Ledger, node: str, *, do: bool) -> None:
        if ledger.nodes is None:
            raise StoreError("only a PostgreSQL ledger has nodes; set LEDGER")
        lost = ledger.nodes.lost_files(node)
        for file in lost:
            say(f"{file.path}: {file.records} records")
        count = sum(file.records for file in lost)
        if not do:
            print(f"{count} articles would be read again; nothing is done without --yes")
            return
        for site in sorted({file.site for file in lost}):
            ledger.lock(site, "scrapy ledger lost-node")
        ledger.nodes.forget(node)
        print(f"{count} articles are to be read again, and node {node} is forgotten")

    def _move(self, place: Place, *, back: bool, do: bool) -> None:
        if not place.url:
            raise StoreError("set LEDGER (NEWSCRAWL_LEDGER) to the PostgreSQL database")
        local = Place(place.data, lease=place.lease)
        source, target = (place, local) if back else (local, place)
        if not do:
            print(
                f"the {'PostgreSQL' if back else 'SQLite'} ledger would be copied to "
                f"{local.path if back else 'PostgreSQL'}; nothing is done without --yes"
            )
            return
        for progress in move(source, target):
            print(progress)
        print(
            "done; unset NEWSCRAWL_LEDGER for the runs to come"
            if back
            else f"done; keep {local.path} until the first runs have ended well, then remove it"
        )


def _valid(verb: str, names: list[str]) -> bool:
    """Return whether a verb and its arguments are allowed."""
    return {
        "show": bool(names),
        "lost-node": len(names) == 1,
        "move": names in ([], ["back"]),
    }.get(verb, not names and verb in ("", *_CHANGES))


def _scope(opts: argparse.Namespace) -> Scope:
    """Return the articles that the options name.

    Raises:
        UsageError: there is no such site or state.
    """
    for name, given, allowed in (("site", opts.site, SITES), ("state", opts.state, STATES)):
        if given is not None and given not in allowed:
            raise UsageError(
                f"--{name} {given}: is no {name}; allowed: {', '.join(allowed)}", print_help=False
            )
    return Scope(site=opts.site, outlet=opts.outlet, state=opts.state)


def _check_outlet(ledger: Ledger, scope: Scope) -> None:
    """Check that the outlet is known.

    Raises:
        UsageError: the ledger has no article of it.
    """
    if scope.outlet is not None and not ledger.articles.count_by_outlet(
        Scope(scope.site, scope.outlet)
    ):
        raise UsageError(
            f"--outlet {scope.outlet}: the ledger has no article of it", print_help=False
        )
