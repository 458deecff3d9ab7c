"""Draws from the measure of a model."""
