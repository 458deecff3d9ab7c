"""Sources, spans, diagnostics that print themselves, and the catalogue of error codes."""
