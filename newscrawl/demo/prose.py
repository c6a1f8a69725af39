"""Invented news: a small grammar engine, and stories written with it from one language's bank.

In a bank's text ``{a|b|c}`` stands for one of the alternatives, ``{#10-90}`` for a number,
``{symbol}`` for one of the bank's phrases of that name. A symbol with a capital, ``{Town}``,
keeps its first value throughout a story.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from random import Random
from typing import Literal

import msgspec

from newscrawl.items import Edition

_MIXTURE = (0.2, 0.2, 0.6)
"""Weights of a subject's own sentences, general ones, and frames: articles share few phrases."""
_BEGINNING = re.compile(r"\A\W*\w")
_SLOT = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Topic:
    """What stories of one subject are made of."""

    section: str
    """The rubric they appear in."""
    rubric: str
    """The aggregator's own word for it."""
    tags: tuple[str, ...]
    """Keywords to choose from."""
    titles: tuple[str, ...]
    """Headlines."""
    leads: tuple[str, ...]
    """Standfirsts."""
    sentences: tuple[str, ...]
    """Sentences that belong to this subject alone."""
    subheads: tuple[str, ...]
    """Sub-headings."""


@dataclass(frozen=True, slots=True)
class Bank:
    """All that is needed to write news in one language."""

    language: Edition
    """ISO 639-1 code."""
    thousands: str
    """What parts the thousands of a number."""
    topics: tuple[Topic, ...]
    """The subjects."""
    symbols: Mapping[str, tuple[str, ...]]
    """Phrases by name; ``towns_XX`` are those of a country."""
    general: tuple[str, ...]
    """Sentences that suit any subject."""
    frames: tuple[str, ...]
    """Sentences of which every part is a symbol, so that hardly any comes out twice."""
    quotes: tuple[str, ...]
    """Quotations that stand alone."""
    lists: tuple[tuple[str, tuple[str, ...]], ...]
    """Sentences that announce a list, each with its items."""
    captions: tuple[str, ...]
    """What stands under pictures."""
    comments: tuple[str, ...]
    """What readers write."""


@cache
def bank(language: Edition) -> Bank:
    """The bank of a language, from the package's data."""
    text = files("newscrawl.demo").joinpath(f"prose_{language}.json").read_bytes()
    return msgspec.json.decode(text, type=Bank)


@dataclass(frozen=True, slots=True)
class Block:
    """One part of a story's body."""

    kind: Literal["paragraph", "heading", "quote", "item"]
    """What it is; consecutive items make a list."""
    text: str
    """Its text, one line."""


@dataclass(frozen=True, slots=True)
class Story:
    """An article as its author handed it in, before any page was made of it."""

    title: str
    """Headline."""
    lead: str
    """Standfirst."""
    blocks: tuple[Block, ...]
    """The body behind the standfirst."""
    authors: tuple[str, ...]
    """Who wrote it: people or a desk."""
    section: str
    """Rubric."""
    rubric: str
    """The aggregator's own word for it."""
    tags: tuple[str, ...]
    """Keywords."""
    caption: str
    """Under the main picture."""
    credit: str
    """The picture's photographer or agency."""

    @property
    def lines(self) -> list[str]:
        """Standfirst and body, a string for every paragraph, sub-heading and item."""
        return [self.lead, *(block.text for block in self.blocks)]


def dice(*key: object) -> Random:
    """Random numbers that are always the same for the same key."""
    return Random("/".join(map(str, key)))  # noqa: S311 -- repeatable is the point


class Writer:
    """Expands a bank's text; bound symbols live as long as the writer."""

    def __init__(self, bank: Bank, country: str, rng: Random) -> None:
        self.bank = bank
        self.rng = rng
        self._country = country
        self._bound: dict[str, str] = {}

    def write(self, text: str) -> str:
        """Expand until no slot is left, and begin with a capital."""
        while "{" in text:
            text = _SLOT.sub(lambda slot: self._fill(slot[1]), text)
        return _BEGINNING.sub(lambda begin: begin[0].upper(), text, count=1)

    def one_of(self, texts: Sequence[str]) -> str:
        """One of some texts, expanded."""
        return self.write(self.rng.choice(texts))

    def _fill(self, slot: str) -> str:
        if "|" in slot:
            return self.rng.choice(slot.split("|"))
        if slot.startswith("#"):
            low, high = map(int, slot[1:].split("-"))
            return f"{self.rng.randint(low, high):,}".replace(",", self.bank.thousands)
        if slot[0].isupper():
            if slot not in self._bound:
                self._bound[slot] = self._phrase(slot.lower())
            return self._bound[slot]
        return self._phrase(slot)

    def _phrase(self, name: str) -> str:
        if name == "town":
            name = f"towns_{self._country}"
        phrase = self.rng.choice(self.bank.symbols[name.rstrip("23")])
        while "{" in phrase:
            phrase = _SLOT.sub(lambda slot: self._fill(slot[1]), phrase)
        return phrase


def write_story(language: Edition, country: str, rng: Random) -> Story:
    """Write a story of 5 to 15 paragraphs, set in a country (ISO 3166-1) that the bank knows."""
    writer = Writer(bank(language), country, rng)
    topic = rng.choice(writer.bank.topics)
    title = writer.one_of(topic.titles)
    lead = writer.one_of(topic.leads)
    sentences = _sentences(writer, topic)
    subheads = iter(rng.sample(topic.subheads, len(topic.subheads)))
    paragraphs = rng.randint(5, 15)
    blocks: list[Block] = []
    for number in range(paragraphs):
        if number and number % 4 == 0 and (subhead := next(subheads, None)):
            blocks.append(Block("heading", writer.write(subhead)))
        if number == 2 and rng.random() < 0.4:
            blocks.append(Block("quote", writer.one_of(writer.bank.quotes)))
        text = " ".join(next(sentences) for _ in range(rng.randint(2, 5)))
        blocks.append(Block("paragraph", text))
        if number == paragraphs - 3 and rng.random() < 0.35:
            blocks.extend(_list(writer))
    return Story(
        title=title,
        lead=lead,
        blocks=tuple(blocks),
        authors=_authors(writer),
        section=topic.section,
        rubric=topic.rubric,
        tags=(*rng.sample(topic.tags, 3), writer.write("{Town}")),
        caption=writer.one_of(writer.bank.captions),
        credit=writer.write("{credit}"),
    )


def _sentences(writer: Writer, topic: Topic) -> Iterator[str]:
    """Sentences without end: no finished one comes again before all others have come."""
    pools: list[list[str]] = [[], []]
    sources = (topic.sentences, writer.bank.general)
    while True:
        kind = writer.rng.choices((0, 1, 2), _MIXTURE)[0]
        if kind == len(sources):
            yield writer.one_of(writer.bank.frames)
            continue
        pools[kind] = pools[kind] or writer.rng.sample(sources[kind], len(sources[kind]))
        yield writer.write(pools[kind].pop())


def _list(writer: Writer) -> list[Block]:
    announcement, items = writer.rng.choice(writer.bank.lists)
    chosen = writer.rng.sample(items, min(4, len(items)))
    return [
        Block("paragraph", writer.write(announcement)),
        *(Block("item", writer.write(item)) for item in chosen),
    ]


def _authors(writer: Writer) -> tuple[str, ...]:
    fate = writer.rng.random()
    if fate < 0.15:
        return (writer.write("{desk}"),)
    if fate < 0.25:
        return (writer.write("{Author}"), writer.write("{Author2}"))
    return (writer.write("{Author}"),)
