"""Worktrees: a checkout of its own for one query, the diff of what was done in it, and taking that over."""
