"""The kit for tests of physics and plugins: calibrated comparisons, and a law for every kind of record."""

from nnspec.testing.agree import assert_agree
from nnspec.testing.laws import (
    check_activation,
    check_dataset,
    check_density,
    check_import,
    check_later,
    check_layer,
    check_parameterization,
    plugin_conformance,
)
from nnspec.testing.observable_laws import check_observable

__all__ = [
    "assert_agree", "check_activation", "check_dataset", "check_density", "check_import", "check_later", "check_layer",
    "check_observable", "check_parameterization", "plugin_conformance",
]  # fmt: skip
