"""Google's Gemini API for Claif."""
