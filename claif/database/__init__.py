"""Files of SQLite that belong to Claif: private, known to be ours, and set aside when they are damaged."""
