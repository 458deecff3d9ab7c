"""The records that plugins hand over: frozen, typed, and all that the core ever knows of a plugin."""

from nnspec.plugin.answering_records import (
    Backend,
    Draw,
    Offer,
    Program,
    Question,
    Resources,
    Sampler,
    Statistics,
    Vocabulary,
)
from nnspec.plugin.asking_records import (
    Ask,
    Derived,
    Estimator,
    GivenGaussian,
    Limit,
    Observable,
    Process,
    Refusal,
    Rule,
    Table,
)
from nnspec.plugin.model_records import (
    Activation,
    Args,
    Dataset,
    Density,
    Exponents,
    Kernels,
    Layer,
    LayerParam,
    Parameter,
    Parameterization,
    Role,
    Signature,
    Transform,
)

__all__ = [
    "Activation", "Args", "Ask", "Backend", "Dataset", "Density", "Derived", "Draw", "Estimator", "Exponents",
    "GivenGaussian", "Kernels", "Layer", "LayerParam", "Limit", "Observable", "Offer", "Parameter", "Parameterization", "Process",
    "Program", "Question", "Refusal", "Resources", "Role", "Rule", "Sampler", "Signature", "Statistics", "Table",
    "Transform",
    "Vocabulary",
]  # fmt: skip
