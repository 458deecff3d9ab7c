r"""Gradient descent at infinite width: the tangent kernel stays as it is, and every eigenmode of it decays by itself."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from nnspec.lower.forms import LayerStackForm
from nnspec.lower.points import points_at
from nnspec.lower.training import recorded
from nnspec.plugin import Ask, Kernels, Rule, hookimpl, jax, jnp, np
from nnspec.plugin.readings import Array
from nnspec_std.rules import kernel_quadrature, ntk_recursion

EQUATION = (
    r"\mu_t = A_t Y, \quad \Sigma_t = K + A_t K_{XX} A_t^T - A_t K_{X \cdot} - K_{\cdot X} A_t^T, \quad "
    r"A_t = \Theta_{\cdot X} Q\, \frac{1 - (1 - \kappa \Lambda)^t}{\Lambda}\, Q^T, \quad \kappa = \frac{2 \eta}{|D|}"
)


def decayed(eigenvalues: Array, rate: float, steps: int) -> Array:
    r"""(1 - (1 - \kappa \lambda)^t)/\lambda, which is \kappa t at \lambda = 0; nothing is lost for small \lambda."""
    x = rate * eigenvalues
    small = np.abs(x) < 0.5
    with np.errstate(all="ignore"):
        near = -np.expm1(steps * np.log1p(-np.where(small, x, 0.0))) / np.where(eigenvalues == 0.0, 1.0, eigenvalues)
        far = (1.0 - np.abs(1.0 - x) ** steps * np.where((x > 1.0) & (steps % 2 == 1), -1.0, 1.0)) / eigenvalues
    return np.where(eigenvalues == 0.0, rate * steps, np.where(small, near, far))


def solution(kernels: Kernels, ask: Ask) -> dict[str, Array]:
    """Mean [step, point] and covariance [step, point, point_2] from kernels over the data and then the points.

    Raises:
        ArithmeticError: when the learning rate is too large for gradient descent to converge.
    """
    labels = np.asarray(ask["data"].labels)
    n = len(labels)
    K, theta = np.asarray(kernels.nngp), np.asarray(kernels.ntk)
    eigenvalues, Q = np.linalg.eigh(theta[:n, :n])
    # rounding makes some of a singular kernel negative; below that nothing is told from zero
    eigenvalues = np.where(np.abs(eigenvalues) < 1e-14 * eigenvalues[-1], 0.0, eigenvalues)
    rate = 2.0 * ask["lr"] / n
    if rate * eigenvalues[-1] >= 2.0:
        message = f"gradient descent does not converge: the learning rate {ask['lr']:g} must be below {n / eigenvalues[-1]:.4g}"
        raise ArithmeticError(message)
    across, found = theta[n:, :n] @ Q, {"mean": [], "covariance": []}  # type: ignore[var-annotated]
    for step in recorded(ask["steps"], ask["every"]):
        A = (across * decayed(eigenvalues, rate, step)) @ Q.T
        mixed = A @ K[:n, n:]
        found["mean"].append(A @ labels)
        found["covariance"].append(K[n:, n:] + A @ K[:n, :n] @ A.T - mixed - mixed.T)
    return {part: np.stack(arrays) for part, arrays in found.items()}


def _points(ask: Ask) -> Array:
    """The data, and then the points at which networks are read: [point, in]."""
    return jnp.concatenate([jnp.asarray(ask["data"].points), jnp.asarray(points_at(ask))])


def closed_form(form: LayerStackForm, ask: Ask) -> dict[str, Array]:
    """The solution from kernels in closed form."""
    nngp, ntk = jax.jit(lambda x: ((k := form.kernels(x)).nngp, k.ntk))(_points(ask))
    return solution(Kernels(nngp=nngp, ntk=ntk), ask)


def quadrature(form: LayerStackForm, ask: Ask) -> tuple[dict[str, Array], float]:
    """The solution from kernels by quadrature; its error is what another quadrature changes in it."""
    coarse, fine = (solution(each, ask) for each in kernel_quadrature.both(form, _points(ask)))
    return fine, max(float(np.max(np.abs(fine[part] - coarse[part]))) for part in fine)


@hookimpl
def nnspec_rules() -> Iterable[Rule]:
    """Mean and covariance of trained networks."""
    rule = partial(Rule, observable="ntk_dynamics", form="LayerStack", equation=EQUATION, traced=False)
    cite = ("jacot2018", "lee2019")
    yield rule(name="ntk_dynamics", method="closed_form", compute=closed_form, refuse=ntk_recursion.refuse, cite=cite)
    yield rule(
        name="ntk_dynamics_quadrature", method="quadrature", compute=quadrature, refuse=LayerStackForm.without_tangent, cite=cite
    )
