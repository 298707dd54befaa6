"""Gemini CLI as a provider of Claif: over the Agent Client Protocol, or by its own stream of JSON."""
