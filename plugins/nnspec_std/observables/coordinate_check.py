r"""How large the pre-activations of each layer are along a training run, and how far they have moved.

For the pre-activations h^l_i(x; t) of layer l at step t, over its n units and the points of the training data:
`l1` is the mean of |h|, `rms` the root of the mean of h^2, and `l2` the root of the sum over units of the mean of h^2.
Under a parameterization with feature learning neither the size nor the change depends on the width [yang2021].
"""

from __future__ import annotations

from collections.abc import Iterable

from nnspec.plugin import Derived, Field, Observable, hookimpl
from nnspec_std.observables._later import no_program


@hookimpl
def nnspec_observables() -> Iterable[Observable]:
    """`coords: {coordinate_check: {along: fit, steps: [0, 1, 2, 4, 8]}}`."""
    yield Observable(
        name="coordinate_check",
        doc="size and change of the pre-activations of each layer, at some steps of a training run",
        equation=r"\mathrm{size}_l(t) = \| h^l(t) \|, \qquad \mathrm{change}_l(t) = \| h^l(t) - h^l(0) \|",
        fields=(
            Field(name="along", type="observable", doc="the training run", required=True),
            Field(name="steps", type="axis", doc="steps at which the layers are read; 0 is the start", required=True),
            Field(name="norm", type="word", doc="l1: mean of |h|; l2: root of the sum over units; rms: root of the mean",
                  default="l1", choices=("l1", "l2", "rms")),
        ),
        dims=lambda _: (),
        shape=lambda _o, _d: (),
        kind=Derived(inputs=lambda ask: ask["along"], compute=no_program),
        parts=lambda _: {"size": ("step", "layer"), "change": ("step", "layer")},
        later="training is not built yet",
        example="{coordinate_check: {along: fit, steps: [0, 1, 2]}}",
        cite=("yang2021", "yang2022"),
    )  # fmt: skip
