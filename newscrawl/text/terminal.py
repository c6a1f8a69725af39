"""Print untrusted text on a terminal, with control characters escaped."""

from typing import TextIO

from newscrawl.text.cleaning import printable


def say(line: str, to: TextIO | None = None) -> None:
    r"""Print a line with control characters and line breaks escaped.

    ``to`` is the output stream, by default standard output.

    >>> say("a\x1b[2J\nb")
    a\x1b[2J\nb
    """
    print(printable(line).replace("\n", r"\n"), file=to, flush=True)
