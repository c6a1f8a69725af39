"""Configuration: settings from the environment, and checks of all settings before a run."""
