"""Item pipelines: complete a record, validate it and write it, in the order of the settings."""
