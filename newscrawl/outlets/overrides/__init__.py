"""One TOML file for each outlet that extraction and learned rules do not parse right."""
