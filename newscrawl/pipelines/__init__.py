"""What a record passes on its way to the feed. One class, one job, one file."""
