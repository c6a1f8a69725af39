"""The life of one article: parsing, merging its two versions, status, validation."""
