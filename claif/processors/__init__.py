"""Message processors that come with Claif: off until `[processors] enable` names them, and examples to read."""
