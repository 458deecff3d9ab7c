r"""Kernels at infinite width for any activation: E phi(u) phi(v) by quadrature in each step of the recursion.

The plane of the Gaussian pair is cut where u or v vanishes, so that kinks at zero do no harm. Every kernel is computed
with two rules, and their difference is the stated error; where it is too large there is no number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from nnspec.lower.forms import LayerStackForm
from nnspec.lower.points import points_at
from nnspec.numerics.quadrature import gaussian_pair
from nnspec.plugin import Activation, Ask, Kernels, Rule, hookimpl, jax, jnp, lax, np
from nnspec.plugin.readings import Array

COARSE, FINE = (60, 120), (120, 240)
TOLERANCE = 1e-8
AT_ONCE = 8
"""Entries of a kernel computed at a time; each takes some 100,000 nodes."""


@dataclass(frozen=True)
class Quadratures:
    """Words in which every activation has duals, by quadrature."""

    activations: Mapping[str, Activation]


def _words(form: LayerStackForm, rule: tuple[int, int]) -> Quadratures:
    chosen = {step.node["function"][0] for step in form.steps if isinstance(step.node["function"], tuple)}
    return Quadratures({name: _integrated(form.words.activations[name], rule) for name in chosen})


def _integrated(record: Activation, rule: tuple[int, int]) -> Activation:
    """The activation with T and its derivative as integrals."""

    def dual(q11: Array, q12: Array, q22: Array, **options: Any) -> Array:
        return _entries(partial(record.apply, **options), (q11, q12, q22), rule)

    def dual_prime(q11: Array, q12: Array, q22: Array, **options: Any) -> Array:
        slope = jnp.vectorize(jax.grad(partial(record.apply, **options)))
        return _entries(slope, (q11, q12, q22), rule)

    return replace(record, dual=dual, dual_prime=dual_prime)


def _entries(f: Callable[[Array], Array], at: tuple[Array, Array, Array], rule: tuple[int, int]) -> Array:
    """E f(u) f(v) for each entry of three arrays of covariances."""
    angular, radial = rule

    def one(entry: tuple[Array, Array, Array]) -> Array:
        return gaussian_pair(f, f, *entry, angular=angular, radial=radial)

    flat = tuple(array.reshape(-1) for array in at)
    return lax.map(one, flat, batch_size=AT_ONCE).reshape(at[0].shape)


def _kernels(form: LayerStackForm, ask: Ask, part: Callable[[Kernels], Array]) -> tuple[Array, float]:
    """One of the kernels [point, point_2], and the largest difference between the two rules."""
    points = jnp.asarray(points_at(ask))

    def by(rule: tuple[int, int]) -> Array:
        words = _words(form, rule)
        return np.asarray(jax.jit(lambda x: part(form.kernels(x, words)))(points))

    coarse, fine = by(COARSE), by(FINE)
    error = float(np.max(np.abs(fine - coarse)))
    if not error <= TOLERANCE * max(1.0, float(np.max(np.abs(fine)))):
        message = f"two quadratures of the kernel differ by {error:.1e}; the activation varies too fast for them"
        raise ArithmeticError(message)
    return fine, error


def nngp(form: LayerStackForm, ask: Ask) -> tuple[Array, float]:
    """K at the points, with its error."""
    return _kernels(form, ask, lambda kernels: kernels.nngp)


def ntk(form: LayerStackForm, ask: Ask) -> tuple[Array, float]:
    """Theta at the points, with its error."""
    return _kernels(form, ask, lambda kernels: kernels.ntk)


@hookimpl
def nnspec_rules() -> Iterable[Rule]:
    """NNGP and NTK of a stack of layers, by quadrature."""
    step = r"K^{l+1} = \sigma_b^2 + \sigma_w^2\, \langle \phi(u) \phi(v) \rangle"
    yield Rule(
        name="nngp_quadrature", observable="nngp", form="LayerStack", method="quadrature", compute=nngp, traced=False,
        equation=step + r", \quad (u, v) \sim N(0, K^l)", cite=("neal1996", "lee2018"),
    )  # fmt: skip
    yield Rule(
        name="ntk_quadrature", observable="ntk", form="LayerStack", method="quadrature", compute=ntk, traced=False,
        refuse=LayerStackForm.without_tangent, cite=("jacot2018", "price1958"),
        equation=r"\Theta^{l+1} = K^{l+1} + \sigma_w^2\, \Theta^l \langle \phi'(u) \phi'(v) \rangle",
    )  # fmt: skip
