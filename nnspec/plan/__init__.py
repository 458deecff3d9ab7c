"""Who can compute what, at what cost, and why not otherwise: a table to read before anything runs."""
