"""newscrawl: crawls press aggregators and the outlets' own pages into one corpus of articles."""

__version__ = "0.1.0"
