"""Broken and hostile HTTP servers for tests, on loopback sockets, each with one fault."""

from newscrawl.demo.faults.copies import article_id, copies
from newscrawl.demo.faults.server import FaultServer, Logged, Visit
from newscrawl.demo.faults.table import FAULTS, LINK_ROT, Fault, healthy

__all__ = [
    "FAULTS",
    "LINK_ROT",
    "Fault",
    "FaultServer",
    "Logged",
    "Visit",
    "article_id",
    "copies",
    "healthy",
]
