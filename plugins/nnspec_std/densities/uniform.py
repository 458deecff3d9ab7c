"""The uniform law, between two numbers or on a domain of intervals, balls and spheres."""

from collections.abc import Callable, Iterable, Sequence
from types import SimpleNamespace
from typing import Any

from nnspec.ir.evaluate import DomainValue
from nnspec.numerics import streams
from nnspec.plugin import Density, Parameter, Signature, Transform, hookimpl, jnp, np
from nnspec.plugin.readings import Array
from nnspec.plugin.records import Args
from nnspec_std.densities._regions import Ball, Box, Sphere

Region = Box | Ball | Sphere
_ROUND: dict[str, type[Ball | Sphere]] = {"ball": Ball, "sphere": Sphere}


def _regions(args: Args) -> tuple[list[Region], bool]:
    """The factors of the support in order, with runs of intervals as one box, and whether an event is a bare number."""
    if "domain" not in args:
        return [_box([(args["lo"], args["hi"])])], True
    domain = args["domain"]
    found: list[Region] = []
    run: list[Sequence[Array]] = []
    for factor in _factors(domain):
        if factor.shape == "interval":
            run.append(factor.args)
            continue
        if run:
            found.append(_box(run))
            run = []
        found.append(_ROUND[factor.shape](dim=factor.dim, radius=factor.args[0]))
    return ([*found, _box(run)] if run else found), domain.shape == "interval"


def _factors(domain: Any) -> list[Any]:
    """The domains whose product a domain is, none of them a product."""
    return [inner for part in domain.args for inner in _factors(part)] if domain.shape == "product" else [domain]


def _box(ends: Sequence[Sequence[Array]]) -> Box:
    lo, hi = (jnp.stack([jnp.asarray(pair[side], jnp.float64) for pair in ends]) for side in (0, 1))
    return Box(lo=lo, hi=hi)


def _pieces(x: Array, regions: Sequence[Region], bare: bool) -> list[Array]:
    """The components of an event that belong to each region."""
    whole = x[..., None] if bare else x
    cuts = [sum(region.dim for region in regions[:n]) for n in range(1, len(regions))]
    return [whole] if not cuts else jnp.split(whole, cuts, axis=-1)


def _joined(parts: Sequence[Array], bare: bool) -> Array:
    whole = parts[0] if len(parts) == 1 else jnp.concatenate(parts, axis=-1)
    return whole[..., 0] if bare else whole


def _each(args: Args, x: Array, deed: Callable[[Region, Array], Array]) -> tuple[list[Array], bool]:
    regions, bare = _regions(args)
    pieces = _pieces(x, regions, bare)
    return [deed(region, piece) for region, piece in zip(regions, pieces, strict=True)], bare


def sample(key: Array, args: Args, shape: tuple[int, ...], dtype: Any) -> Array:
    """Independent factors, each with its own key: [*shape], or [*shape, component]; ends may be arrays over the shape."""
    if "domain" not in args:
        lo, hi = (jnp.asarray(args[end], jnp.float64).astype(dtype) for end in ("lo", "hi"))
        return lo + (hi - lo) * streams.uniform(key, (*shape, 1), dtype)[..., 0]
    regions, bare = _regions(args)
    keys = [key] if len(regions) == 1 else [streams.draw_key(key, n) for n in range(len(regions))]
    return _joined([r.sample(k, shape, dtype) for r, k in zip(regions, keys, strict=True)], bare)


def log_prob(x: Array, args: Args) -> Array:
    """Minus the log of the volume inside the support (its border included), -inf outside; for a sphere of its surface."""
    parts, _ = _each(args, x, lambda region, piece: region.log_prob(piece))
    return sum(parts[1:], start=parts[0])


def moment(args: Args, k: int) -> Array:
    """E x^k of one component; for a product, whose components may differ, of each: [component]."""
    regions, bare = _regions(args)
    if not bare and args["domain"].shape in _ROUND:
        return regions[0].moment(k)
    return _joined([jnp.broadcast_to(region.moment(k), (region.dim,)) for region in regions], bare)


def refuse(args: Args) -> str | None:
    """Empty and unbounded supports have no uniform density."""
    if "domain" not in args:
        lo, hi = args["lo"], args["hi"]
        return None if lo < hi else f"its support is empty: {lo:g} is not below {hi:g}"
    for factor in _factors(args["domain"]):
        match factor.shape:
            case "interval" if not factor.args[0] < factor.args[1]:
                return f"its support is empty: {factor.args[0]:g} is not below {factor.args[1]:g}"
            case "ball" | "sphere" if not factor.args[0] > 0:
                return f"the radius must be positive, and it is {factor.args[0]:g}"
            case "reals":
                return "there is no uniform law on an unbounded domain"
    return None


def centred(args: Args) -> bool:
    """Intervals around zero, balls and spheres have mean zero."""
    if "domain" not in args:
        return bool(args["lo"] == -args["hi"])
    parts = _factors(args["domain"])
    return all(part.shape in _ROUND or (part.shape == "interval" and part.args[0] == -part.args[1]) for part in parts)


def over(args: Args) -> DomainValue:
    """The domain; numbers between two ends live in an interval."""
    if "domain" in args:
        found: DomainValue = args["domain"]
        return found
    return DomainValue("interval", 1, (args["lo"], args["hi"]))


def laplace(args: Args, t: Array) -> Array:
    r"""E e^{tx} = e^{t (a + b) / 2} \sinh(t (b - a) / 2) / (t (b - a) / 2) on an interval; not known on other domains."""
    domain = over(args)
    if domain.shape != "interval":
        return np.full(np.shape(t)[:-1], np.nan)
    lo, hi = domain.args
    half = t * (hi - lo) / 2
    small = np.abs(half) < 1e-4
    safe = np.where(small, 1, half)
    return np.exp(t * (lo + hi) / 2) * np.where(small, 1 + half * half / 6, np.sinh(safe) / safe)


def _forward(u: Array, args: Args) -> Array:
    return _joined(*_each(args, u, lambda region, piece: region.forward(piece)))


def _inverse(x: Array, args: Args) -> Array:
    return _joined(*_each(args, x, lambda region, piece: region.inverse(piece)))


def _log_det(u: Array, args: Args) -> Array:
    parts, _ = _each(args, u, lambda region, piece: region.log_det(piece))
    return sum(parts[1:], start=parts[0])


def _examples() -> tuple[Args, ...]:
    interval = SimpleNamespace(shape="interval", dim=1, args=(-1.0, 0.5))
    balls = [SimpleNamespace(shape="ball", dim=d, args=(r,)) for d, r in ((1, 0.5), (2, 2.0), (3, 1.5))]
    longer = SimpleNamespace(shape="interval", dim=1, args=(0.0, 4.0))
    square = SimpleNamespace(shape="product", dim=2, args=(interval, longer))
    mixed = SimpleNamespace(shape="product", dim=3, args=(balls[1], interval))
    spheres = [SimpleNamespace(shape="sphere", dim=d, args=(r,)) for d, r in ((2, 2.0), (3, 1.5))]
    tube = SimpleNamespace(shape="product", dim=3, args=(spheres[0], interval))
    domains = (interval, *balls, square, mixed, *spheres, tube)
    return ({"lo": -1.0, "hi": 2.0}, *({"domain": domain} for domain in domains))


@hookimpl
def nnspec_densities() -> Iterable[Density]:
    """Teach `Uniform`."""
    lo = Parameter(name="lo", doc="lower end", scales=1)
    hi = Parameter(name="hi", doc="upper end, above the lower", scales=1)
    domain = Parameter(name="domain", type="domain", doc="interval, ball, sphere, or a product of such")
    yield Density(
        name="Uniform",
        equation=r"p(x) = 1 / \mathrm{vol}(D) \text{ for } x \in D, \text{ by the surface measure where D is a sphere}",
        signatures=(Signature(parameters=(lo, hi)), Signature(parameters=(domain,), event="domain")),
        sample=sample,
        log_prob=log_prob,
        moment=moment,
        transform=Transform(forward=_forward, inverse=_inverse, log_det=_log_det),
        refuse=refuse,
        centred=centred,
        uniform=over,
        laplace=laplace,
        examples=_examples(),
    )
