"""Reads settings from environment variables, and checks all settings before a run."""
