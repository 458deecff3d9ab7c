"""IR to JAX functions of one draw, and the forms that rules may ask of a model: what every backend shares."""
