r"""The power spectrum of a field: Fourier modes in a box, squared, averaged over networks and over directions.

The field is read on a cubic grid of `modes` points in each direction of a box of side L, multiplied by a Hann window
w(x) = \prod_i 2 sin^2(pi x_i / L) [harris1978], and Fourier transformed:

    S(k) = h^d |sum_x w(x) phi(x) e^{-ikx}|^2 / sum_x w(x)^2,      h = L / modes, k = 2 pi n / L.

For a stationary field its mean is the spectral density G(k), smoothed by the squared transform of the window (a width
of two modes, falling like |k|^-6 beyond), and folded where the field has modes beyond pi / h.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from nnspec.plugin import Ask, Estimator, Field, Observable, hookimpl, jnp, np
from nnspec.plugin.readings import Array
from nnspec.plugin.records import Args

MOST_POINTS = 1 << 18


@cache
def _axis(modes: int, box: float) -> Any:
    """Grid points of one direction, centred on zero."""
    return (np.arange(modes) - modes // 2) * (box / modes)


def points(ask: Ask) -> Array:
    """The grid, [point, in]."""
    axes = [_axis(ask["modes"], ask["box"])] * ask.dim
    return np.stack([axis.reshape(-1) for axis in np.meshgrid(*axes, indexing="ij")], axis=-1)


@cache
def _window(modes: int, dim: int) -> Any:
    """The window on the grid, with sum of squares 1."""
    line = 2 * np.sin(np.pi * (np.arange(modes) + 0.0) / modes) ** 2
    window = line
    for _ in range(dim - 1):
        window = np.multiply.outer(window, line)
    return window / np.sqrt(np.sum(window**2))


@cache
def _shells(modes: int, dim: int) -> tuple[Any, Any]:
    """Mean over the modes of each shell j - 1/2 <= |n| < j + 1/2, [shell, mode], and the mean |n| of each shell."""
    numbers = np.fft.fftfreq(modes, 1.0 / modes)
    length = np.sqrt(sum(part**2 for part in np.meshgrid(*[numbers] * dim, indexing="ij"))).reshape(-1)
    shell = np.floor(length + 0.5).astype(int)
    member = (shell[None, :] == np.arange(modes // 2)[:, None]).astype(np.float64)
    mean = member / member.sum(axis=1, keepdims=True)
    return mean, mean @ length


@cache
def _waves(modes: int) -> tuple[Any, Any]:
    """Cosine and sine of 2 pi n j / modes, [mode, point]."""
    phase = 2 * np.pi * (np.outer(np.arange(modes), np.arange(modes)) % modes) / modes
    return np.cos(phase), np.sin(phase)


def _along(real: Array, imaginary: Array, cos: Array, sin: Array, axis: int) -> tuple[Array, Array]:
    """The Fourier sum along one axis, as matrix products: a library FFT keeps all devices but one waiting on CPU."""

    def times(wave: Array, part: Array) -> Array:
        return jnp.moveaxis(jnp.tensordot(wave, part, axes=(1, axis), precision="highest"), 0, axis)

    return times(cos, real) + times(sin, imaginary), times(cos, imaginary) - times(sin, real)


def moments(ask: Ask, f: Array) -> Mapping[str, Array]:
    """S(k) of one draw, averaged over shells of modes: [shell]."""
    modes, dim = ask["modes"], ask.dim
    field = f[:, 0].reshape((modes,) * dim)
    real, imaginary = field * jnp.asarray(_window(modes, dim), field.dtype), jnp.zeros_like(field)
    cos, sin = (jnp.asarray(part, field.dtype) for part in _waves(modes))
    for axis in range(dim):
        real, imaginary = _along(real, imaginary, cos, sin, axis)
    power = (real**2 + imaginary**2).reshape(-1) * (ask["box"] / modes) ** dim
    return {"power": jnp.asarray(_shells(modes, dim)[0], field.dtype) @ power}


def finish(ask: Ask, means: Mapping[str, Array]) -> Array:  # noqa: ARG001
    """The mean over draws."""
    return np.asarray(means["power"])


def refuse(options: Args, dim: int) -> tuple[str, str] | None:
    """A grid of a bearable size."""
    if options["modes"] < 4 or options["modes"] % 2:
        return "modes", f"an even number of modes, at least 4, is needed, and this is {options['modes']}"
    if options["modes"] ** dim > MOST_POINTS:
        count = options["modes"] ** dim
        return "modes", f"{options['modes']} modes in {dim} dimensions are {count} points; {MOST_POINTS} at most"
    if not 0 < options["box"] < float("inf"):
        return "box", "the side of the box must be positive"
    return None


def coords(ask: Ask) -> Mapping[str, Array]:
    """The mean wave number of each shell."""
    return {"k": _shells(ask["modes"], ask.dim)[1] * 2 * np.pi / ask["box"]}


@hookimpl
def nnspec_observables() -> Iterable[Observable]:
    """`S: {spectrum: {modes: 64, draws: 4000}}`."""
    yield Observable(
        name="spectrum",
        doc="power spectrum in a box with a Hann window, against the wave number |k|",
        equation=r"S(k) = \frac{h^d}{\sum_x w(x)^2} "
        r"\left\langle \left| \sum_x w(x) \phi(x) e^{-i k x} \right|^2 \right\rangle",
        fields=(
            Field(name="modes", type="count", doc="grid points, and modes, in each direction", required=True),
            Field(name="box", type="number", doc="side of the box; wave numbers are multiples of 2 pi / box",
                  default="8*pi", unit="length"),
        ),
        dims=lambda _: ("k",),
        shape=lambda options, _: (options["modes"] // 2,),
        kind=Estimator(readings=("f",), points=points, moments=moments, finish=finish),
        refuse=refuse,
        coords=coords,
        example="{spectrum: {modes: 8, draws: 640}}",
        cite=("harris1978", "welch1967"),
    )  # fmt: skip
