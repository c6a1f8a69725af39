"""newscrawl: crawler of press aggregators and outlets, for one corpus of articles."""

__version__ = "0.1.0"
