"""Learned rules of a site between runs: kept in the ledger, with the records.

A site's book begins with the rules shipped in the package and the unverified seeds of
``newscrawl.outlets``; what pages have confirmed is kept.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path

from newscrawl.extraction import Rule, RuleBook, rules_of
from newscrawl.items import Article
from newscrawl.outlets import seeds
from newscrawl.state import ledger_of
from newscrawl.state.interfaces import Stores


class RuleStore:
    """The rules of one site's outlets.

    The book is read once, when a run begins. What a page teaches is kept in the transaction that
    commits its record, and used from the next run on.

    Args:
        site: Name of the aggregator.
        ledger: Where what was taught is kept; without one, there are only the package's rules.

    Raises:
        StoreError: the ledger cannot be read.
    """

    def __init__(self, site: str, ledger: Stores | None) -> None:
        self.site = site
        self.ledger = ledger
        self._learned: dict[str, bytes] = {}
        self._domains: dict[str, str] = {}
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
        """The rules that pages have confirmed."""
        return [rule for rule in self.book if rule.pages]

    def note(self, article: Article, domain: str, taught: bytes) -> None:
        """Note what an outlet's pages have taught so far; kept once the article's record is."""
        self._learned[domain] = taught
        self._domains[article.id] = domain

    def keep(self, articles: list[Article]) -> None:
        """Keep what the outlets of articles have taught; the next run uses it.

        Part of the caller's transaction.

        Raises:
            StoreError: the ledger cannot be written.
        """
        domains = (self._domains.pop(article.id, None) for article in articles)
        for domain in dict.fromkeys(domains):
            if domain:
                self._keep(domain, self._learned[domain])

    def forget(self, domain: str) -> int:
        """Drop what an outlet has taught; tell how many rules there were."""
        self._keep(domain, b"")
        return self.book.forget(domain)

    def _keep(self, domain: str, taught: bytes) -> None:
        if self.ledger:
            self.ledger.outlets.keep_rules(self.site, domain, taught)


@contextmanager
def rule_stores(data: Path) -> Iterator[list[RuleStore]]:
    """The stores of all sites of a data directory of which an outlet has taught something.

    Raises:
        StoreError: the ledger cannot be read.
    """
    with ledger_of(data) as ledger:
        yield (
            [RuleStore(site, ledger) for site in ledger.outlets.sites_with_rules()]
            if ledger
            else []
        )


def shipped() -> list[Rule]:
    """The reviewed rules that the package carries."""
    return rules_of((resources.files("newscrawl.outlets") / "rules.jsonl").read_bytes())


def _seeds_by_domain() -> dict[str, dict[str, list[str]]]:
    """Seeds as selectors by field, for each domain, best first."""
    found: dict[str, dict[str, list[str]]] = {}
    for seed in seeds():
        found.setdefault(seed.domain, {}).setdefault(seed.field, []).append(seed.css)
    return found
