"""Chat completions for Claif: OpenAI and every endpoint that speaks its protocol."""
