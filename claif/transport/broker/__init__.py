"""The broker as its clients see it: processes that stay warm from one command to the next."""
