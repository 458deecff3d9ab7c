r"""Training of networks that are drawn from the model: losses along the way, predictions, and a path to measure along.

`loss` at step t is what step t makes smaller: the mean over its batch, or over all of the data, before the step; the last
entry is that over all of the data after the last step, whose mean over networks is `final_loss`. With `batch: b` the data
are shuffled anew in each epoch and for each network, and cut into floor(|D|/b) batches. A step of the array w is

    w <- w - eta n^{-c} g       (sgd: m <- momentum m + g, and m in the place of g)
    w <- w - eta n^{-c} m/(sqrt v + eps)    (adam, with bias correction [kingma2015])

with the exponents c of the parameterization; biases move as input weights of an input that is 1. Everything is float64.

A network whose loss is not finite has the loss +inf from that step on, with a warning: it is worse than any other, so that
the best learning rate of a sweep can be found. Predictions, and what is measured along it, have no value then.
What is measured `along` a training is read where predictions are recorded; without `record` at the first and last step.

Where the field is odd in centred normal amplitudes (the readout of a stack), a network and its mirror image with the
opposite amplitudes are equally probable. At least eight networks, an even number, then start as such pairs: draws 1 and 2,
3 and 4, ... Each of them follows the law of the model, and their mean is that of independent networks without the noise of
the start, which is most of it while training is lazy [chizat2019]. Errors count pairs. A sum over draws that needs them
independent wants `antithetic: never`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

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


def refuse(options: Args, dim: int) -> tuple[str, str] | None:
    """Data lie in the input space, batches are parts of them, L-BFGS needs all of them, and rates are positive."""
    for key in ("data", "test"):
        shape = options[key].type.shape if options.get(key) is not None else (1, dim)
        if shape[1] != dim:
            return key, f"points of R^{dim} are needed, and these are points of R^{shape[1]}"
    word, numbers = options["optimizer"][0], dict(options["optimizer"][1])
    if not numbers.get("lr", 1.0) > 0.0:
        return "optimizer", f"a learning rate is positive, and this is {numbers['lr']:g}"
    for key in ("momentum", "b1", "b2"):
        if not 0.0 <= numbers.get(key, 0.0) < 1.0:
            return "optimizer", f"`{key}` lies between 0 and 1 (1 not among them), and this is {numbers[key]:g}"
    if numbers.get("eps", 0.0) < 0.0:
        return "optimizer", f"`eps` is not negative, and this is {numbers['eps']:g}"
    draws = int(options.get("draws") or 1)
    if options.get("antithetic") == "always" and draws % 2:
        return "antithetic", f"pairs need an even number of networks, and these are {draws}"
    batch, points = options.get("batch"), options["data"].type.shape[0]
    if batch is None:
        return None
    if word == "lbfgs":
        return "batch", "`lbfgs` takes all of the data in each step: leave `batch` out"
    return ("batch", f"a batch is a part of the data: {batch} of {points} points") if batch > points else None


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
            Field(name="loss", type="word", doc="mse: mean of (f - y)^2; linear: mean of -y f, as coordinate checks want",
                  default="mse", choices=("mse", "linear")),
            Field(name="optimizer", type="choice", doc="how a step is made", required=True, options=OPTIMIZERS),
            Field(name="steps", type="count", doc="how many steps", required=True),
            Field(name="batch", type="count", doc="points in one step; all of them when it is not given"),
            Field(name="record", type="mapping", doc="where and when predictions are kept", fields=RECORD),
            Field(name="draws", type="count", doc="networks that are trained", default="1"),
            Field(name="antithetic", type="word", doc="start in pairs of opposite amplitudes: auto (where it can be, from 8 "
                  "networks on), always or never", default="auto", choices=("auto", "always", "never")),
        ),
        dims=lambda _: (),
        shape=lambda _o, _d: (),
        kind=Process(series=("loss",)),
        refuse=refuse,
        parts=parts,
        example="{train: {data: toy, optimizer: {sgd: {lr: 0.1}}, steps: 10}}",
        cite=("kingma2015", "liu1989", "chizat2019"),
    )
