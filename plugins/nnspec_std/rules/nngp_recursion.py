"""The kernel at infinite width by recursion over the layers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from nnspec.lower.forms import LayerStackForm
from nnspec.lower.points import points_at
from nnspec.plugin import Ask, Refusal, Rule, hookimpl, jnp


def closed_forms(form: LayerStackForm) -> Refusal | None:
    """The recursion needs the dual of every activation."""
    for step in form.steps:
        chosen = step.node["function"]
        if isinstance(chosen, tuple) and form.words.activations[chosen[0]].dual is None:
            return Refusal(
                backend="analytic", method="closed_form", reason=f"the dual of `{chosen[0]}` is not known",
                code="NN603", message=f"no closed form is known for the kernel of `{chosen[0]}`", span=step.node.span,
                label="a closed form is asked for here", because="this activation has none",
                helps=("use `method: quadrature` (about 1e-10)",
                       "a plugin can add one: `dual` of its `Activation` record"),
            )  # fmt: skip
    return None


def compute(form: LayerStackForm, ask: Ask) -> Any:
    """K at the points, [point, point_2]."""
    return form.kernels(jnp.asarray(points_at(ask))).nngp


@hookimpl
def nnspec_rules() -> Iterable[Rule]:
    """NNGP of a stack of layers."""
    yield Rule(
        name="nngp_recursion",
        observable="nngp",
        form="LayerStack",
        method="closed_form",
        compute=compute,
        refuse=closed_forms,
        equation=r"K^1 = \sigma_b^2 + \sigma_w^2\, x \cdot y / d, \quad K^{l+1} = \sigma_b^2 + \sigma_w^2\, T(K^l)",
        cite=("neal1996", "lee2018", "matthews2018"),
    )
