"""What holds for every density: it is normalised, its moments and samples are its own, its transform is smooth."""

from __future__ import annotations

import math
from functools import partial
from typing import Any, NamedTuple

from nnspec.lower.domains import domain_rule
from nnspec.numerics.agreement import agree
from nnspec.numerics.lazy import jax, jnp, np
from nnspec.numerics.streams import draw_key, root_key, stream
from nnspec.plugin.records import Args, Density, Transform
from nnspec.testing.close import assert_close

_DRAWS = 40_000
_FALSE_ALARM = 1e-6
_MISS = 1e-3


class _Grid(NamedTuple):
    """Nodes u, the events x(u) there, and weights p(x) |det dx/du| du."""

    u: Any
    x: Any
    weight: Any


def check_density(record: Density, key: Any = None) -> None:
    r"""Check a density on each of its `examples`.

    Shapes and dtypes; \int p = 1 and E x^k for k = 1..4 by quadrature in the variable u of the transform (double
    precision, relative error 1e-6); -inf outside the support; the transform's round trip and log-determinant against
    automatic differentiation; the Schwinger-Dyson identities of the coordinates u, which a density that jumps inside its
    support has not; samples against the density: for numbers the Kolmogorov-Smirnov distance, for vectors
    the characteristic function at twelve random points.

    Over keys the test of samples raises a false alarm with a probability of at most 1e-6; a distribution function
    that is off by 0.024 somewhere, or a characteristic function off by 0.05, is missed with at most 1e-3.

    Args:
        record: the density.
        key: the key of the samples; fixed if it is not given.
    """
    assert record.examples, f"'{record.name}' has no `examples` on which its laws could be tested"
    key = root_key(20240229) if key is None else key
    for number, args in enumerate(record.examples):
        name = f"'{record.name}' at {dict(args)}"
        event = event_shape(record, args)
        assert record.refuse(args) is None, f"{name} refuses its own example: {record.refuse(args)}"
        _check_shapes(record, name, args, event, key)
        _check_outside(record, name, args, event)
        if record.atoms is not None:
            _check_atoms(record, name, args, stream(key, f"example {number}"))
        if record.transform is not None:
            (_check_direction if _on_a_sphere(args) else _check_transform)(record, name, args, event)
            grid = _surface(record, args) if _on_a_sphere(args) else _grid(record, record.transform, args, event)
            _check_integrals(record, name, args, event, grid)
            _check_identities(record, record.transform, name, args, grid)
            sample = jax.jit(lambda k, args=args: record.sample(k, args, (_DRAWS,), jnp.float64))
            _check_draws(record.transform, name, args, grid, sample(stream(key, f"example {number}")))


def event_shape(record: Density, args: Args) -> tuple[int, ...]:
    """The shape of one event by the signature that has these arguments: a number, a point of a domain, or a vector."""
    signature = next((each for each in record.signatures if {p.name for p in each.parameters} == set(args)), None)
    assert signature is not None, f"no signature of '{record.name}' has the arguments {', '.join(args)}"
    first = args[signature.parameters[0].name]
    match signature.event:
        case "real":
            return ()
        case "vec":
            return (len(first),)
        case "domain":
            return () if first.shape == "interval" else (first.dim,)


def _check_shapes(record: Density, name: str, args: Args, event: tuple[int, ...], key: Any) -> None:
    for dtype in (jnp.float32, jnp.float64):
        for shape in ((), (2, 500)):
            x = jax.jit(lambda k, s=shape, t=dtype: record.sample(k, args, s, t))(key)
            assert (x.shape, x.dtype) == (shape + event, dtype), f"{name} draws {x.dtype}{x.shape} for shape {shape}"
            density = jax.jit(lambda x: record.log_prob(x, args))(x)
            same = (density.shape, density.dtype) == (shape, dtype)
            assert same, f"log_prob of {name} is {density.dtype}{density.shape} for shape {shape}"
            assert bool(jnp.all(jnp.isfinite(density))), f"{name} draws events to which log_prob gives no density"
    keys = jax.vmap(partial(draw_key, key))(jnp.arange(3))
    many = jax.jit(jax.vmap(lambda k: record.sample(k, args, (5,), jnp.float64)))
    one = jax.jit(lambda k: record.sample(k, args, (5,), jnp.float64))
    assert_close(f"samples of {name} key by key,", one(keys[1]), many(keys)[1], 1e-12)


def _check_atoms(record: Density, name: str, args: Args, key: Any) -> None:
    """Probabilities with the sum one, of which log_prob, moments and samples are; frequencies within the binomial's error."""
    assert record.atoms is not None
    values, weights = (np.asarray(part, dtype=np.float64) for part in record.atoms(args))
    assert_close(f"the probabilities of {name}", weights.sum(), 1.0, 1e-12)
    assert_close(f"log_prob of {name}", np.exp(record.log_prob(jnp.asarray(values), args)), weights, 1e-12)
    between = jnp.asarray(values) + 1e-3 * (1 + np.abs(values).max())
    assert bool(jnp.all(record.log_prob(between, args) == -jnp.inf)), f"log_prob of {name} is not -inf between its numbers"
    for k in (1, 2, 3, 4):
        got, size = weights @ values**k, weights @ np.abs(values) ** k
        assert_close(f"E x^{k} of {name}", np.asarray(record.moment(args, k)), got, 1e-12, size)
    draws = np.asarray(jax.jit(lambda k: record.sample(k, args, (_DRAWS,), jnp.float64))(key))
    found = (draws[:, None] == values[None, :]).mean(axis=0)
    assert found.sum() == 1.0, f"{name} draws other numbers than its own"
    error = np.sqrt(weights * (1 - weights) / _DRAWS)
    verdict = agree(found, weights, error, false_alarm=_FALSE_ALARM, detect=0.05, miss=_MISS)
    assert verdict.ok, f"samples of {name} have other frequencies: {verdict.reason}"


def _check_outside(record: Density, name: str, args: Args, event: tuple[int, ...]) -> None:
    """Beyond the ends of a bounded support the density is zero."""
    if "domain" not in args:
        return
    far = 1e-3 + max(_reach(args["domain"]))
    for component in range(event[0] if event else 1):
        x = jnp.zeros(event).at[(component,) if event else ()].set(1.01 * far)
        for point in (x, -x):
            assert float(record.log_prob(point, args)) == -math.inf, f"log_prob of {name} is not -inf at {point}"


def _reach(domain: Any) -> list[float]:
    """Numbers that bound the components of a domain's points."""
    return [n for part in domain.args for n in (_reach(part) if hasattr(part, "args") else [abs(float(part))])]


def _on_a_sphere(args: Args) -> bool:
    """Whether events live on a sphere, or on a product with one: coordinates are more than there are dimensions."""

    def has(domain: Any) -> bool:
        return domain.shape == "sphere" or any(has(part) for part in domain.args if hasattr(part, "args"))

    return "domain" in args and has(args["domain"])


def _check_direction(record: Density, name: str, args: Args, event: tuple[int, ...]) -> None:
    r"""x(u) lies in the support whatever u is, and p(x(u)) e^{log_det(u)} is a density of u: on spheres the normal one."""
    transform = record.transform
    assert transform is not None
    u = jnp.asarray(np.random.default_rng(3).normal(size=(20, *event)))
    x = transform.forward(u, args)
    assert_close(f"forward(inverse(x)) of {name}", transform.forward(transform.inverse(x, args), args), x, 1e-9)
    total = record.log_prob(x, args) + transform.log_det(u, args)
    assert bool(jnp.all(jnp.isfinite(total))), f"forward of {name} leaves its support"
    if args["domain"].shape == "sphere":
        want = -0.5 * jnp.sum(u * u, axis=-1) - 0.5 * event[0] * math.log(2 * math.pi)
        assert_close(f"the density of the coordinates of {name}", total, want, 1e-9, 1 + jnp.abs(want))
    slope = jax.jit(jax.vmap(jax.grad(lambda v: jnp.sum(transform.forward(v, args)) + transform.log_det(v, args))))(u)
    assert bool(jnp.all(jnp.isfinite(slope))), f"the gradient of the transform of {name} is not finite"


def _surface(record: Density, args: Args) -> _Grid:
    """Points of the support and weights p(x) dS by a rule of the domain itself."""
    nodes, weights = domain_rule(args["domain"], 24)
    return _Grid(u=nodes, x=np.asarray(nodes), weight=np.asarray(weights) * np.exp(np.asarray(record.log_prob(nodes, args))))


def _check_transform(record: Density, name: str, args: Args, event: tuple[int, ...]) -> None:
    transform = record.transform
    assert transform is not None
    rng = np.random.default_rng(3)
    u = np.concatenate([np.zeros((1, *event)), 1e-5 * rng.normal(size=(2, *event)), rng.normal(size=(20, *event))])
    u = jnp.asarray(np.clip(u, -3, 3))
    x = transform.forward(u, args)
    assert_close(f"inverse(forward(u)) of {name}", transform.inverse(x, args), u, 1e-9)
    size = math.prod(event)

    def flat(v: Any) -> Any:
        return transform.forward(v.reshape(event), args).reshape(size)

    jacobians = jax.jit(jax.vmap(jax.jacfwd(flat)))(u.reshape(-1, size))
    log_det = transform.log_det(u, args)
    assert log_det.shape == u.shape[:1], f"log_det of {name} gives one number per event, not {log_det.shape}"
    want = np.linalg.slogdet(np.asarray(jacobians))[1]
    assert_close(f"log_det of {name} against its Jacobian", log_det, want, 1e-9, 1 + np.abs(want))
    slope = jax.jit(jax.vmap(jax.grad(lambda v: transform.log_det(v, args))))(u)
    assert bool(jnp.all(jnp.isfinite(slope))), f"the gradient of log_det of {name} is not finite"
    single = transform.forward(u.astype(jnp.float32), args)
    assert single.dtype == jnp.float32, f"the transform of {name} maps float32 to {single.dtype}"


def _grid(record: Density, transform: Transform, args: Args, event: tuple[int, ...]) -> _Grid:
    r"""Points u [node, ...event] and weights p(x(u)) |det dx/du| du, by the trapezoidal rule.

    In one dimension u = \sinh t, which reaches 10^6; in several a grid on [-18, 18], enough for exponential tails.
    """
    size = math.prod(event)
    if size == 1:
        t = np.linspace(-15.0, 15.0, 24_001)
        u, du = np.sinh(t).reshape(-1, *event), np.cosh(t) * (t[1] - t[0])
    else:
        axis = np.linspace(-18.0, 18.0, {2: 257, 3: 129}[size])
        u = np.stack(np.meshgrid(*[axis] * size, indexing="ij"), axis=-1).reshape(-1, size)
        du = np.full(len(u), (axis[1] - axis[0]) ** size)

    def log_weight(u: Any) -> tuple[Any, Any]:
        x = transform.forward(u, args)
        return x, record.log_prob(x, args) + transform.log_det(u, args)

    x, log_density = map(np.asarray, jax.jit(log_weight)(jnp.asarray(u)))
    keep = log_density > -60  # e^-60 of the mass
    return _Grid(u=u[keep], x=x[keep], weight=(np.exp(log_density) * du)[keep])


def _check_integrals(record: Density, name: str, args: Args, event: tuple[int, ...], grid: _Grid) -> None:
    assert_close(f"the integral of {name}", np.sum(grid.weight), 1.0, 1e-6)
    x = grid.x.reshape(len(grid.x), -1)
    for k in (1, 2, 3, 4):
        want = np.asarray(record.moment(args, k), dtype=np.float64)
        assert want.shape in ((), event), f"moment {k} of {name} has the shape {want.shape}"
        if np.all(np.isfinite(want)):
            got, size = grid.weight @ x**k, grid.weight @ np.abs(x) ** k
            assert_close(f"E x^{k} of {name}", np.broadcast_to(want, got.shape), got, 1e-6, size)


def _check_identities(record: Density, transform: Transform, name: str, args: Args, grid: _Grid) -> None:
    r"""\langle g_i \rangle = 0 and \langle u_i g_j \rangle = -\delta_{ij} for g = d log p / du.

    A node on a kink counts with the slope of one side, an error of half a step (6e-4); a jump would leave its height.
    """

    def log_density(u: Any) -> Any:
        return record.log_prob(transform.forward(u, args), args) + transform.log_det(u, args)

    slope = np.asarray(jax.jit(jax.vmap(jax.grad(log_density)))(jnp.asarray(grid.u))).reshape(len(grid.u), -1)
    u = grid.u.reshape(len(grid.u), -1)
    mean, size = grid.weight @ slope, grid.weight @ np.abs(slope)
    assert_close(f"the mean slope of log p of {name}", mean, np.zeros(len(mean)), 2e-3, 1 + size)
    virial = (grid.weight[:, None] * u).T @ slope
    assert_close(f"<u d log p> of {name}", virial, -np.eye(u.shape[1]), 2e-3, 1 + np.abs(virial))


def _check_draws(transform: Transform, name: str, args: Args, grid: _Grid, draws: Any) -> None:
    x = grid.x.reshape(len(grid.x), -1)
    if x.shape[1] == 1:
        _check_distribution(name, np.ravel(transform.inverse(draws, args)), grid.u.reshape(-1), grid.weight)
        return
    waves = np.random.default_rng(5).normal(size=(12, x.shape[1])) / np.sqrt(grid.weight @ x**2)
    points = np.concatenate([x, np.asarray(draws)]) @ waves.T
    values = np.concatenate([np.cos(points), np.sin(points)], axis=1)
    want, values = grid.weight @ values[: len(x)], values[len(x) :]
    error = values.std(axis=0, ddof=1) / math.sqrt(_DRAWS)
    verdict = agree(values.mean(axis=0), want, error, false_alarm=_FALSE_ALARM, detect=0.05, miss=_MISS)
    assert verdict.ok, f"samples of {name} have another characteristic function: {verdict.reason}"


def _check_distribution(name: str, draws: Any, u: Any, weight: Any) -> None:
    r"""\max |F_n - F| of the samples in u, with the bound P(D > d) \leq 2 e^{-2 n d^2} [massart1990]."""
    ordered = np.sort(draws)
    cumulated = np.cumsum(weight) - 0.5 * weight  # the trapezoidal rule at the nodes
    at = np.interp(ordered, u, cumulated)
    ranks = np.arange(len(ordered) + 1) / len(ordered)
    distance = max(np.max(ranks[1:] - at), np.max(at - ranks[:-1]))
    allowed, slack = (math.sqrt(math.log(2 / rate) / (2 * len(ordered))) for rate in (_FALSE_ALARM, _MISS))
    assert allowed + slack < 0.024
    assert distance <= allowed, f"samples of {name} are {distance:.4f} off its distribution (allowed {allowed:.4f})"
