"""One query for each of many files."""
