"""The doors: typed records, hooks, discovery, and the vocabulary that plugins teach.

Authors of plugins need no other import than this one.
"""

from nnspec.document.fields import Field
from nnspec.numerics.lazy import jax, jnp, lax, np
from nnspec.plugin.hookspecs import hookimpl
from nnspec.plugin.readings import Jacobian, Outer, Reading
from nnspec.plugin.records import (
    Activation,
    Ask,
    Backend,
    Dataset,
    Density,
    Derived,
    Draw,
    Estimator,
    Exponents,
    Kernels,
    Layer,
    LayerParam,
    Limit,
    Observable,
    Offer,
    Parameter,
    Parameterization,
    Process,
    Program,
    Question,
    Refusal,
    Resources,
    Rule,
    Sampler,
    Signature,
    Table,
    Transform,
)

__all__ = [
    "Activation", "Ask", "Backend", "Dataset", "Density", "Derived", "Draw", "Estimator", "Exponents", "Field",
    "Jacobian", "Kernels", "Layer", "LayerParam", "Limit", "Observable", "Offer", "Outer", "Parameter",
    "Parameterization", "Process", "Program", "Question", "Reading", "Refusal", "Resources", "Rule", "Sampler",
    "Signature", "Table", "Transform", "hookimpl", "jax", "jnp", "lax", "np",
]  # fmt: skip
