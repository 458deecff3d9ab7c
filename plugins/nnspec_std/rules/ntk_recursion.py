"""The neural tangent kernel at infinite width by recursion over the layers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from nnspec.lower.forms import LayerStackForm
from nnspec.lower.points import points_at
from nnspec.plugin import Ask, Refusal, Rule, hookimpl, jnp


def refuse(form: LayerStackForm) -> str | Refusal | None:
    """The recursion holds for trained variables of variance one, and needs the dual of every derivative."""
    reason = form.without_tangent()
    if reason is not None:
        return reason
    for step in form.steps:
        chosen = step.node["function"]
        if isinstance(chosen, tuple):
            record = form.words.activations[chosen[0]]
            if record.jumps:
                return f"`{record.name}` jumps, so its networks have no tangent kernel"
            if record.dual is None or record.dual_prime is None:
                return Refusal(
                    backend="analytic", method="closed_form", reason=f"the dual of `{chosen[0]}` is not known",
                    code="NN603", message=f"no closed form is known for the kernel of `{chosen[0]}`",
                    span=step.node.span, label="a closed form is asked for here", because="this activation has none",
                    helps=("use `method: quadrature` (about 1e-10), or `method: empirical`",
                           "a plugin can add one: `dual` of its `Activation` record"),
                )  # fmt: skip
    return None


def compute(form: LayerStackForm, ask: Ask) -> Any:
    """Theta at the points, [point, point_2]."""
    return form.kernels(jnp.asarray(points_at(ask))).ntk


@hookimpl
def nnspec_rules() -> Iterable[Rule]:
    """NTK of a stack of layers."""
    yield Rule(
        name="ntk_recursion",
        observable="ntk",
        form="LayerStack",
        method="closed_form",
        compute=compute,
        refuse=refuse,
        equation=r"\Theta^1 = K^1, \quad \Theta^{l+1} = K^{l+1} + \sigma_w^2\, \Theta^l\, \dot T(K^l)",
        cite=("jacot2018",),
    )
