"""A language model on your own machine, run in a child process, as a provider of Claif."""

from __future__ import annotations
