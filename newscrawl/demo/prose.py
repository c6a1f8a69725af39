"""Generate invented news stories from a phrase bank per language.

In a bank's text ``{a|b|c}`` expands to one of the alternatives, ``{#10-90}`` to a number,
``{symbol}`` to one of the bank's phrases of that name. A capitalised symbol, ``{Town}``, keeps its
first value throughout a story.
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
"""Weights of a topic's sentences, general ones, and templates: articles share few phrases."""
_BEGINNING = re.compile(r"\A\W*\w")
_SLOT = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Topic:
    """Phrases for stories on one topic."""

    section: str
    """Section of its stories."""
    rubric: str
    """The aggregator's name of the section."""
    tags: tuple[str, ...]
    """Keywords to choose from."""
    titles: tuple[str, ...]
    """Headlines."""
    leads: tuple[str, ...]
    """Standfirsts."""
    sentences: tuple[str, ...]
    """Sentences specific to the topic."""
    subheads: tuple[str, ...]
    """Sub-headings."""


@dataclass(frozen=True, slots=True)
class Bank:
    """Phrase bank of one language."""

    language: Edition
    """ISO 639-1 code."""
    thousands: str
    """Thousands separator."""
    topics: tuple[Topic, ...]
    """Topics."""
    symbols: Mapping[str, tuple[str, ...]]
    """Phrases by name; ``towns_XX`` holds those of a country."""
    general: tuple[str, ...]
    """Sentences for any topic."""
    frames: tuple[str, ...]
    """Sentence templates made of symbols only, so that repetitions are rare."""
    quotes: tuple[str, ...]
    """Block quotations."""
    lists: tuple[tuple[str, tuple[str, ...]], ...]
    """Sentences that introduce a list, each with its items."""
    captions: tuple[str, ...]
    """Picture captions."""
    comments: tuple[str, ...]
    """Reader comments."""


@cache
def bank(language: Edition) -> Bank:
    """Return the phrase bank of a language, from the package's data."""
    text = files("newscrawl.demo").joinpath(f"prose_{language}.json").read_bytes()
    return msgspec.json.decode(text, type=Bank)


@dataclass(frozen=True, slots=True)
class StoryBlock:
    """One block of a story's body: paragraph, heading, quote or list item."""

    kind: Literal["paragraph", "heading", "quote", "item"]
    """Kind of block; consecutive items form a list."""
    text: str
    """Text, one line."""


@dataclass(frozen=True, slots=True)
class Story:
    """Content of an invented article: title, lead, body, authors and section."""

    title: str
    """Headline."""
    lead: str
    """Standfirst."""
    blocks: tuple[StoryBlock, ...]
    """Body without the standfirst."""
    authors: tuple[str, ...]
    """Authors: people or a desk."""
    section: str
    """Rubric."""
    rubric: str
    """The aggregator's name of the section."""
    tags: tuple[str, ...]
    """Keywords."""
    caption: str
    """Caption of the main picture."""
    credit: str
    """Photographer or agency of the picture."""

    @property
    def lines(self) -> list[str]:
        """Return standfirst and body, one string per paragraph, sub-heading and list item."""
        return [self.lead, *(block.text for block in self.blocks)]


def seeded_random(*key: object) -> Random:
    """Return a random number generator that is seeded by a key."""
    return Random("/".join(map(str, key)))  # noqa: S311 -- repeatable is the point


class StoryWriter:
    """Expansion of phrase templates to text; bound symbols last as long as the writer."""

    def __init__(
        self, bank: Bank, country: str, rng: Random, bound: Mapping[str, str] | None = None
    ) -> None:
        self.bank = bank
        self.rng = rng
        self._country = country
        self._bound = dict(bound or {})

    def write(self, text: str) -> str:
        """Expand all slots of a text and capitalise it."""
        while "{" in text:
            text = _SLOT.sub(lambda slot: self._fill(slot[1]), text)
        return _BEGINNING.sub(lambda begin: begin[0].upper(), text, count=1)

    def one_of(self, texts: Sequence[str]) -> str:
        """Return one of the texts at random, expanded."""
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
    """Return a story of 5 to 15 paragraphs, set in a country (ISO 3166-1) of the bank."""
    writer = StoryWriter(bank(language), country, rng)
    topic = rng.choice(writer.bank.topics)
    title = writer.one_of(topic.titles)
    lead = writer.one_of(topic.leads)
    sentences = _sentences(writer, topic)
    subheads = iter(rng.sample(topic.subheads, len(topic.subheads)))
    paragraphs = rng.randint(5, 15)
    blocks: list[StoryBlock] = []
    for number in range(paragraphs):
        if number and number % 4 == 0 and (subhead := next(subheads, None)):
            blocks.append(StoryBlock("heading", writer.write(subhead)))
        if number == 2 and rng.random() < 0.4:
            blocks.append(StoryBlock("quote", writer.one_of(writer.bank.quotes)))
        text = " ".join(next(sentences) for _ in range(rng.randint(2, 5)))
        blocks.append(StoryBlock("paragraph", text))
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


def _sentences(writer: StoryWriter, topic: Topic) -> Iterator[str]:
    """Yield sentences endlessly; no fixed one repeats before all others have been used."""
    pools: list[list[str]] = [[], []]
    sources = (topic.sentences, writer.bank.general)
    while True:
        kind = writer.rng.choices((0, 1, 2), _MIXTURE)[0]
        if kind == len(sources):
            yield writer.one_of(writer.bank.frames)
            continue
        pools[kind] = pools[kind] or writer.rng.sample(sources[kind], len(sources[kind]))
        yield writer.write(pools[kind].pop())


def _list(writer: StoryWriter) -> list[StoryBlock]:
    announcement, items = writer.rng.choice(writer.bank.lists)
    chosen = writer.rng.sample(items, min(4, len(items)))
    return [
        StoryBlock("paragraph", writer.write(announcement)),
        *(StoryBlock("item", writer.write(item)) for item in chosen),
    ]


def _authors(writer: StoryWriter) -> tuple[str, ...]:
    fate = writer.rng.random()
    if fate < 0.15:
        return (writer.write("{desk}"),)
    if fate < 0.25:
        return (writer.write("{Author}"), writer.write("{Author2}"))
    return (writer.write("{Author}"),)
