"""What Claif shares between machines, in Redis or Valkey."""
