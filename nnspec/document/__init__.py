"""Is it well formed? Declared fields, and trees read against them."""
