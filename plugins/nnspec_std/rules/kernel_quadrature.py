r"""Kernels at infinite width for any activation: E phi(u) phi(v) by expansion in Hermite functions, with its error.

Every step of the recursion is done twice, with other panels, fewer terms, and the bounds of the first added to the second;
what the two kernels differ by is the stated error. Where it is too large there is no number.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from nnspec.lower.forms import LayerStackForm
from nnspec.lower.points import points_at
from nnspec.numerics import gaussian_series
from nnspec.plugin import Activation, Ask, Kernels, Rule, hookimpl, jax, jnp, np
from nnspec.plugin.readings import Array

TOLERANCE = 1e-8
EASY = 1e-12
"""A bound of the expansion, relative to the kernel, beyond which a pair is integrated in the plane."""
MOMENTS = 16
"""Coefficients by which a derivative is compared with its function."""


@dataclass(frozen=True)
class Quadratures:
    """Words in which every activation has duals, by quadrature."""

    activations: Mapping[str, Activation]


@dataclass
class Dual:
    """E f(u) f(v) on arrays of covariances; expansions are kept by variance."""

    f: Callable[[Any], Any]
    kinks: tuple[float, ...]
    start: int
    terms: int
    push: float
    """How much of each bound is added to the value."""
    known: dict[float, tuple[Any, Any]] = field(default_factory=dict)

    def at(self, q: float) -> tuple[Any, Any]:
        """Panels and expansion at a variance."""
        if q not in self.known:
            cut = gaussian_series.panels(self.f, q, self.kinks, self.start)
            self.known[q] = cut, gaussian_series.expand(cut, self.terms)
        return self.known[q]

    def __call__(self, q11: Array, q12: Array, q22: Array, **_: Any) -> Array:
        """Entry by entry; each triple is computed once."""
        arrays = np.stack([np.asarray(q, dtype=np.float64).reshape(-1) for q in jnp.broadcast_arrays(q11, q12, q22)])
        swapped = arrays[0] > arrays[2]
        arrays = np.where(swapped[None, :], arrays[::-1], arrays)
        different, place = np.unique(arrays, axis=1, return_inverse=True)
        values = np.array([self.one(*map(float, column)) for column in different.T])
        return jnp.asarray(values[place.reshape(-1)].reshape(jnp.shape(q12)))

    def one(self, a: float, c: float, b: float) -> float:
        """One entry, with the part of its bound that is to be added."""
        first, second = self.at(max(a, 0.0)), self.at(max(b, 0.0))
        rho = 0.0 if a <= 0 or b <= 0 else _correlation(a, c, b)
        value, bound = gaussian_series.pair(first[1], second[1], np.asarray(rho))
        size = math.sqrt(first[1].norm * second[1].norm)
        if bound > EASY * size and abs(rho) > 0.5:
            cuts = first[0], second[0]
            value = gaussian_series.plane(self.f, (a, b), cuts, rho)
            bound = abs(value - gaussian_series.plane(self.f, (a, b), cuts, rho, order=12)) if self.push else 0.0
        if not bound <= TOLERANCE * max(size, 1e-300):
            message = f"the mean of a product of two neurons is known to {bound:.1e} only, of {size:.1e}"
            raise ArithmeticError(message)
        return float(value + self.push * bound)


def _correlation(a: float, c: float, b: float) -> float:
    """The correlation, +-1 where rounding alone keeps it from being so."""
    defect = a * (b - abs(c)) + abs(c) * (a - abs(c))
    if defect <= 8 * 2.0**-52 * a * b:
        return math.copysign(1.0, c)
    return math.copysign(math.sqrt(max(0.0, 1.0 - defect / (a * b))), c)


def _words(form: LayerStackForm, functions: dict[Any, Any], *, fine: bool, tangent: bool) -> Quadratures:
    """Activations of the form with integrals for duals; compiled functions are shared by way of `functions`."""
    chosen = {step.node["function"] for step in form.steps if isinstance(step.node["function"], tuple)}
    names = {name for name, _ in chosen}
    found = {name: _integrated(form.words.activations[name], functions, fine=fine) for name in names}
    if not tangent:
        found = {name: replace(each, dual_prime=_nothing) for name, each in found.items()}
    return Quadratures(found)


def _nothing(q11: Array, q12: Array, q22: Array, **_: Any) -> Array:  # noqa: ARG001
    return jnp.zeros_like(q12)


def _integrated(record: Activation, functions: dict[Any, Any], *, fine: bool) -> Activation:
    """The activation with T and its derivative as integrals; those of each choice of its options are kept."""
    kept: dict[Any, tuple[Dual, Dual]] = {}

    def duals(options: Mapping[str, Any]) -> tuple[Dual, Dual]:
        key = (record.name, *sorted(options.items()))
        if key not in functions:
            phi = partial(record.apply, **options)
            functions[key] = jax.jit(phi), jax.jit(jax.vmap(jax.grad(phi)))
        if key not in kept:
            how = (record.kinks, 128, 1024, 0.0) if fine else (record.kinks, 97, 896, 1.0)
            first, second = functions[key]
            kept[key] = Dual(first, *how), Dual(second, *how)
        return kept[key]

    def dual(q11: Array, q12: Array, q22: Array, **options: Any) -> Array:
        return duals(options)[0](q11, q12, q22)

    def dual_prime(q11: Array, q12: Array, q22: Array, **options: Any) -> Array:
        phi, slope = duals(options)
        for q in set(np.asarray(q11).reshape(-1).tolist()):
            _not_a_jump(record.name, phi.at(max(q, 0.0))[1], slope.at(max(q, 0.0))[1], q)
        return slope(q11, q12, q22)

    return replace(record, dual=dual, dual_prime=dual_prime)


def _not_a_jump(name: str, phi: gaussian_series.Series, slope: gaussian_series.Series, q: float) -> None:
    r"""The derivative has the coefficients b_n = \sqrt{(n + 1)/q} a_{n+1}, unless phi jumps: there it misses a delta."""
    if q <= 0:
        return
    n = np.arange(min(len(slope.a), len(phi.a) - 1, MOMENTS))
    want = np.sqrt(n + 1.0) * phi.a[n + 1] / math.sqrt(q)
    size = math.sqrt(slope.norm) + math.sqrt(phi.norm / q)
    if np.any(np.abs(slope.a[n] - want) > 1e-9 * size):
        message = f"`{name}` jumps, or varies too fast for its derivative to be trusted"
        raise ArithmeticError(message)


def both(form: LayerStackForm, points: Array, *, tangent: bool = True) -> tuple[Kernels, Kernels]:
    """Both kernels at points [point, in], with other panels and added bounds, and as they are; or NNGP alone.

    Raises:
        ArithmeticError: where the two differ too much.
    """
    functions: dict[Any, Any] = {}

    def by(*, fine: bool) -> Kernels:
        kernels = form.kernels(points, _words(form, functions, fine=fine, tangent=tangent))
        return Kernels(nngp=np.asarray(kernels.nngp), ntk=np.asarray(kernels.ntk))

    other, fine = by(fine=False), by(fine=True)
    for each in ("nngp", "ntk") if tangent else ("nngp",):
        _difference(getattr(other, each), getattr(fine, each))
    return other, fine


def _kernels(form: LayerStackForm, ask: Ask, part: Callable[[Kernels], Array], *, tangent: bool) -> tuple[Array, float]:
    """One of the kernels [point, point_2], and by how much it changes with other panels and added bounds."""
    points = jnp.asarray(points_at(ask))
    functions: dict[Any, Any] = {}
    fine, other = (
        np.asarray(part(form.kernels(points, _words(form, functions, fine=each, tangent=tangent)))) for each in (True, False)
    )
    return fine, _difference(other, fine)


def _difference(other: Array, fine: Array) -> float:
    """The largest difference between the two, where it is small enough."""
    error = float(np.max(np.abs(fine - other)))
    if not error <= TOLERANCE * max(1.0, float(np.max(np.abs(fine)))):
        message = f"two quadratures of the kernel differ by {error:.1e}; the activation varies too fast for them"
        raise ArithmeticError(message)
    return error


def nngp(form: LayerStackForm, ask: Ask) -> tuple[Array, float]:
    """K at the points, with its error."""
    return _kernels(form, ask, lambda kernels: kernels.nngp, tangent=False)


def ntk(form: LayerStackForm, ask: Ask) -> tuple[Array, float]:
    """Theta at the points, with its error."""
    return _kernels(form, ask, lambda kernels: kernels.ntk, tangent=True)


def no_tangent(form: LayerStackForm) -> str | None:
    """Parameterizations and jumps that leave no NTK."""
    reason = form.without_tangent()
    for step in form.steps if reason is None else ():
        chosen = step.node["function"]
        if isinstance(chosen, tuple) and form.words.activations[chosen[0]].jumps:
            return f"`{chosen[0]}` jumps, so its networks have no tangent kernel"
    return reason


@hookimpl
def nnspec_rules() -> Iterable[Rule]:
    """NNGP and NTK of a stack of layers, by quadrature."""
    step = r"K^{l+1} = \sigma_b^2 + \sigma_w^2\, \langle \phi(u) \phi(v) \rangle"
    yield Rule(
        name="nngp_quadrature", observable="nngp", form="LayerStack", method="quadrature", compute=nngp, traced=False,
        equation=step + r", \quad (u, v) \sim N(0, K^l)", cite=("neal1996", "lee2018", "mehler1866"),
    )  # fmt: skip
    yield Rule(
        name="ntk_quadrature", observable="ntk", form="LayerStack", method="quadrature", compute=ntk, traced=False,
        refuse=no_tangent, cite=("jacot2018", "price1958", "mehler1866"),
        equation=r"\Theta^{l+1} = K^{l+1} + \sigma_w^2\, \Theta^l \langle \phi'(u) \phi'(v) \rangle",
    )  # fmt: skip
