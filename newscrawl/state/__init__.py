"""State that outlives a run: the ledger and its stores."""

from newscrawl.state.articles import Entry, Scope, State
from newscrawl.state.ledger import Ledger, ledger_of, ledger_path
from newscrawl.state.sqlite import examine

__all__ = ["Entry", "Ledger", "Scope", "State", "examine", "ledger_of", "ledger_path"]
