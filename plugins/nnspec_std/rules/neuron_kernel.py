r"""The kernel of a field given by a formula: the covariance that its neurons have together, by quadrature over one neuron.

With a prefactor N^{-1/2} it is the same at every width, so that it is the limit; a kernel that changes with the width is
refused. Where neurons have a mean it is the covariance around that mean; common random parameters are held fixed, and
averaged over at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from nnspec.ir import expr as ir
from nnspec.ir.walk import walk
from nnspec.lower.forms import IndependentNeurons
from nnspec.lower.neurons.correlators import fluctuations
from nnspec.lower.points import points_at
from nnspec.plugin import Ask, Rule, hookimpl, np

WIDER = 4
CHANGE = 1e-7
"""Relative change of a kernel that is more than what quadrature leaves."""


def compute(form: IndependentNeurons, ask: Ask) -> tuple[Any, float]:
    """K at the points, [point, point_2], and what quadrature and rounding left."""
    return limit(form, points_at(ask), fluctuations)


def limit(
    form: IndependentNeurons, points: Any, kernel: Callable[[IndependentNeurons, Any], tuple[Any, float]]
) -> tuple[Any, float]:
    """A kernel that is the same at every width, and its error.

    Raises:
        ArithmeticError: when it changes with the width.
    """
    with np.errstate(all="ignore"):  # what is not finite is found in the result
        found, error = kernel(form, points)
        if any(_names(form)):
            wider, _ = kernel(_widened(form), points)
            change = float(np.max(np.abs(wider - found)))
            if change > CHANGE * float(np.max(np.abs(found))) + error:
                message = f"the kernel has no limit that this width shows: at {WIDER} times the width it changes by {change:.1e}"
                raise ArithmeticError(message)
    return found, error


def _names(form: IndependentNeurons) -> list[str]:
    """Constants that have the value of a width, and stand in the formula or in a density."""
    widths = {form.sizes[axis] for group in form.groups for axis in group.axes}
    places = [node for group in form.groups for node in (group.body, *(decl.density for decl in group.params))]
    used = {part.name for node in places for part in walk(node) if isinstance(part, ir.Const)}
    return [each.name for each in form.experiment.constants if each.static and each.name in used and each.value in widths]


def _widened(form: IndependentNeurons) -> IndependentNeurons:
    """The same model at a larger width."""
    names = _names(form)
    widths = {form.experiment.constant(name).value for name in names}
    constants = tuple(replace(c, value=WIDER * c.value) if c.name in names else c for c in form.experiment.constants)
    groups = tuple(
        replace(group, count=group.count * WIDER ** sum(form.sizes[axis] in widths for axis in group.axes)) for group in form.groups
    )
    assert form.env is not None
    env = replace(form.env, constants={**form.env.constants, **{c.name: c.value for c in constants if c.name in names}})
    return replace(form, groups=groups, experiment=replace(form.experiment, constants=constants), env=env)


@hookimpl
def nnspec_rules() -> Iterable[Rule]:
    """`nngp` by `quadrature`."""
    yield Rule(
        name="neuron_kernel", observable="nngp", form="IndependentNeurons", method="quadrature", compute=compute, traced=False,
        equation=r"K(x, y) = N \langle \mathrm{Cov}_v[h(x; v, c), h(y; v, c)] \rangle_c", cite=("neal1996", "halverson2021"),
    )  # fmt: skip
