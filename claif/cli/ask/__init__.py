"""Asks the user on the terminal whether an agent may do something."""
