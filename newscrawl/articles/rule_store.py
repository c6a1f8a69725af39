"""Load a site's learned extraction rules, and commit new ones together with the records.

A rule book starts with the shipped rules and the unverified seeds of ``newscrawl.outlets``; rules
confirmed by pages are kept.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import resources
from pathlib import Path

from newscrawl.extraction.rules import Rule, RuleBook, rules_of
from newscrawl.items import Article
from newscrawl.outlets import seeds
from newscrawl.state import Ledger, ledger_of
from newscrawl.state.place import Place
from newscrawl.state.run import RunListener


class RuleStore(RunListener):
    """Store of the extraction rules of one site's outlets.

    The book is loaded once, at the start of a run. Rules learned from a page are committed with its
    record and used from the next run on.

    Args:
        site: Name of the aggregator.
        ledger: Ledger of the learned rules; without one, only shipped rules and seeds are used.

    Raises:
        StoreError: the ledger cannot be read.
    """

    def __init__(self, site: str, ledger: Ledger | None) -> None:
        self.site = site
        self.ledger = ledger
        self._noted: dict[str, tuple[str, bytes]] = {}
        self._kept: dict[str, RuleBook] = {}
        book = RuleBook(shipped())
        for domain, selectors in _seeds_by_domain().items():
            for body in selectors.get("body", ()):
                book.add_seed(
                    domain,
                    body,
                    title=next(iter(selectors.get("title", ())), None),
                    date=next(iter(selectors.get("date", ())), None),
                    authors=next(iter(selectors.get("authors", ())), None),
                )
        for taught in ledger.outlets.rules(site) if ledger else ():
            for rule in rules_of(taught):
                book.add(rule)
        self.book = RuleBook(sorted(book, key=lambda rule: rule.number))

    @property
    def taught(self) -> list[Rule]:
        """Return the rules confirmed by pages."""
        return [rule for rule in self.book if rule.pages]

    def note(self, article: Article, domain: str, taught: bytes) -> None:
        """Keep the rules learned from an article's page until its record is committed.

        Args:
            article: The article.
            domain: The outlet's domain.
            taught: The outlet's rules in ``book``, updated by this page alone, as JSON Lines.

        Raises:
            ValueError: a line is not a rule.
        """
        rules_of(taught)  # validated here, where an error affects this page alone
        self._noted[article.id] = domain, taught

    def with_records(self, records: Sequence[Article]) -> None:
        """Store the rules learned from the records' pages, in their transaction.

        A page that is parsed but not committed is parsed again by a later run, so it counts only
        with its record.

        Raises:
            StoreError: the ledger cannot be written.
        """
        changed: dict[str, RuleBook] = {}
        for article in records:
            if noted := self._noted.pop(article.id, None):
                domain, taught = noted
                if domain not in self._kept:
                    self._kept[domain] = self.book.copy(domain)
                changed[domain] = self._kept[domain]
                changed[domain].merge(domain, self.book, taught)
        for domain, book in changed.items():
            self._keep(domain, book.taught(domain))

    def forget(self, domain: str) -> int:
        """Delete an outlet's learned rules; return their number."""
        self._keep(domain, b"")
        return self.book.forget(domain)

    def _keep(self, domain: str, taught: bytes) -> None:
        if self.ledger:
            self.ledger.outlets.keep_rules(self.site, domain, taught)


@contextmanager
def rule_stores(place: Place | Path) -> Iterator[list[RuleStore]]:
    """Yield the rule stores of all sites that have learned rules in a ledger.

    Raises:
        StoreError: the ledger cannot be read.
    """
    with ledger_of(place) as ledger:
        yield (
            [RuleStore(site, ledger) for site in ledger.outlets.sites_with_rules()]
            if ledger
            else []
        )


def shipped() -> list[Rule]:
    """Return the reviewed rules shipped with the package."""
    return rules_of((resources.files("newscrawl.outlets") / "rules.jsonl").read_bytes())


def _seeds_by_domain() -> dict[str, dict[str, list[str]]]:
    """Return the seeds by domain and field as selectors, best first."""
    found: dict[str, dict[str, list[str]]] = {}
    for seed in seeds():
        found.setdefault(seed.domain, {}).setdefault(seed.field, []).append(seed.css)
    return found
