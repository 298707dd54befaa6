"""Installing agents' command lines into Claif's own folder, and finding those that are there already."""
