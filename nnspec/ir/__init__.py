"""What a spec means: frozen, typed, serialisable nodes; spans are carried, never compared."""
