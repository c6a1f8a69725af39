"""What watches a run and writes beside the feed. One class, one job, one file."""
