"""The WARC archive: writing, indexing and reading responses."""
