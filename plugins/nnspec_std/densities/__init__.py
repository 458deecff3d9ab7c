"""Laws of parameters."""
