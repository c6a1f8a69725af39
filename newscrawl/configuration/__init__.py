"""Settings from environment variables, and checks of all settings before a run."""
