"""WARC archive of raw responses: writer, reader and index by URL."""
