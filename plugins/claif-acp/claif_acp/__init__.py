"""Agents that speak the Agent Client Protocol as providers of Claif: one client, and what differs between them."""
