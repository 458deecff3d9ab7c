"""Numbers with their errors, the arrays they come in, and where they come from."""
