"""Item pipelines: complete a record, validate it, write it; the order is in the settings."""
