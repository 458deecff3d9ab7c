"""What is done to specs and runs by hand: tidied, compared, begun; and words completed in a shell."""
