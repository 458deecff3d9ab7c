"""Nonlinearities, each with its dual where one is known in closed form."""
