"""``scrapy rules``: list, show, export and forget learned extraction rules."""

import argparse
import dataclasses
import json
from typing import TYPE_CHECKING

import msgspec
from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from newscrawl.errors import SettingError, StoreError
from newscrawl.state.place import Place, place_of
from newscrawl.text.terminal import say
from newscrawl.text.urls import registered_domain

if TYPE_CHECKING:
    from newscrawl.extraction import Rule


class Command(ScrapyCommand):
    """Command that lists, shows, exports and forgets learned extraction rules."""

    requires_crawler_process = False

    def syntax(self) -> str:
        """Return the usage text."""
        return "[show DOMAIN | export [DOMAIN] | forget DOMAIN]"

    def short_desc(self) -> str:
        """Return the one-line description."""
        return "List, show, export or delete the learned rules of outlets"

    def long_desc(self) -> str:
        """Return the usage text."""
        return (
            "Without arguments lists every rule: its state, the number of pages it extracted, how "
            "many of them agreed with their copy, and the last agreement. 'show' prints the rules "
            "of one outlet in full, 'export' prints rules as JSON Lines, 'forget' deletes them, so "
            "that they are learned again."
        )

    def run(self, args: list[str], opts: argparse.Namespace) -> None:  # noqa: ARG002 - Scrapy's signature
        """Run the verb that the arguments name."""
        try:
            match args:
                case []:
                    self._list()
                case ["show", domain]:
                    self._show(_domain(domain))
                case ["export"]:
                    self._export(None)
                case ["export", domain]:
                    self._export(_domain(domain))
                case ["forget", domain]:
                    self._forget(_domain(domain))
                case _:
                    raise UsageError("unknown arguments")
        except (SettingError, StoreError) as error:
            self.exitcode = 1
            print(error)

    @property
    def _place(self) -> Place:
        assert self.settings
        return place_of(self.settings)

    def _rules(self, domain: str | None = None) -> "list[tuple[str, Rule]]":
        """Return the confirmed rules, each with its site."""
        # Imported late: Scrapy imports every command at every start.
        from newscrawl.articles.rule_store import rule_stores

        with rule_stores(self._place) as stores:
            return [
                (store.site, rule)
                for store in stores
                for rule in store.taught
                if domain in (None, rule.domain)
            ]

    def _list(self) -> None:
        found = self._rules()
        if not found:
            print(f"no rules learned yet (looked in {self._place.data})")
            return
        print(f"{'rule':<36}{'site':<12}{'state':<11}{'pages':>6}{'confirmed':>10}{'last':>7}")
        for site, rule in found:
            last = "-" if rule.last_agreement is None else f"{rule.last_agreement:.3f}"
            counts = f"{rule.pages:>6}{rule.confirmed:>10}{last:>7}"
            say(f"{rule.name:<36}{site:<12}{rule.state:<11}{counts}")

    def _show(self, domain: str) -> None:
        for site, rule in self._known(domain):
            say(f"{site}  {rule.name}")
            for field in dataclasses.fields(rule):
                say(f"  {field.name:<16}{getattr(rule, field.name)}")

    def _export(self, domain: str | None) -> None:
        for _, rule in self._rules() if domain is None else self._known(domain):
            print(json.dumps(msgspec.to_builtins(rule)))  # in ASCII: as it is, and harmless

    def _known(self, domain: str) -> "list[tuple[str, Rule]]":
        found = self._rules(domain)
        if not found:
            self.exitcode = 1
            print(f"no rules of {domain}; 'scrapy rules' lists the outlets that have some")
        return found

    def _forget(self, domain: str) -> None:
        from newscrawl.articles.rule_store import rule_stores

        with rule_stores(self._place) as stores:
            for store in stores:
                if all(rule.domain != domain for rule in store.taught):
                    continue
                assert store.ledger
                # A run of the site would write its rules back.
                store.ledger.lock(store.site, "scrapy rules forget")
                print(f"{store.site}: {store.forget(domain)} rules of {domain} forgotten")
                return
        self._known(domain)


def _domain(given: str) -> str:
    """Return the registered domain of a domain, host or URL."""
    return registered_domain(given) or given
