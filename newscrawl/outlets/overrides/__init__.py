"""Overrides: one TOML file for each outlet that is not extracted correctly without it."""
