"""Codex CLI as a provider of Claif: its app server, driven by JSON-RPC."""
