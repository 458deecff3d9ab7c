r"""How large the pre-activations of each hidden layer are along a training run, and how far they have moved.

For the pre-activations h^l_i(x; t) of layer l at step t, over its n units and the points of the training data:
`l1` is the mean of |h|, `rms` the root of the mean of h^2, and `l2` the root of the sum over units of the mean of h^2.
Means are taken over networks as well, before the root. Under a parameterization with feature learning neither the size
nor the change depends on the width [yang2021]; the output, which starts at n^{-1/2} there, has parts of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from nnspec.plugin import Ask, Estimator, Field, Observable, hookimpl, jnp, np
from nnspec.plugin.readings import Array


def points(ask: Ask) -> Array:
    """The points of the training data, [point, in]."""
    return np.asarray(ask["along"]["data"].points)


def moments(ask: Ask, features: tuple[Array, ...], features_0: tuple[Array, ...]) -> Mapping[str, Array]:
    """The mean over points and units of |h| or h^2, by layer, the output last; likewise of what has changed."""
    moved = [after - before for after, before in zip(features, features_0, strict=True)]
    return {"size": _layers(ask["norm"], features), "change": _layers(ask["norm"], moved)}


def _layers(norm: str, arrays: tuple[Array, ...] | list[Array]) -> Array:
    if norm == "l1":
        return jnp.stack([jnp.mean(jnp.abs(each)) for each in arrays])
    return jnp.stack([jnp.mean(each**2) * (each.shape[1] if norm == "l2" else 1) for each in arrays])


def finish(ask: Ask, means: Mapping[str, Array]) -> Mapping[str, Array]:
    """Hidden layers, and the output by itself."""
    norms = {key: np.asarray(mean if ask["norm"] == "l1" else np.sqrt(mean)) for key, mean in means.items()}
    return {
        "size": norms["size"][:-1], "change": norms["change"][:-1],
        "output_size": norms["size"][-1], "output_change": norms["change"][-1],
    }  # fmt: skip


PARTS = {"size": ("step", "layer"), "change": ("step", "layer"), "output_size": ("step",), "output_change": ("step",)}


@hookimpl
def nnspec_observables() -> Iterable[Observable]:
    """`coords: {coordinate_check: {along: fit, steps: [0, 1, 2, 4, 8]}}`."""
    yield Observable(
        name="coordinate_check",
        doc="size and change of the pre-activations of each hidden layer and of the output, at some steps of a training run",
        equation=r"\mathrm{size}_l(t) = \| h^l(t) \|, \qquad \mathrm{change}_l(t) = \| h^l(t) - h^l(0) \|",
        fields=(
            Field(name="along", type="observable", doc="the training run", required=True),
            Field(name="steps", type="axis", doc="steps at which the layers are read; 0 is the start", required=True),
            Field(name="norm", type="word", doc="l1: mean of |h|; l2: root of the sum over units; rms: root of the mean",
                  default="l1", choices=("l1", "l2", "rms")),
        ),
        dims=lambda _: (),
        shape=lambda _o, _d: (),
        kind=Estimator(
            readings=("features", "features_0"), points=points, moments=moments, finish=finish, methods=("training",),
            precision="float64", steps=lambda ask: np.asarray(ask["steps"]),
        ),
        parts=lambda _: PARTS,
        example="{coordinate_check: {along: fit, steps: [0, 1, 2]}}",
        cite=("yang2021", "yang2022"),
    )  # fmt: skip
