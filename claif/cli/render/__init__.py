"""Renderers: what an answer looks like on a terminal, in a pipe, and for programs."""
