"""Bytes in, parsed records out: HTTP on trio, server-sent events, JSON lines; knows no provider."""
