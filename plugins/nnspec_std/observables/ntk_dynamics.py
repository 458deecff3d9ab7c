r"""Gradient descent at infinite width, where the kernel \Theta is frozen and everything is linear.

With the learning rate \eta, the mean of squares over the data (X, Y) as loss, and t steps of full-batch descent,

    A_t(x) = \Theta(x, X) \Theta(X, X)^{-1} (1 - (1 - 2 \eta \Theta(X, X) / |D|)^t),
    mean(x) = A_t(x) Y,
    covariance(x, x') = K(x, x') + A_t(x) K(X, X) A_t(x')^T - A_t(x) K(X, x') - K(x, X) A_t(x')^T.

It converges when \eta is below |D| over the largest eigenvalue of \Theta(X, X), and is refused where it does not: there
the kernel of no finite network stays as it is. Singular kernels are fine: nothing is divided by a small eigenvalue.
Steps are 0, every, 2 every, ..., and the last one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from nnspec.lower.training import recorded
from nnspec.plugin import Ask, Field, Limit, Observable, hookimpl, np
from nnspec.plugin.readings import Array
from nnspec.plugin.records import Args


def refuse(options: Args, dim: int) -> tuple[str, str] | None:
    """Data lie in the input space, and rates are positive."""
    shape = options["data"].type.shape
    if shape[1] != dim:
        return "data", f"points of R^{dim} are needed, and these are points of R^{shape[1]}"
    if not options["lr"] > 0.0:
        return "lr", f"a learning rate is positive, and this is {options['lr']:g}"
    return None


def coords(ask: Ask) -> Mapping[str, Array]:
    """The steps."""
    return {"step": np.asarray(recorded(ask["steps"], ask["every"]), dtype=np.float64)}


@hookimpl
def nnspec_observables() -> Iterable[Observable]:
    """`theory: {ntk_dynamics: {data: toy, lr: 0.1, steps: 300, at: test}}`."""
    yield Observable(
        name="ntk_dynamics",
        doc="mean and covariance over trained networks of infinite width, step by step",
        equation=r"\mu_t = A_t Y, \quad \Sigma_t = K + A_t K_{XX} A_t^T - A_t K_{X \cdot} - K_{\cdot X} A_t^T, \quad "
        r"A_t = \Theta_{\cdot X} \Theta_{XX}^{-1} \left(1 - (1 - \tfrac{2 \eta}{|D|} \Theta_{XX})^t\right)",
        fields=(
            Field(name="data", type="table", doc="labelled points that the networks learn", required=True),
            Field(name="loss", type="word", doc="mse: mean of squares", default="mse", choices=("mse",)),
            Field(name="lr", type="number", doc="learning rate", required=True),
            Field(name="steps", type="count", doc="how many steps", required=True),
            Field(name="at", type="points", doc="points at which the networks are read", required=True),
            Field(name="every", type="count", doc="steps between two readings", default="1"),
        ),
        dims=lambda _: (),
        shape=lambda _o, _d: (),
        kind=Limit(),
        parts=lambda _: {"mean": ("step", "point"), "covariance": ("step", "point", "point_2")},
        refuse=refuse,
        coords=coords,
        example="{ntk_dynamics: {data: toy, lr: 0.1, steps: 10, at: xs}}",
        cite=("jacot2018", "lee2019"),
    )
