"""Records for the words of a model: activations, densities, layers, parameterizations, data sets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

from nnspec.document.fields import Field
from nnspec.ir.evaluate import DomainValue
from nnspec.plugin.readings import Array

if TYPE_CHECKING:
    from nnspec.ir.experiment import LayerNode

Role = Literal["input", "hidden", "readout"]
Args = Mapping[str, Any]


class Words(Protocol):
    """The words that a layer may need; `nnspec.plugin.vocabulary` has them all."""

    @property
    def activations(self) -> Mapping[str, Activation]:
        """Activations by name and alias."""
        ...

    @property
    def densities(self) -> Mapping[str, Density]:
        """Densities by name."""
        ...

    @property
    def layers(self) -> Mapping[str, Layer]:
        """Layers by name."""
        ...

    @property
    def parameterizations(self) -> Mapping[str, Parameterization]:
        """Parameterizations by name."""
        ...


@dataclass(frozen=True, kw_only=True)
class Activation:
    """phi on scalars; where it is known also its dual.

    `dual(q11, q12, q22)` is E phi(u) phi(v) and `dual_prime` E phi'(u) phi'(v) for (u, v) normal with the covariance
    [[q11, q12], [q12, q22]]; both are exact and finite at q12^2 = q11 q22. `parameters` are options with defaults,
    handed to all three by name.
    """

    name: str
    equation: str
    apply: Callable[..., Array]
    dual: Callable[..., Array] | None = None
    dual_prime: Callable[..., Array] | None = None
    parameters: tuple[Parameter, ...] = ()
    aliases: tuple[str, ...] = ()
    parity: Literal["odd", "even", "none"] = "none"
    degree: float | Callable[..., float] | None = None
    """phi(c u) = c^degree phi(u) for c > 0, where that holds; a function of the options where they decide it."""
    kinks: tuple[float, ...] = ()
    """Where phi or its derivative jumps."""
    jumps: tuple[float, ...] = ()
    """Where phi itself jumps: then there is a kernel, and no tangent kernel."""
    cite: tuple[str, ...] = ()

    def degree_at(self, **options: Any) -> float | None:
        """The degree at these options; None where phi is not homogeneous."""
        return self.degree(**options) if callable(self.degree) else self.degree


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """An argument of a density, a data generator or an activation, by position or by name."""

    name: str
    type: Literal["real", "int", "domain", "vec", "matrix", "text", "file", "data", "target"] = "real"
    doc: str = ""
    default: float | int | str | None = None
    positive: bool = False
    also: tuple[tuple[str, int], ...] = ()
    """Other names with a power: (("std", 2),) means that `std=s` gives s^2."""
    scales: int | None = None
    """Of a density: the power of c that this argument takes when the variable is multiplied by c > 0 (a variance: 2, a
    mean: 1, a number of degrees of freedom: 0); None where it is not known."""


@dataclass(frozen=True, kw_only=True)
class Signature:
    """One way to call a density: its arguments, and the event it is a density on."""

    parameters: tuple[Parameter, ...]
    event: Literal["real", "domain", "vec"] = "real"
    """`domain`: the event lives in the domain given as the first argument; `vec`: it has as many components as that."""


@dataclass(frozen=True, kw_only=True)
class Transform:
    """A smooth map from R^n onto the support: x = forward(u, args), with log |det dx/du| per event."""

    forward: Callable[[Array, Args], Array]
    inverse: Callable[[Array, Args], Array]
    log_det: Callable[[Array, Args], Array]


@dataclass(frozen=True, kw_only=True)
class Density:
    """The law of one event, a number or a vector.

    `sample(key, args, shape, dtype)` gives independent events [*shape, *event]; where the event is a number, arguments
    may be arrays that broadcast against the shape (densities that depend on other parameters). `log_prob(x, args)` sums
    over the event, normalised, -inf outside the support; `moment(args, k)` is E x^k of one component, inf or nan where
    there is none.
    """

    name: str
    equation: str
    signatures: tuple[Signature, ...]
    sample: Callable[[Array, Args, tuple[int, ...], Any], Array]
    log_prob: Callable[[Array, Args], Array]
    moment: Callable[[Args, int], Array]
    transform: Transform | None = None
    refuse: Callable[[Args], str | None] = field(default=lambda _: None)
    """Why these arguments, as plain numbers, give no density; None when they do."""
    centred: Callable[[Args], bool] = field(default=lambda _: False)
    """Whether the mean is zero and the variance finite, from plain numbers; the limits of infinite width need it."""
    atoms: Callable[[Args], tuple[Sequence[float], Sequence[float]]] | None = None
    """Of a law on finitely many numbers: these and their probabilities; `log_prob` is then the log of a probability."""
    gaussian: Callable[[Args], tuple[Array, Array]] | None = None
    """Of a normal law: its mean and variance, or the vector of means and the covariance; arguments may be arrays."""
    uniform: Callable[[Args], DomainValue | None] | None = None
    """Of a law that may be uniform: the bounded domain on which it is."""
    laplace: Callable[[Args, Array], Array] | None = None
    r"""E e^{t x} (of a vector e^{t.x}) for complex t, [...] or [..., component], NumPy to NumPy; nan where it does not exist."""
    everywhere: bool = False
    """Whether it is positive on all of R^n, whatever its arguments; parts of a mixture in which a chain moves must be."""
    examples: tuple[Args, ...] = ()
    """Arguments on which the laws are tested."""
    cite: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class LayerParam:
    """One array of a layer: its shape, the density of its O(1) entries, and what it is to the parameterization."""

    name: str
    shape: tuple[int, ...]
    density: Any
    part: Literal["weight", "bias"]
    fan_in: int = 1


@dataclass(frozen=True, kw_only=True)
class Kernels:
    """The Gaussian limit so far: K = E f(x) f(y), Theta = NTK, both [point, point_2]."""

    nngp: Array
    ntk: Array


@dataclass(frozen=True, kw_only=True)
class Layer:
    """A layer: its arrays, one draw of it, and what it does to the kernels in the limit of infinite width.

    `width(node, fan_in)` is the number of its outputs; `params(node, fan_in)` its arrays; `apply(node, weights, h)`
    maps [point, in] to [point, out] with the weights as they enter the network (powers of width included);
    `kernel(node, kernels, second_moment)` maps kernels, with `second_moment(array)` = E w^2 of the O(1) variable.
    `call` is the field that a bare value stands for, as in `act: relu`.

    `formula(node)` says the layer in the language of formulas: output `i` from the inputs `h[j]`, with its arrays by
    name, each input that is summed over having the index `j`, as in `bias[i] + sum_j weight[i, j]*h[j]`; `h[i]` is the
    input with the number of the output. Powers of the width are left out. It serves `nnspec explain SPEC --emit formula`.
    """

    name: str
    doc: str
    fields: tuple[Field, ...]
    width: Callable[[LayerNode, int], int]
    params: Callable[[LayerNode, int], tuple[LayerParam, ...]]
    apply: Callable[[LayerNode, Args, Array, Words], Array]
    kernel: Callable[[LayerNode, Kernels, Callable[[str], Array], Words], Kernels] | None = None
    formula: Callable[[LayerNode], str] | None = None
    gaussian: Literal["makes", "needs", "keeps"] = "needs"
    """In the limit: outputs are Gaussian because they are sums with random weights; the kernel step holds for Gaussian
    inputs only; or Gaussian inputs give Gaussian outputs."""
    call: str | None = None
    later: str = ""
    """Why no program can compute this layer yet; empty when one can."""
    cite: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Exponents:
    """W = n^-a d^-a_in w with w of standard deviation n^-b d^-b_in times that of the declared density; rate eta n^-c.

    n is the hidden width, d the dimension of the input (for the input layer only).
    """

    a: float = 0.0
    b: float = 0.0
    c: float = 0.0
    a_in: float = 0.0
    b_in: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Parameterization:
    """Powers of the width by role and optimizer; biases keep their declared law.

    `fields` are options that a spec must give, each one number or one for each role (input, hidden, readout); then
    `exponents(role, optimizer, **options)` has them as triples.

    With `unit_variance` the trained variable is w / sigma and sigma stands in front, W = sigma n^-a w and
    b = sigma_b beta, which is the normalisation of the NTK; otherwise it has the declared variance.
    """

    name: str
    doc: str
    exponents: Callable[..., Exponents]
    fields: tuple[Field, ...] = ()
    unit_variance: bool = False
    cite: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """A generator of numbers: `shape(args)` before anything is made, `make(args)` the array in float64.

    An argument of the type `target` labels the points: a function of the spec, or a formula of the components of a point
    and of `coordinates`, further names that a point has. Where the generator labels them itself, `label(args, points)`
    does so, [point], of those `has_labels`. `args` has numbers, texts, domains (`DomainValue`), files (`FileValue`) and
    data sets (arrays).
    """

    name: str
    doc: str
    parameters: tuple[Parameter, ...]
    shape: Callable[[Args], tuple[int, ...]]
    make: Callable[[Args], Array]
    refuse: Callable[[Args], str | None] = field(default=lambda _: None)
    label: Callable[[Args, Array], Array] | None = None
    has_labels: Callable[[Args], bool] = field(default=lambda _: True)
    coordinates: tuple[str, ...] = ()
    coordinate: Callable[[Args, str], Array] | None = None
    """Values [point] of one of the `coordinates`."""
    seed: str = ""
    """The argument that says which random numbers are drawn, where any are."""
    cite: tuple[str, ...] = ()
