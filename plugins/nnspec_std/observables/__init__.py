"""What can be asked of an ensemble."""
