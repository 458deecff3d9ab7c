"""The field as the program that JAX makes of it, before it is compiled."""

from __future__ import annotations

import re
from typing import Any

from nnspec.ir.experiment import Experiment
from nnspec.lower.field import environment, field, prior, traced_constants
from nnspec.numerics import streams
from nnspec.numerics.lazy import jax, jnp
from nnspec.plugin.vocabulary import Vocabulary

_ARGUMENT = re.compile(r"(\w+):\w+\[[^\]]*\]")


def field_jaxpr(experiment: Experiment, words: Vocabulary, dtype: Any = None) -> str:
    """The jaxpr of the field at one point for one draw; arguments are constants, parameters and the point."""
    dtype = dtype or jnp.float32
    model = experiment.model
    constants = {name: jnp.asarray(value, dtype) for name, value in traced_constants(experiment).items()}

    def draw(key: Any) -> Any:
        return prior(model, environment(experiment, words, constants, dtype))(key)

    def at_point(constants: Any, theta: Any, point: Any) -> Any:
        return field(model, environment(experiment, words, constants, dtype))(theta, point[None, :])[0]

    theta = jax.eval_shape(draw, streams.root_key(0))
    point = jax.ShapeDtypeStruct((model.dim,), dtype)
    text = str(jax.make_jaxpr(at_point)(constants, theta, point))
    inputs = ", ".join(each.name for each in model.inputs)
    names = [*sorted(constants), *sorted(theta), f"the point {inputs}"]
    outer = text.rpartition("} in\n")[2] if text.startswith("let ") else text  # loops are written before it
    letters = _ARGUMENT.findall(outer.partition(". let")[0])
    if len(letters) != len(names):
        return text
    legend = ", ".join(f"{letter} = {name}" for letter, name in zip(letters, names, strict=True))
    return f"# {legend}\n{text}"
