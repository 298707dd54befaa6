"""Which provider is asked: synchronous decisions without I/O."""
