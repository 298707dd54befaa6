"""The way into Claif from code that does not run under trio: one background thread with one trio loop per process."""
