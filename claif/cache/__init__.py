"""The cache: answers that were given before, kept so that nobody pays for them twice."""
