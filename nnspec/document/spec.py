"""The top of a spec: the closed set of its keys, and the skeleton of the model."""

from __future__ import annotations

from nnspec.document.fields import Field

LANGUAGE = 1

TOP: tuple[Field, ...] = (
    Field(name="nnspec", type="count", doc="version of the spec language: 1", required=True),
    Field(name="name", type="name", doc="short name of the experiment; names the run folder", required=True),
    Field(name="doc", type="text", doc="what this is, in words; with its source"),
    Field(name="extends", type="text", doc="another spec that this one changes"),
    Field(name="plugins", type="nested", doc="plugins with the versions that are needed"),
    Field(name="let", type="nested", doc="constants by name, each a formula"),
    Field(name="data", type="nested", doc="data sets by name: points, separations, training data"),
    Field(name="functions", type="nested", doc="functions by head, as in `G(x, y): ...`"),
    Field(name="model", type="nested", doc="the random function", required=True),
    Field(name="sampler", type="nested", doc="how draws are made, by the sampler's name"),
    Field(name="numerics", type="nested", doc="seed and other choices that all computations share"),
    Field(name="observables", type="nested", doc="what is computed, by name"),
    Field(name="sweep", type="nested", doc="values to run the spec at"),
    Field(name="checks", type="nested", doc="claims that the run must pass"),
    Field(name="plots", type="nested", doc="pictures by name"),
    Field(name="output", type="nested", doc="where and what is written"),
)

MODEL_KEYS: tuple[Field, ...] = (
    Field(name="inputs", type="nested", doc="the input and its space, as in `{x: R^d}`", required=True),
    Field(name="indices", type="nested", doc="indices and their ranges, as in `{i: N}`"),
    Field(name="params", type="nested", doc="random parameters with their densities"),
    Field(name="field", type="text", doc="the head of the field, as in `phi(x)`"),
    Field(name="def", type="formula", doc="the field as a formula of parameters and input"),
    Field(name="deform", type="formula", doc="a factor on the density of whole networks"),
    Field(name="layers", type="nested", doc="a list of layers, instead of params, field and def"),
    Field(name="parameterization", type="nested", doc="powers of the width: standard, ntk, ..."),
)

NUMERICS: tuple[Field, ...] = (
    Field(name="seed", type="count", doc="root of all random streams", default="0"),
)

LINES: tuple[Field, ...] = (
    Field(name="x", type="text", doc="the axis: a data set or a dimension", required=True),
    Field(name="y", type="results", doc="observables to draw", required=True),
    Field(name="logx", type="flag", doc="logarithmic x axis", default="false"),
    Field(name="logy", type="flag", doc="logarithmic y axis", default="false"),
)

NOT_YET: dict[str, str] = {
    "extends": "a spec that extends another",
    "plugins": "pinning the versions of plugins",
    "sweep": "a sweep",
    "output": "the choice of outputs",
}
"""Keys of the language whose meaning this version does not have; they are refused, never ignored."""

BELONGS: dict[str, str] = {
    **{item.name: "under `model`" for item in MODEL_KEYS},
    **{item.name: "under `numerics`" for item in NUMERICS},
    "draws": "to each observable",
    "method": "to each observable",
}
"""Where keys belong that someone wrote at the top of a spec."""
