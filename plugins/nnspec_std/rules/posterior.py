"""The posterior of the Gaussian process at infinite width, from the kernel of a stack of layers."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from nnspec.lower.forms import LayerStackForm
from nnspec.lower.points import points_at
from nnspec.plugin import Ask, Rule, hookimpl, jax, jnp, np
from nnspec.plugin.readings import Array
from nnspec_std.rules import kernel_quadrature, nngp_recursion

SINGULAR = 1e-12
"""The smallest eigenvalue over the largest below which rounding decides."""


def solution(kernel: Array, ask: Ask) -> tuple[dict[str, Array], float]:
    """Mean [point] and covariance [point, point_2] from a kernel over the data and then the points; what rounding leaves.

    Raises:
        ArithmeticError: when the kernel over the data is singular to within rounding.
    """
    K, labels = np.asarray(kernel), np.asarray(ask["data"].labels)
    n = len(labels)
    noisy = K[:n, :n] + ask["noise"] * np.eye(n)
    eigenvalues = np.linalg.eigvalsh(noisy)
    if eigenvalues[0] <= SINGULAR * eigenvalues[-1]:
        share = eigenvalues[0] / eigenvalues[-1]
        message = (
            f"the kernel over the data is singular to within rounding (its smallest eigenvalue is {share:.1e} of the largest): "
            "give a larger `noise`, or leave out points that are the same to the network"
        )
        raise ArithmeticError(message)
    A = np.linalg.solve(noisy, K[:n, n:]).T
    found = {"mean": A @ labels, "covariance": K[n:, n:] - A @ K[:n, n:]}
    size = max(float(np.max(np.abs(A) @ np.abs(labels))), float(np.max(np.abs(K[n:, n:]))))
    return found, float(np.finfo(np.float64).eps * eigenvalues[-1] / eigenvalues[0] * size)


def _points(ask: Ask) -> Array:
    """The data, and then the points at which the field is asked for: [point, in]."""
    return jnp.concatenate([jnp.asarray(ask["data"].points), jnp.asarray(points_at(ask))])


def closed_form(form: LayerStackForm, ask: Ask) -> tuple[dict[str, Array], float]:
    """The posterior from the kernel in closed form."""
    return solution(jax.jit(lambda x: form.kernels(x).nngp)(_points(ask)), ask)


def quadrature(form: LayerStackForm, ask: Ask) -> tuple[dict[str, Array], float]:
    """The posterior from the kernel by quadrature; its error is what another quadrature changes in it, and rounding."""
    (coarse, _), (fine, rounding) = (solution(each.nngp, ask) for each in kernel_quadrature.both(form, _points(ask), tangent=False))
    return fine, rounding + max(float(np.max(np.abs(fine[part] - coarse[part]))) for part in fine)


@hookimpl
def nnspec_rules() -> Iterable[Rule]:
    """Mean and covariance given data."""
    rule = partial(
        Rule, observable="posterior", form="LayerStack", traced=False, cite=("lee2018", "matthews2018"),
        equation=r"\mu = A Y, \quad \Sigma = K - A K_{X \cdot}, \quad A = K_{\cdot X} (K_{XX} + \lambda)^{-1}",
    )  # fmt: skip
    yield rule(name="posterior", method="closed_form", compute=closed_form, refuse=nngp_recursion.closed_forms)
    yield rule(name="posterior_quadrature", method="quadrature", compute=quadrature)
