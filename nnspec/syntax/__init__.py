"""Text to trees: YAML to leaves, sequences and mappings; formulas to expression trees. No meaning."""
