"""``scrapy ledger``: show and change the crawl-state database."""

import argparse
from pathlib import Path

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from newscrawl.aggregator.sites import SITES
from newscrawl.errors import StoreError
from newscrawl.state import Ledger, Scope, ledger_path
from newscrawl.state.articles import STATES
from newscrawl.state.run import now
from newscrawl.text.terminal import say

_CHANGES = ("retry", "forget")


class Command(ScrapyCommand):
    """Counts or shows articles; ``retry`` and ``forget`` need ``--yes``."""

    requires_crawler_process = False

    def syntax(self) -> str:
        """Return the usage text."""
        return "[options] [show ID ... | retry | forget]"

    def short_desc(self) -> str:
        """Return the one-line description."""
        return "Count the articles in the ledger, show some, have some read again, or forget them"

    def long_desc(self) -> str:
        """Return the usage text."""
        return (
            "Without a word, prints the number of articles by site, outlet and state. 'show' tells "
            "what became of articles and where their records stand. 'retry' has "
            "the next run of their site read articles again; 'forget' removes them, so that they "
            "are new when a run meets them. Both say what they would do, and do it with --yes."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the filters and ``--yes``."""
        super().add_options(parser)
        parser.add_argument("--site", help="only articles of this site")
        parser.add_argument("--outlet", help="only articles of this outlet slug")
        parser.add_argument("--state", help="only found, waiting, done, rejected or failed ones")
        parser.add_argument("--yes", action="store_true", help="do it")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Count, show or change articles."""
        shown = args[1:] if args[:1] == ["show"] else []
        if not shown and (len(args) > 1 or (args and args[0] not in _CHANGES)):
            raise UsageError("allowed: nothing, show ID ..., retry or forget")
        assert self.settings
        path = ledger_path(Path(self.settings["NEWSCRAWL_DATA"]))
        if not path.exists():
            print(f"there is no ledger yet ({path})")
            self.exitcode = 1
            return
        scope = _scope(opts)
        try:
            ledger = Ledger(path)
            try:
                _check_outlet(ledger, scope)
                if shown:
                    self._show(ledger, shown)
                elif args:
                    self._change(ledger, args[0], scope, do=opts.yes)
                else:
                    self._count(ledger, scope)
            finally:
                ledger.close()
        except StoreError as error:
            print(error)
            self.exitcode = 1

    def _count(self, ledger: Ledger, scope: Scope) -> None:
        rows = ledger.articles.census(scope)
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
        rows = ledger.articles.census(scope)
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
    if scope.outlet is not None and not ledger.articles.census(Scope(scope.site, scope.outlet)):
        raise UsageError(
            f"--outlet {scope.outlet}: the ledger has no article of it", print_help=False
        )
