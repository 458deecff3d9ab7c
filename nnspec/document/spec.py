"""The top of a spec: the closed set of its keys, and the skeleton of the model."""

from __future__ import annotations

from nnspec.document.fields import Field

LANGUAGE = 1

TOP: tuple[Field, ...] = (
    Field(name="nnspec", type="count", doc="version of the spec language: 1", required=True),
    Field(name="name", type="name", doc="short name of the experiment; names the run folder", required=True),
    Field(name="doc", type="text", doc="what this is, in words; with its source"),
    Field(name="extends", type="text", doc="the file of another spec, which this one changes"),
    Field(name="drop", type="nested", doc="paths of the extended spec that are left out: `[plots, model.deform]`"),
    Field(name="plugins", type="nested", doc="plugins that are needed, with their versions: `{nnspec-kan: \">=0.1\"}`"),
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

_ORDER = Field(name="order", type="count", doc="nodes in each direction", default="16")

NUMERICS: tuple[Field, ...] = (
    Field(name="seed", type="count", doc="root of all random streams", default="0"),
    Field(name="integral", type="choice", doc="how integrals over fields are done", options=(
        ("gauss_legendre", (_ORDER,)),
        ("periodic", (Field(name="points", type="count", doc="equispaced points in each direction", default="64"),)),
    )),
)  # fmt: skip

SWEEP: tuple[Field, ...] = (
    Field(name="grid", type="nested", doc="values by path, in all combinations: `{let.N: [10, 20]}`"),
    Field(name="zip", type="nested", doc="values by path, that change together"),
    Field(name="seeds", type="count", doc="how many seeds each point is computed with", default="1"),
    Field(name="workers", type="count", doc="how many points are computed at once", default="1"),
    Field(name="checks", type="nested", doc="claims about the whole sweep"),
)

OUTPUT: tuple[Field, ...] = (
    Field(name="folder", type="text", doc="where run folders go, below the working directory; `--out` comes first"),
    Field(name="report", type="flag", doc="whether a report is written", default="true"),
)

_RESIDUALS = Field(name="residuals", type="observable", doc="a result; the others are compared with it, in standard deviations")

LINES: tuple[Field, ...] = (
    Field(name="x", type="text", doc="the axis: a data set, a dimension, or a path of the sweep", required=True),
    Field(name="y", type="results", doc="observables to draw", required=True),
    Field(name="color", type="text", doc="a further dimension, one colour for each of its values"),
    Field(name="column", type="text", doc="a further dimension, one panel for each of its values"),
    Field(name="logx", type="flag", doc="logarithmic x axis", default="false"),
    Field(name="logy", type="flag", doc="logarithmic y axis; without it, where all values are positive and span three decades"),
    _RESIDUALS,
)

HEATMAP: tuple[Field, ...] = (
    Field(name="of", type="observable", doc="one observable over two dimensions, such as a kernel", required=True),
    Field(name="x", type="text", doc="the dimension to the right; needed where there are more than two"),
    Field(name="y", type="text", doc="the dimension downwards"),
    Field(name="log", type="flag", doc="logarithmic colours", default="false"),
    _RESIDUALS,
)

HISTOGRAM: tuple[Field, ...] = (
    Field(name="of", type="results", doc="observables whose entries are counted", required=True),
    Field(name="bins", type="count", doc="how many intervals; without it as many as Freedman and Diaconis advise"),
    Field(name="logy", type="flag", doc="logarithmic counts", default="false"),
    _RESIDUALS,
)

PLOTS: dict[str, tuple[Field, ...]] = {"lines": LINES, "heatmap": HEATMAP, "histogram": HISTOGRAM}
"""The kinds of plots with their options."""
PLOT_DOCS = {
    "lines": "results over one dimension: bars and bands of one standard deviation, a line for what is exact",
    "heatmap": "a result over two dimensions as colours; centred at zero where it has both signs",
    "histogram": "how the entries of results are distributed",
}
PLOT_DIMENSIONS = {"lines": ("x", "color", "column"), "heatmap": ("x", "y"), "histogram": ()}
"""Options of a plot that name dimensions."""

OPEN = ("let", "data", "functions", "observables", "plots", "model.inputs", "model.indices", "model.params", "plugins")
"""Mappings whose keys are given by the author of a spec."""

NOT_SWEPT = {
    "nnspec": "this is the version of the language", "name": "this names the run", "doc": "this is for readers",
    "extends": "this is read before anything is swept", "drop": "this is read before anything is swept",
    "plugins": "plugins are loaded once", "sweep": "this is the sweep itself", "checks": "claims are the same at each point",
    "plots": "pictures are drawn once", "output": "this says where to write, not what to compute",
    "numerics.workers": "this says how to run, not what to compute", "numerics.memory": "this says how to run, not what to compute",
}  # fmt: skip
"""Paths that a sweep cannot change, and why."""

BELONGS: dict[str, str] = {
    **{item.name: "under `model`" for item in MODEL_KEYS},
    **{item.name: "under `numerics`" for item in NUMERICS},
    "draws": "to each observable",
    "method": "to each observable",
}
"""Where keys belong that someone wrote at the top of a spec."""

NOT_NUMERICS: dict[str, str] = {
    "draws": "to each observable", "method": "to each observable", "chains": "to the sampler, as in `sampler: {hmc: {chains: 4}}`",
    "workers": "under `sweep`",
}  # fmt: skip
"""Where keys belong that someone wrote under `numerics`."""
