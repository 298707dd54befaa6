"""Answers that Claif shares between machines, in memcached."""
