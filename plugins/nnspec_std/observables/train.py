r"""Training of networks that are drawn from the model: losses along the way, predictions, and a path to measure along."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from nnspec.plugin import Field, Observable, Process, hookimpl
from nnspec.plugin.records import Args

LR = Field(name="lr", type="number", doc="learning rate, before the powers of the width", required=True)
OPTIMIZERS = (
    ("sgd", (LR, Field(name="momentum", type="number", doc="how much of the last step is repeated", default="0"))),
    (
        "adam",
        (
            LR,
            Field(name="b1", type="number", doc="decay of the mean of the gradient", default="0.9"),
            Field(name="b2", type="number", doc="decay of the mean of its square", default="0.999"),
            Field(name="eps", type="number", doc="added to the root of that", default="1e-8"),
        ),
    ),
    ("lbfgs", (Field(name="memory", type="count", doc="pairs of steps that the Hessian is made from", default="10"),)),
)
RECORD = (
    Field(name="at", type="points", doc="points at which the networks are read", required=True),
    Field(name="every", type="count", doc="steps between two readings", default="1"),
)


def parts(options: Args) -> Mapping[str, tuple[str, ...]]:
    """The loss of each network at each step, what it is in the end, and predictions if they are recorded."""
    found: dict[str, tuple[str, ...]] = {"loss": ("draw", "step"), "final_loss": ()}
    if options.get("test") is not None:
        found["final_test_loss"] = ()
    if options.get("record") is not None:
        found["predictions"] = ("draw", "step", "point")
    return found


def refuse(options: Args, dim: int) -> tuple[str, str] | None:  # noqa: ARG001
    """Batches are parts of the data, and L-BFGS needs all of it."""
    batch, points = options.get("batch"), options["data"].type.shape[0]
    if batch is None:
        return None
    if _word(options["optimizer"]) == "lbfgs":
        return "batch", "`lbfgs` takes all of the data in each step: leave `batch` out"
    return ("batch", f"a batch is a part of the data: {batch} of {points} points") if batch > points else None


def _word(choice: Any) -> str:
    """The key of a choice, whose value is (word, options)."""
    return str(choice[0])


@hookimpl
def nnspec_observables() -> Iterable[Observable]:
    """`fit: {train: {data: toy, optimizer: {sgd: {lr: 0.1}}, steps: 300}}`."""
    yield Observable(
        name="train",
        doc="training of `draws` networks: their loss step by step, the mean of it in the end, and what they predict",
        equation=r"\theta_{t+1} = \theta_t - \eta\, \partial_\theta L(\theta_t), \quad "
        r"L(\theta) = \frac{1}{|D|} \sum_{(x, y) \in D} (\phi_\theta(x) - y)^2, \quad \theta_0 \sim P(\theta)",
        fields=(
            Field(name="data", type="table", doc="labelled points that the networks learn", required=True),
            Field(name="test", type="table", doc="labelled points that they do not see"),
            Field(name="loss", type="word", doc="mse: mean of squares", default="mse", choices=("mse",)),
            Field(name="optimizer", type="choice", doc="how a step is made", required=True, options=OPTIMIZERS),
            Field(name="steps", type="count", doc="how many steps", required=True),
            Field(name="batch", type="count", doc="points in one step; all of them when it is not given"),
            Field(name="record", type="mapping", doc="where and when predictions are kept", fields=RECORD),
            Field(name="draws", type="count", doc="networks that are trained", default="1"),
        ),
        dims=lambda _: (),
        shape=lambda _o, _d: (),
        kind=Process(series=("loss",)),
        refuse=refuse,
        parts=parts,
        later="training is not built yet",
        example="{train: {data: toy, optimizer: {sgd: {lr: 0.1}}, steps: 10}}",
        cite=("kingma2015", "liu1989"),
    )
