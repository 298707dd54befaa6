"""The push pipeline: how a query travels in through layers, and how its events come back out."""
