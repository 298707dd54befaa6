"""The Messages API for Claif: Anthropic and every endpoint that speaks its protocol."""
