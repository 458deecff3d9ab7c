"""Document and vocabulary give an experiment: names, types, indices, shapes, randomness."""
