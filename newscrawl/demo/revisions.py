"""Simulate changes that outlets make to articles after the aggregator has copied them."""

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from random import Random

from newscrawl.demo.prose import Story, StoryBlock, StoryWriter


class Change(StrEnum):
    """Kind of a change to an article."""

    HEADLINE = "headline"
    """Another title."""
    FIGURE = "figure"
    """Another number in a sentence."""
    REMOVAL = "removal"
    """A sentence less."""
    ADDITION = "addition"
    """A further paragraph at the end."""
    AUTHOR = "author"
    """A further author."""


@dataclass(frozen=True, slots=True)
class Revision:
    """A change to an article: the passage before and after."""

    change: Change
    """Kind of change."""
    copied: str | None
    """Passage as copied by the aggregator; ``None`` if it was added later."""
    current: str | None
    """Passage on the outlet's page; ``None`` if it was removed."""


_SENTENCE = re.compile(r"(?<=[.!?؟])\s+")
_NUMBER = re.compile(r"(?<![\d.,\s])\s\d{2}(?=\s[^\W\d])")


def revise(story: Story, change: Change, writer: StoryWriter) -> tuple[Story, Revision] | None:
    """Return the story after a change, and the change; ``None`` if it does not apply.

    Args:
        story: The story as first published.
        change: The kind of change.
        writer: StoryWriter in the story's language and country.
    """
    match change:
        case Change.HEADLINE:
            topic = next(topic for topic in writer.bank.topics if topic.section == story.section)
            title = writer.one_of(topic.titles)
            if title == story.title:
                return None
            return replace(story, title=title), Revision(change, story.title, title)
        case Change.AUTHOR:
            author = writer.write("{Author}")
            if author in story.authors:
                return None
            authors = (*story.authors, author)
            return replace(story, authors=authors), Revision(
                change, ", ".join(story.authors), ", ".join(authors)
            )
        case Change.ADDITION:
            text = " ".join(writer.one_of(writer.bank.frames) for _ in range(2))
            blocks = (*story.blocks, StoryBlock("paragraph", text))
            return replace(story, blocks=blocks), Revision(change, None, text)
    return _change_sentence(story, change, writer.rng)


def _change_sentence(story: Story, change: Change, rng: Random) -> tuple[Story, Revision] | None:
    """Remove a sentence, or change a number in one."""
    places = []
    for number, block in enumerate(story.blocks):
        sentences = _SENTENCE.split(block.text) if block.kind == "paragraph" else []
        for position, sentence in enumerate(sentences):
            inner = 0 < position < len(sentences) - 1
            if inner if change is Change.REMOVAL else _NUMBER.search(sentence):
                places.append((number, position, sentence))
    if not places:
        return None
    number, position, sentence = rng.choice(places)
    block = story.blocks[number]
    sentences = _SENTENCE.split(block.text)
    current = None
    if change is Change.FIGURE:
        current = _NUMBER.sub(lambda found: f" {_another(int(found[0]), rng)}", sentence, count=1)
    sentences[position : position + 1] = [current] if current else []
    changed = replace(block, text=" ".join(sentences))
    blocks = (*story.blocks[:number], changed, *story.blocks[number + 1 :])
    return replace(story, blocks=blocks), Revision(change, sentence, current)


def _another(number: int, rng: Random) -> int:
    """Return another number of two digits."""
    return 10 + (number - 10 + rng.randint(1, 88)) % 90
