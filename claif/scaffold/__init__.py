"""Writes new plugins: complete, tested projects to begin with. Only `claif plugins new` loads it."""
