"""Generators of numbers and points."""
