"""The snake obeys the laws of activations."""

import nnspec_snake

from nnspec.testing import plugin_conformance


def test_conformance() -> None:
    """Duals against quadrature, Price's theorem, positivity, gradients; and no JAX at import."""
    assert plugin_conformance(nnspec_snake) == ("activations:snake",)
