"""The version of Claif, readable without importing anything else."""

__version__ = "2.0.0.dev0"
