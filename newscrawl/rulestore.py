"""Where the rules that outlets teach are kept between runs: ``rules/<site>.jsonl``.

A site's book begins with the rules shipped in the package and the unverified seeds of
``newscrawl.outlets``; what pages have confirmed is written back.
"""

from importlib import resources
from pathlib import Path

import msgspec

from newscrawl.errors import StoreError
from newscrawl.extraction import Rule, RuleBook
from newscrawl.outlets import seeds

SAVE_EVERY = 100
"""Pages after which a killed run has what it learned on disk."""


class RuleStore:
    """The rules of one site's outlets.

    Raises:
        StoreError: the site's file is damaged, or cannot be read or written.
    """

    def __init__(self, data: Path, site: str) -> None:
        self.path = data / "rules" / f"{site}.jsonl"
        self.book = RuleBook()
        self._read_since = 0
        for rule in [*shipped(), *self._saved()]:
            self.book.add(rule)
        for domain, selectors in _seeds_by_domain().items():
            for body in selectors.get("body", ()):
                self.book.add_seed(
                    domain,
                    body,
                    title=next(iter(selectors.get("title", ())), None),
                    date=next(iter(selectors.get("date", ())), None),
                    authors=next(iter(selectors.get("authors", ())), None),
                )

    def page_read(self) -> None:
        """Note that a page may have taught something; save now and then."""
        self._read_since += 1
        if self._read_since >= SAVE_EVERY:
            self.save()

    def save(self) -> None:
        """Write what pages have taught; a seed that no page has confirmed is none of it."""
        self._read_since = 0
        taught = RuleBook(rule for rule in self.book if rule.pages)
        if not taught and not self.path.exists():
            return
        part = self.path.with_suffix(".part")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            taught.save(part)
            part.replace(self.path)
        except OSError as error:
            raise StoreError(f"{self.path} cannot be written: {error}") from error

    def _saved(self) -> list[Rule]:
        if not self.path.exists():
            return []
        try:
            return list(RuleBook.load(self.path))
        except (OSError, ValueError) as error:
            raise StoreError(
                f"the rules in {self.path} cannot be read ({error}); "
                "mend the file or move it away: they are learned again"
            ) from error


def shipped() -> list[Rule]:
    """The reviewed rules that the package carries."""
    text = (resources.files("newscrawl.outlets") / "rules.jsonl").read_bytes()
    decoder = msgspec.json.Decoder(Rule)
    return [decoder.decode(line) for line in text.splitlines() if line.strip()]


def _seeds_by_domain() -> dict[str, dict[str, list[str]]]:
    """Seeds as selectors by field, for each domain, best first."""
    found: dict[str, dict[str, list[str]]] = {}
    for seed in seeds():
        found.setdefault(seed.domain, {}).setdefault(seed.field, []).append(seed.css)
    return found
