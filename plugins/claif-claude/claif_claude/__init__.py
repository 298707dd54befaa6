"""Claude Code as a provider of Claif: its command line, driven by its stream of JSON."""
